"""Pages that lie upside down or on their side: told by their texts, turned, and read as they stand upright."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from drawings_maker import Polygon, Reader, Said, box, document, pdf, scan, upwards
from PIL import Image

from rung.apps.drawings.export_pipeline import export_again
from rung.apps.drawings.opening.opened import open_page
from rung.apps.drawings.pipeline import analyze, read
from rung.apps.drawings.quoting.row_colours import row_colours
from rung.apps.drawings.schema import AnalyzeReply, AnalyzeRequest, ExportRequest, ReadRequest
from rung.apps.drawings.upright import Running, Turn, turn_for

FINE, OVER, NONE = Running(count=9), Running(count=9, over=True), Running(count=0)
LEVEL = tuple(box(100, 40 * at, 80) for at in range(1, 5))
UPWARD = tuple(upwards(40 * at, 380, 80) for at in range(6, 12))


@pytest.mark.parametrize(
    ("level", "upward", "turn"),
    [
        (FINE, FINE, 0),
        (FINE, NONE, 0),
        (NONE, NONE, 0),
        (OVER, OVER, 180),
        (OVER, NONE, 180),
        (Running(count=4, over=True), FINE, 90),
        (OVER, Running(count=2), 180),
        (Running(count=4), OVER, 270),
        (NONE, OVER, 270),
        (FINE, Running(count=3, over=True), 0),  # a few texts that run down beside an upright sheet's own
        (NONE, Running(count=9, words=3), 90),  # a sheet whose sizes are all level, on its side
        (NONE, FINE, 0),  # a cut-out with upright sizes alone
    ],
)
def test_where_the_page_lies_follows_from_which_texts_are_on_their_heads(
    level: Running, upward: Running, turn: Turn
) -> None:
    assert turn_for(level, upward) == turn


def over(polygon: Polygon) -> Polygon:
    return (*polygon[2:], *polygon[:2])


def reader(level: str, upward: str, *, over_level: str = "", over_upward: str = "") -> Reader:
    """One that is sure of what it says of the texts, but where it is left empty; `over_...`: read the other way."""
    said = {LEVEL: (level, over_level), UPWARD: (upward, over_upward)}
    words: dict[Polygon, Said] = {}
    for places, (here, there) in said.items():
        words |= {place: ((here or "?", 0.9 if here else 0.1),) for place in places}
        words |= {over(place): ((there or "?", 0.95 if there else 0.1),) for place in places}
    return Reader({place: words[place] for place in (*LEVEL, *UPWARD)}, {"text": words, "dimension": {}})


async def answer(reader: Reader, **more: Any) -> tuple[AnalyzeReply, list[str]]:
    job = reader.job()
    asked = AnalyzeRequest.model_validate({"file": scan(), "exports": []} | more)
    return await analyze(job, asked), job.warnings


@pytest.mark.parametrize(
    ("seen", "turned", "size"),
    [
        (reader("", "", over_level="NOTE", over_upward="25"), 180, (600, 400)),
        (reader("", "NOTE", over_level="25"), 90, (400, 600)),
        (reader("25", "", over_upward="NOTE"), 270, (400, 600)),
        (reader("NOTE", "25"), 0, (600, 400)),
        (reader("", ""), 0, (600, 400)),  # read badly either way
    ],
)
async def test_a_picture_whose_texts_are_better_read_upside_down_is_turned_and_read_again(
    seen: Reader, turned: int, size: tuple[int, int]
) -> None:
    reply, warnings = await answer(seen)

    (page,) = reply.pages
    assert (page.turned, (page.width, page.height)) == (turned, size)
    assert (page.picture.width, page.picture.height) == size
    assert [sentence for sentence in warnings if "places are those of the turned page" in sentence] == warnings
    assert bool(warnings) == bool(turned)


async def test_sure_texts_are_read_once_and_nothing_is_tried() -> None:
    seen = reader("NOTE", "25")

    reply, _ = await answer(seen)

    asked = [input.boxes for task, input in seen.asked if task == "read" and input.alphabet == "text"]
    assert {one.polygon for boxes in asked for one in boxes} <= {*LEVEL, *UPWARD}
    assert "upright" not in {step.step for step in reply.pages[0].steps}


async def test_a_page_is_left_as_it_lies_where_that_is_asked_for() -> None:
    reply, warnings = await answer(reader("", "", over_level="NOTE", over_upward="25"), upright=False)

    (page,) = reply.pages
    assert page.turned == 0 and not warnings
    assert [step.state for step in page.steps if step.step == "upright"] == ["off"]


async def test_read_turns_a_page_as_well() -> None:
    seen = reader("", "", over_level="NOTE", over_upward="25")

    (page,) = (await read(seen.job(), ReadRequest(file=scan()))).pages

    assert page.turned == 180


async def test_a_pdf_whose_own_letters_stand_on_their_heads_is_turned_and_read_once() -> None:
    def draw(sheet: Any) -> None:
        sheet.translate(595, 842)
        sheet.rotate(180)
        for at, text in enumerate(("25 ±0.1", "MATERIAL S45C", "DEBURR")):
            sheet.drawString(72, 700 - 72 * at, text)

    seen = Reader()
    reply, warnings = await answer(seen, file=pdf(draw), dpi=72, ocr=False)

    (page,) = reply.pages
    assert page.turned == 180 and len(warnings) == 1
    ((left, top), (right, _), *_) = page.dimensions[0].polygon
    assert left == pytest.approx(72, abs=3) and top == pytest.approx(842 - 708, abs=4) and right > left
    assert [task for task, _ in seen.asked].count("layout") == 1


@pytest.mark.parametrize(("turned", "middle"), [(90, (400 - 65, 75)), (180, (600 - 75, 400 - 65)), (270, (65, 525))])
def test_a_page_is_turned_with_the_clock(turned: int, middle: tuple[int, int]) -> None:
    found = open_page(scan(), 1, None, 25_000_000, True, turned)

    grey = cv2.imdecode(np.frombuffer(found["png"], np.uint8), cv2.IMREAD_GRAYSCALE)
    rows, columns = np.nonzero(grey < 128)
    assert (columns.mean(), rows.mean()) == pytest.approx(middle, abs=1)
    assert grey.shape == (found["height"], found["width"])


def test_the_ground_of_rows_is_told_on_a_page_that_was_turned_to_be_read() -> None:
    upright = np.full((200, 400, 3), 255, np.uint8)
    upright[20:60], upright[60:100] = (255, 192, 203), (189, 215, 238)
    data = io.BytesIO()
    Image.fromarray(np.rot90(upright)).save(data, "PNG")
    page = document(data.getvalue(), "image/png", 200, 400)

    found = row_colours(page, 1, 400, [(20, 22 + 40 * at, 380, 58 + 40 * at) for at in range(3)], turned=90)

    assert found == ["pink", "blue", "white"]


async def test_files_that_are_made_again_show_the_page_as_it_was_turned() -> None:
    seen = reader("", "NOTE", over_level="25")
    (page,) = (await analyze(seen.job(), AnalyzeRequest(file=scan(), exports=["annotated-png"]))).pages
    assert page.annotated

    asked = ExportRequest.model_validate(
        {"file": scan(), "sheets": [page.model_dump(mode="python")], "exports": ["annotated-png"]}
    )
    (again,) = (await export_again(Reader().job(), asked)).pages

    assert again.annotated and again.annotated.data == page.annotated.data
