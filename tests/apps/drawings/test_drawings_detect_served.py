"""The operation `detect` by HTTP on a real worker: the parts of a sheet of which it is known where each stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

import httpx
import pytest
from drawings_maker import scan

from rung.runtime.testing.served import served

SHEET = files("rung.apps.drawings").joinpath("samples/sheet.png").read_bytes()
NEAR = 12
"""Pixels that a line may be missed by; the thinnest part is 49 high."""


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with served("--no-console") as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def detected(http: httpx.Client, data: bytes) -> httpx.Response:
    return http.post("/v1/drawings/detect", files={"file": ("sheet.png", data, "image/png")})


def box(polygon: Sequence[Sequence[float]]) -> list[float]:
    (x0, y0), (x1, y1) = map(min, zip(*polygon, strict=True)), map(max, zip(*polygon, strict=True))
    return [x0, y0, x1, y1]


def test_each_part_of_a_sheet_is_answered_with_what_it_is_and_where(http: httpx.Client) -> None:
    got = detected(http, SHEET)

    assert got.status_code == 200, got.text
    (page,) = got.json()["output"]["pages"]
    assert set(page["looked_for"]) == {"border", "title-block", "table", "frame", "view", "symbol"}
    assert [one["id"] for one in page["views"]] == [f"1.v{number}" for number in range(1, 7)]
    assert [one["label"] for one in page["symbols"]] == ["datum", "datum"]
    assert box(page["border"]) == pytest.approx([116, 38, 3270, 2301], abs=NEAR)
    assert box(page["title_block"]) == pytest.approx([1655, 2088, 3227, 2258], abs=NEAR)
    (table,) = page["tables"]
    assert box(table["polygon"]) == pytest.approx([1655, 1922, 3227, 2085], abs=NEAR)
    frames = sorted(box(one["polygon"]) for one in page["frames"])
    for seen, true in zip(
        frames, [[479, 1052, 756, 1101], [1450, 1205, 1658, 1255], [2542, 1075, 2684, 1125]], strict=True
    ):
        assert seen == pytest.approx(true, abs=NEAR)


def test_every_part_stands_in_the_border_and_is_counted_by_the_step(http: httpx.Client) -> None:
    answer = detected(http, SHEET).json()

    (page,) = answer["output"]["pages"]
    left, top, right, bottom = box(page["border"])
    parts = [one for kind in ("views", "symbols", "frames", "tables") for one in page[kind]]
    corners = [corner for one in parts for corner in one["polygon"]]
    assert all(left <= x <= right and top <= y <= bottom for x, y in corners)
    (step,) = page["steps"]
    assert (step["step"], step["state"], step["found"]) == ("layout", "done", len(parts) + 2)
    made = next(one for one in answer["provenance"] if one["task"] == "layout")
    assert made["variant"] == step["engine"]


def test_a_blank_sheet_has_no_parts_and_is_a_problem(http: httpx.Client) -> None:
    got = detected(http, scan(ink=0).data)

    assert (got.status_code, got.json()["code"]) == (422, "nothing-found"), got.text
