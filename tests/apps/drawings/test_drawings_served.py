"""Drawings on real models behind a real server: a sheet read whole, reviewed, and the faults that people send."""

from __future__ import annotations

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
from drawings_maker import pdf, ruled, scan
from PIL import Image

from rung.runtime.testing.served import served

pytestmark = pytest.mark.weights
SHEET = files("rung.apps.drawings").joinpath("samples/sheet.png").read_bytes()
FEWEST = 0.8
"""Of the sample's dimensions, read right: what the models reach is measured by the bench; here it is that they do."""
TRUE = {
    "53.00", "40°", "R0.50", "⌀10.50±0.1", "3.80", "11.65", "32.00+0.3/+0.1", "R1.00", "C1.5", "3×45°", "38.00",
    "185.00", "⌀160.00", "1380.00", "4×M120-6h", "PCD920.00", "⌀390.00", "⌀1220.00",
}  # fmt: skip


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=170) as client:
        yield client


@pytest.fixture(scope="module")
def read(http: httpx.Client) -> dict[str, Any]:
    """The sample, read with everything on."""
    data = {"exports": json.dumps(["annotated-png", "annotated-pdf", "xlsx", "csv", "json"])}
    got = http.post("/v1/drawings/analyze", files={"file": SHEET}, data=data, headers={"Prefer": "wait=150"})
    assert got.status_code == 200, got.text
    return dict(got.json())


def test_a_sheet_is_read_with_its_dimensions_frames_and_title_block(read: dict[str, Any]) -> None:
    (page,) = read["output"]["pages"]

    assert (page["width"], page["height"], page["dpi_source"]) == (3307, 2339, "file")
    texts = {one["text"] for one in page["dimensions"]}
    assert len(texts & TRUE) >= FEWEST * len(TRUE), (TRUE - texts, texts - TRUE)
    assert len(page["dimensions"]) <= len(TRUE) + 3, texts - TRUE
    fit = next(one for one in page["dimensions"] if one["text"] == "⌀10.50±0.1")
    assert (fit["type"], fit["nominal"], fit["upper"], fit["lower"]) == ("diameter", 10.5, 0.1, -0.1)
    assert 0.5 < fit["confidence"] <= 1 and fit["engine"]
    frames = {one["text"]: one for one in page["frames"]}
    assert frames["⌖|⌀0.3|A"]["characteristic"] == "position" and frames["⌖|⌀0.3|A"]["zone"] == "diameter"
    assert set(frames) == {"⌖|⌀0.3|A", "◎|0.2|A|B|C", "⏥|0.03"}
    said = {name: field["text"] for name, field in page["title_block"].items()}
    assert (said["drawing_number"], said["material"], said["scale"]) == ("PJ12-371-01", "POM", "1:5")
    assert "BRACKET" in {cell["text"] for table in page["tables"] for cell in table["cells"]}
    steps = {step["step"]: step for step in page["steps"]}
    assert steps["find-text"]["engine"].startswith("ppocr") and steps["layout"]["state"] == "done"


def test_its_files_come_as_what_they_say_they_are(http: httpx.Client, read: dict[str, Any]) -> None:
    output, page = read["output"], read["output"]["pages"][0]

    for file, begins in (
        (page["picture"], b"\x89PNG"), (page["annotated"], b"\x89PNG"), (output["annotated_pdf"], b"%PDF"),
        (output["tables_xlsx"], b"PK"), (output["dimensions_csv"], b"\xef\xbb\xbfpage,"), (output["result_json"], b"{"),
    ):  # fmt: skip
        assert http.get(file["url"]).content.startswith(begins)
    disposition = http.get(output["tables_xlsx"]["url"]).headers["content-disposition"]
    assert disposition.startswith("attachment") and disposition.endswith('.xlsx"')


def test_a_verified_dimension_is_verified_still_when_the_same_file_is_read_again(
    http: httpx.Client, read: dict[str, Any]
) -> None:
    page = read["output"]["pages"][0]
    one = page["dimensions"][0]
    change = {"page": 1, "polygon": one["polygon"], "dpi": page["dpi"], "before": one["text"], "status": "verified"}
    body = {"drawing": read["output"]["drawing"], "changes": [change]}

    said = http.post("/v1/drawings/review", json=body)

    assert said.status_code == 200, said.text
    asked = {"tables": "false", "title_block": "false", "frames": "false", "exports": "[]"}
    again = http.post("/v1/drawings/analyze", files={"file": SHEET}, data=asked, headers={"Prefer": "wait=150"})
    found = next(x for x in again.json()["output"]["pages"][0]["dimensions"] if x["polygon"] == one["polygon"])
    assert found["status"] == "verified" and found["text"] == one["text"]


def wide(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height), 1).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("file", "status", "code", "said"),
    [
        (b"hello", 415, "unsupported-media", "send application/pdf"),
        (b"AC1032", 415, "unsupported-media", "a DWG"),
        (b"", 422, "invalid-input", "file is empty"),
        (pdf(ruled, password="x").data, 422, "invalid-input", "encrypted"),
        (pdf(*[ruled] * 500).data, 413, "too-large", "the file has 500 pages"),
        (wide(30_000, 30_000), 413, "too-large", "30000 x 30000 pixels is over the limit"),
        (scan(ink=0).data, 422, "nothing-found", "nothing could be found on page 1"),
        (pdf(lambda sheet: None).data, 422, "nothing-found", "nothing could be found on page 1"),
    ],
    ids=["text", "dwg", "empty", "encrypted", "500 pages", "30,000 pixels", "blank scan", "blank pdf"],
)
def test_every_wrong_file_has_a_clear_answer(
    http: httpx.Client, file: bytes, status: int, code: str, said: str
) -> None:
    got = http.post("/v1/drawings/analyze", files={"file": ("a", file)}, headers={"Prefer": "wait=60"})

    assert (got.status_code, got.json()["code"]) == (status, code), got.text
    assert said in got.json()["detail"]


def test_a_document_can_be_sent_ahead_and_named(http: httpx.Client) -> None:
    sent = http.post("/v1/files", content=pdf(lambda sheet: sheet.drawString(72, 700, "25 H7")).data).json()

    got = http.post("/v1/drawings/analyze", json={"file": {"file": sent["file"]}}, headers={"Prefer": "wait=60"})

    assert sent["media_type"] == "application/pdf" and got.status_code == 200, got.text
    (dimension,) = got.json()["output"]["pages"][0]["dimensions"]
    assert (dimension["text"], dimension["engine"], dimension["upper"]) == ("25H7", "pdf-text", 0.021)


def test_each_page_s_end_is_told_while_the_job_runs(http: httpx.Client) -> None:
    file = pdf(lambda sheet: sheet.drawString(72, 700, "25 H7"), lambda sheet: sheet.drawString(72, 700, "30"))
    without = {name: "false" for name in ("ocr", "views", "tables", "title_block", "frames")}
    sent = {"files": {"file": ("a.pdf", file.data)}, "data": without | {"exports": "[]"}}
    job = http.post("/v1/drawings/analyze", headers={"Prefer": "respond-async"}, **sent).json()["id"]  # type: ignore[arg-type]

    told, kind = [], ""
    with http.stream("GET", f"/v1/jobs/{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            kind = value if name == "event" else kind
            if name == "data":
                told.append((kind, json.loads(value)))

    stages = [data["stage"] for kind, data in told if kind == "progress"]
    pages = [stage for stage in stages if "pages read" in stage]
    assert pages == ["0 of 2 pages read", "1 of 2 pages read", "2 of 2 pages read"]
    assert told[-1][0] == "succeeded"


def test_a_caller_who_hangs_up_while_his_drawing_is_read_takes_the_job_with_him(http: httpx.Client) -> None:
    before = {row["id"] for row in http.get("/v1/jobs").json()["jobs"]}
    request = http.build_request("POST", "/v1/drawings/analyze", files={"file": SHEET})
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    assert http.base_url.port is not None

    def job() -> dict[str, Any]:
        return next((row for row in http.get("/v1/jobs").json()["jobs"] if row["id"] not in before), {})

    with socket.create_connection(("127.0.0.1", http.base_url.port)) as sock:
        sock.sendall(f"POST /v1/drawings/analyze HTTP/1.1\r\n{head}\r\n".encode() + request.read())
        assert until(lambda: job().get("status") == "running")
    ended = until(lambda: job()["status"] != "running" and job())

    assert ended and ended["status"] == "canceled"


def until(found: Callable[[], Any], patience_s: float = 30.0) -> Any:
    end = time.monotonic() + patience_s
    while not (value := found()) and time.monotonic() < end:
        time.sleep(0.01)
    return value


def test_a_review_of_a_drawing_that_was_never_analysed_is_not_found(http: httpx.Client) -> None:
    got = http.post("/v1/drawings/review", json={"drawing": "0" * 64})

    assert (got.status_code, got.json()["code"]) == (404, "not-found"), got.text
    assert "never analysed" in got.json()["detail"]
