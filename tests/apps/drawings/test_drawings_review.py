"""What people say of a dimension is kept with the drawing, and holds when it is read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from drawings_maker import Reader, box, scan

from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.review_pipeline import review
from rung.apps.drawings.schema import AnalyzeRequest, Dimension, ReviewReply, ReviewRequest
from rung.runtime.errors import InvalidInput, NotFound
from rung.runtime.jobs import Shelf

HERE, THERE, EMPTY = box(100, 100), box(300, 200), box(450, 300)
FILE = scan(dpi=(200, 200))


class Desk:
    """One caller before one drawing."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder=folder)
        self.reader = Reader({HERE: "25H7", THERE: "30"})

    async def read(self, file: Any = FILE) -> list[Dimension]:
        asked = AnalyzeRequest(file=file, exports=[])
        return (await analyze(self.reader.job(shelf=self.shelf), asked)).pages[0].dimensions

    async def say(self, *changes: dict[str, Any], cases: bool = False) -> ReviewReply:
        asked = {"drawing": FILE.key, "changes": list(changes), "cases": cases}
        return await review(self.reader.job(shelf=self.shelf), ReviewRequest.model_validate(asked))


def change(polygon: Any, status: str, **more: Any) -> dict[str, Any]:
    return {"page": 1, "polygon": [list(corner) for corner in polygon], "dpi": 200, "status": status} | more


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "shelf")
    await desk.read()
    return desk


async def test_a_modified_dimension_has_the_person_s_text_and_figures_when_the_drawing_is_read_again(
    desk: Desk,
) -> None:
    reply = await desk.say(change(HERE, "modified", before="25H7", text="⌀25 H8", id="1.d1"))

    (said,) = reply.dimensions
    assert (said.id, said.text, said.type, said.upper) == ("1.d1", "⌀25H8", "diameter", 0.033)
    first, second = await desk.read()
    assert (first.text, first.status, first.engine, first.upper) == ("⌀25H8", "modified", "person", 0.033)
    assert next((one.text, one.reason) for one in first.alternatives) == ("25H7", "as it was read")
    assert second.status == "pending"


async def test_verified_and_rejected_hold_too_and_pending_takes_a_word_back(desk: Desk) -> None:
    await desk.say(change(HERE, "verified", before="25H7"), change(THERE, "rejected", before="30"))
    assert [one.status for one in await desk.read()] == ["verified", "rejected"]

    reply = await desk.say(change(THERE, "pending"))

    assert [one.status for one in await desk.read()] == ["verified", "pending"]
    assert len(reply.corrections) == 1


async def test_a_verified_reading_that_comes_out_otherwise_waits_again_and_says_why(desk: Desk) -> None:
    await desk.say(change(HERE, "verified", before="25H7"))
    desk.reader.texts = {HERE: "26H7"}

    (dimension,) = await desk.read()

    assert dimension.status == "pending"
    assert dimension.notes[-1] == "25H7 was verified here, and 26H7 is read now"


async def test_what_a_person_reads_where_nothing_was_read_is_a_dimension_from_then_on(desk: Desk) -> None:
    await desk.say(change(EMPTY, "modified", text="R5"))

    dimension = (await desk.read())[-1]

    assert (dimension.text, dimension.type, dimension.polygon) == ("R5", "radius", list(EMPTY))


async def test_a_correction_finds_its_dimension_at_another_resolution(desk: Desk) -> None:
    half = [(x / 2, y / 2) for x, y in HERE]
    await desk.say({**change(half, "rejected"), "dpi": 100})

    assert [one.status for one in await desk.read()] == ["rejected", "pending"]


async def test_another_drawing_and_another_caller_know_nothing_of_it(desk: Desk, tmp_path: Path) -> None:
    await desk.say(change(HERE, "rejected"))

    assert {one.status for one in await desk.read(scan(ink=31, dpi=(200, 200)))} == {"pending"}
    desk.shelf = Shelf(folder=tmp_path / "other")
    assert {one.status for one in await desk.read()} == {"pending"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (change(HERE, "modified"), r"changes\[0\]: a modified dimension says its text"),
        (change(HERE, "modified", text="hello"), r"changes\[0\].text: 'hello' is no dimension"),
        (change(HERE, "verified") | {"page": 9}, r"changes\[0\].page: the drawing has 1 page, and 9 is none of them"),
        (change(HERE, "verified", id="1.d99"), r"changes\[0\].id: no dimension 1.d99 was read on page 1"),
        (
            change(box(90_000, 90_000), "modified", text="25"),
            r"no place on page 1, which has 600 x 400 pixels at 200 dpi",
        ),
        (change([(10, 10)] * 3, "modified", text="25"), r"changes\[0\].polygon: it is no place on page 1"),
        (change(EMPTY, "verified"), r"changes\[0\]: nothing was read there; say modified, with its text"),
    ],
)
async def test_a_word_of_what_is_not_there_or_is_no_dimension_is_refused_and_nothing_is_kept(
    desk: Desk, said: Any, why: str
) -> None:
    with pytest.raises(InvalidInput, match=why):
        await desk.say(said)

    assert (await desk.say()).corrections == []


async def test_a_drawing_that_was_never_analysed_is_not_found(desk: Desk, tmp_path: Path) -> None:
    desk.shelf = Shelf(folder=tmp_path / "other")

    with pytest.raises(NotFound, match="was never analysed here"):
        await desk.say(change(HERE, "verified"))
    with pytest.raises(NotFound, match="send the file to `analyze` first"):
        await desk.say()


async def test_a_verified_or_rejected_reading_stays_its_engine_s_and_a_modified_one_is_the_person_s(desk: Desk) -> None:
    said = (change(HERE, "verified", id="1.d1"), change(THERE, "rejected"))

    verified, rejected = (await desk.say(*said)).dimensions
    (modified,) = (await desk.say(change(THERE, "modified", text="31"))).dimensions
    (pending,) = (await desk.say(change(THERE, "pending"))).dimensions

    assert (verified.text, verified.engine, verified.confidence) == ("25H7", "reader-dimension", 0.9)
    assert (rejected.text, rejected.engine, rejected.confidence) == ("30", "reader-dimension", 0.9)
    assert (modified.text, modified.engine, modified.confidence) == ("31", "person", None)
    assert (pending.text, pending.engine, pending.status) == ("30", "reader-dimension", "pending")


async def test_corrections_come_out_as_cases_to_measure_with(desk: Desk) -> None:
    said = (change(HERE, "modified", text="⌀25H7"), change(THERE, "rejected", before="30"))

    reply = await desk.say(*said, cases=True)

    assert reply.cases is not None
    (case,) = json.loads(reply.cases.data)["cases"]
    assert case["operation"] == "drawings.analyze" and case["inputs"] == {"file": FILE.key}
    assert [one["text"] for one in case["truth"]["dimensions"]] == ["⌀25H7"]
    assert [one["polygon"] for one in case["truth"]["rejected"]] == [[list(corner) for corner in THERE]]
