"""The lines of a cell are where its ink is, and take the place of boxes that a finder put wrong."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawings_maker import Polygon, Reader, box, document

from rung.apps.drawings.cell_boxes import ill_boxed
from rung.apps.drawings.cell_rows import rows
from rung.apps.drawings.lines import bounds
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest
from rung.runtime.tasks import Cell, Picture, SheetPart

WIDE, HIGH = 400, 300
LABEL = [(50, 50, 64, 68), (68, 50, 82, 68), (86, 50, 100, 68)]
VALUE = [(56, 74, 80, 105), (86, 74, 110, 105), (116, 74, 140, 105)]
"""Signs of a small label, and of its value close below it: x0, y0, x1, y1."""
DUST = [(200, 60, 202, 62)]


def picture(signs: list[tuple[int, int, int, int]], degrees: float = 0.0) -> Picture:
    canvas = np.full((HIGH, WIDE), 255, np.uint8)
    for x0, y0, x1, y1 in signs:
        canvas[y0:y1, x0:x1] = 0
    turn = cv2.getRotationMatrix2D((50, 50), -degrees, 1)
    canvas = cv2.warpAffine(canvas, turn, (WIDE, HIGH), borderValue=255)
    done, data = cv2.imencode(".png", canvas)
    assert done
    return Picture(data=data.tobytes(), key="p", width=WIDE, height=HIGH, media_type="image/png")


def found(signs: list[tuple[int, int, int, int]], content: Polygon) -> list[tuple[int, ...]]:
    (lines,) = rows(picture(signs), [content])
    return [tuple(round(value) for value in bounds(line)) for line in lines]


def test_a_label_close_above_its_value_is_a_line_of_its_own_and_dust_is_none() -> None:
    assert found(LABEL + VALUE + DUST, box(45, 45, 200, 65)) == [(49, 49, 101, 69), (55, 73, 141, 106)]


@pytest.mark.parametrize(
    ("signs", "lines"),
    [
        ([(60, 60, 80, 76), (56, 80, 84, 83)], 1),  # a sign over a flat stroke, as 브
        ([(66, 60, 72, 63), (56, 65, 84, 72), (56, 74, 84, 80), (56, 82, 84, 90)], 1),  # pieces alone, as 축
        ([*LABEL, (60, 84, 68, 86)], 2),  # a dash below a label
        ([(50, 60, 90, 80), (180, 60, 220, 80)], 2),  # a value that stands behind its label
        ([(50, 60, 70, 80), (80, 60, 100, 80)], 1),
        ([], 0),
    ],
)
def test_pieces_of_a_line_stay_together_and_lines_apart(signs, lines) -> None:
    assert len(found(signs, box(45, 45, 200, 65))) == lines


def test_in_a_cell_that_lies_askew_its_lines_lie_as_it_does() -> None:
    turn = np.deg2rad(2.0)
    along, down = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    start = np.array([50.0, 50.0]) - 3 * along - 3 * down
    content = tuple(tuple(map(float, start + x * along + y * down)) for x, y in ((0, 0), (300, 0), (300, 62), (0, 62)))
    label = [(x, 50, x + 14, 68) for x in range(50, 330, 18)]
    value = [(x, 74, x + 24, 105) for x in range(56, 330, 30)]

    (lines,) = rows(picture(label + value, degrees=2.0), [content])

    assert len(lines) == 2
    (x0, y0), (x1, y1) = lines[1][:2]
    assert (y1 - y0) / (x1 - x0) == pytest.approx(np.tan(turn), abs=0.005)


LINES = [box(49, 49, 52, 20), box(55, 73, 86, 33)]


@pytest.mark.parametrize(
    ("boxes", "ill"),
    [
        (LINES, False),
        ([box(50, 50, 50, 18), box(56, 74, 40, 31), box(100, 74, 40, 31)], True),  # a line in two boxes
        ([box(49, 49, 52, 30), LINES[1]], True),  # the label's reaches into the value
        ([LINES[0], box(55, 73, 50, 33)], True),  # the value's end is cut off
        ([LINES[0], box(55, 73, 40, 33), box(95, 92, 46, 14)], True),  # the half of some signs
        ([LINES[1]], True),
        ([], True),
    ],
)
def test_boxes_are_ill_where_they_cut_a_line_off_pass_one_over_or_reach_into_another(boxes, ill) -> None:
    assert ill_boxed(LINES, boxes) is ill


async def test_a_part_s_name_is_read_below_a_label_that_the_finder_took_together_with_it() -> None:
    cell = Cell(box=(40, 40, 300, 120), row=0, column=0, content=box(45, 45, 200, 65))
    block = SheetPart(kind="title-block", polygon=box(30, 30, 300, 120), cells=(cell,))
    wrong, label, name = box(50, 50, 50, 30), box(49, 49, 52, 20), box(55, 73, 86, 33)
    drawn = picture(LABEL + VALUE)
    reader = Reader(
        texts={wrong: "早/m", name: "SHAFT"},
        by_alphabet={"text": {wrong: "早/m", label: "부품명", name: "SHAFT"}},
        parts=(block,),
    )

    file = document(drawn.data, "image/png", WIDE, HIGH)
    reply = await analyze(reader.job(), AnalyzeRequest(file=file, exports=[]))

    assert reply.pages[0].title_block["title"].text == "SHAFT"
