"""Furniture on real models behind a real server: as a job, and taken back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest

from rung.runtime.testing.served import served

pytestmark = pytest.mark.weights
ROOM = files("rung.apps.furniture").joinpath("samples/room.jpg").read_bytes()
WARDROBE = {"image": "a", "box": [36, 90, 168, 310], "label": "wardrobe"}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=120) as client:
        yield client


def start(http: httpx.Client, pictures: int) -> str:
    ids = [chr(ord("a") + number) for number in range(pictures)]
    images = [("images", (name, ROOM + name.encode())) for name in ids]  # the bytes behind a JPEG's end make it another
    data = {"ids": json.dumps(ids), "boxes": json.dumps([WARDROBE])}
    got = http.post("/v1/furniture/analyze", files=images, data=data, headers={"Prefer": "respond-async"})
    assert got.status_code == 202, got.text
    return str(got.json()["id"])


def ended(http: httpx.Client, job: str) -> dict[str, Any]:
    end = time.monotonic() + 110
    while time.monotonic() < end:
        found: dict[str, Any] = http.get(f"/v1/jobs/{job}").json()
        if found["status"] not in ("queued", "running"):
            return found
        time.sleep(0.05)
    raise AssertionError("the job does not end")


def told(http: httpx.Client, job: str) -> Iterator[tuple[str, Any]]:
    """The kind and the data of each event as it comes."""
    kind = ""
    with http.stream("GET", f"/v1/jobs/{job}/events") as stream:
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield kind, json.loads(line.removeprefix("data: "))


def first_pieces(http: httpx.Client, job: str) -> float:
    """The share of the job's pieces that are measured, once some are."""
    for kind, data in told(http, job):
        if kind == "progress" and (found := re.search(r"([1-9]\d*) of (\d+) pieces measured", data["stage"])):
            return int(found[1]) / int(found[2])
    raise AssertionError("the job ended and told of no piece that was measured")


def calls(http: httpx.Client, what: str) -> int:
    """How many calls of models are `running`, or wait (`queued`), on the whole server."""
    rows = http.get("/v1/models").json()["models"]
    return sum((row["state"] or {}).get(what, 0) for row in rows)


def test_a_job_tells_pictures_and_pieces_while_it_runs_and_its_answer_by_polling_and_by_events(
    http: httpx.Client,
) -> None:
    job = start(http, 2)

    events = list(told(http, job))
    record = ended(http, job)

    assert record["status"] == "succeeded", record["error"]
    stages = [data["stage"] for kind, data in events if kind == "progress"]
    assert any("2 of 2 pictures looked at" in stage and "pieces measured" in stage for stage in stages), stages
    assert events[-1] == ("succeeded", record)
    first, second = record["output"]["images"]
    assert (first["id"], second["id"]) == ("a", "b") and not first["errors"] and not second["errors"]
    assert {"chair", "bed", "wardrobe"} <= {piece["class"] for piece in first["objects"]}
    for piece in first["objects"]:
        assert piece["width_mm"]["low"] < piece["width_mm"]["value"] < piece["width_mm"]["high"]
        assert http.get(piece["mask"]["url"]).content.startswith(b"\x89PNG")
    assert {"reconstruct a.1", "detect b"} <= {one["step"] for one in record["provenance"]}


@pytest.mark.alone  # calls under way have ten seconds to end
def test_a_job_that_is_taken_back_under_way_stops_its_calls_and_leaves_the_workers_free(http: httpx.Client) -> None:
    job = start(http, 12)
    under_way = first_pieces(http, job)
    waiting = calls(http, "queued")
    assert under_way < 0.5 and waiting >= 10, "the job was nearly over: nothing is left that a cancellation could stop"

    cancelled = http.post(f"/v1/jobs/{job}/cancel").json()
    assert ended(http, job)["status"] == "canceled", cancelled
    assert calls(http, "queued") == 0, "calls of the job wait still"
    end = time.monotonic() + 10
    while (running := calls(http, "running")) and time.monotonic() < end:
        time.sleep(0.05)
    assert running == 0, "calls of the job run still"

    data = {"ids": '["small"]', "boxes": json.dumps([WARDROBE | {"image": "small"}])}
    again = http.post("/v1/furniture/analyze", files={"images": ROOM}, data=data, headers={"Prefer": "wait=110"})
    assert again.status_code == 200 and again.json()["output"]["images"][0]["objects"]
    waited = max(one["queue_s"] for one in again.json()["provenance"])
    assert waited < 5, "it stood behind calls that nobody wants"
    assert ended(http, job)["status"] == "canceled"
