"""Furniture on real models behind a real server: as a job, and taken back."""

from __future__ import annotations

import json
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


def test_a_job_tells_pictures_and_pieces_while_it_runs_and_its_answer_by_polling_and_by_events(
    http: httpx.Client,
) -> None:
    job = start(http, 2)

    record = ended(http, job)
    lines = http.get(f"/v1/jobs/{job}/events").text.splitlines()

    assert record["status"] == "succeeded", record["error"]
    stages = [json.loads(line[5:])["stage"] for line in lines if line.startswith("data:") and '"stage"' in line]
    assert any("2 of 2 pictures looked at" in stage and "pieces measured" in stage for stage in stages), stages
    first, second = record["output"]["images"]
    assert (first["id"], second["id"]) == ("a", "b") and not first["errors"] and not second["errors"]
    assert {"chair", "bed", "wardrobe"} <= {piece["class"] for piece in first["objects"]}
    for piece in first["objects"]:
        assert piece["width_mm"]["low"] < piece["width_mm"]["value"] < piece["width_mm"]["high"]
        assert http.get(piece["mask"]["url"]).content.startswith(b"\x89PNG")
    assert {"reconstruct a.1", "detect b"} <= {one["step"] for one in record["provenance"]}


def test_a_job_that_is_taken_back_leaves_the_workers_free(http: httpx.Client) -> None:
    job = start(http, 8)

    cancelled = http.post(f"/v1/jobs/{job}/cancel").json()
    assert ended(http, job)["status"] == "canceled", cancelled
    again = http.post("/v1/furniture/detect", files={"image": ROOM}, headers={"Prefer": "wait=60"})

    assert again.status_code == 200 and again.json()["output"]["objects"]
    rows = http.get("/v1/models").json()["models"]
    assert all((row["state"] or {}).get("queued", 0) == 0 for row in rows), "calls of the job wait still"
