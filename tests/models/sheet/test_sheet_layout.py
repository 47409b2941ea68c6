"""The layout of a sheet by its lines, on drawn sheets whose parts are known."""

import cv2
import numpy as np
import pytest
from fake_call import FakeCall, png
from layout_maker import (
    BORDER,
    DPI,
    FRAME_CELLS,
    FRAMES,
    HIGH,
    SHAFT,
    TABLE,
    TITLE,
    WIDE,
    frame,
    frame_box,
    listed,
    sheet,
    stepped,
    word,
    worn,
)

from rung.models.sheet.ink import grey, ink
from rung.models.sheet.skew import level, skew
from rung.models.sheet_layout import find
from rung.runtime.tasks import LayoutInput, LayoutOutput, SheetPart


def laid_out(page: np.ndarray, dpi: float | None = DPI) -> LayoutOutput:
    call = FakeCall(LayoutInput(picture=png(np.repeat(page[..., None], 3, axis=2)), dpi=dpi))
    return find(call.input, call)


def of(found: LayoutOutput, kind: str) -> list[SheetPart]:
    return [part for part in found.parts if part.kind == kind]


def overlap(part: SheetPart, corners: np.ndarray) -> float:
    """Intersection over union of a part's outline and four corners."""
    one, other = np.array(part.polygon, np.float32), np.asarray(corners, np.float32)
    both, _ = cv2.intersectConvexConvex(one, other)
    return both / (cv2.contourArea(one) + cv2.contourArea(other) - both)


def corners(box: tuple[int, int, int, int], degrees: float = 0.0) -> np.ndarray:
    """Of a box of the sheet, where a scan that turned it by so much has it."""
    x0, y0, x1, y1 = box
    matrix = cv2.getRotationMatrix2D(((WIDE - 1) / 2, (HIGH - 1) / 2), -degrees, 1)
    return np.array([(x0, y0, 1), (x1, y0, 1), (x1, y1, 1), (x0, y1, 1)]) @ matrix.T


@pytest.mark.parametrize("thick", [2, 3, 6])
def test_a_sheet_falls_into_its_parts(thick: int) -> None:
    found = laid_out(sheet(thick))

    assert [len(of(found, kind)) for kind in ("border", "title-block", "table", "frame")] == [1, 1, 1, 3]
    assert overlap(of(found, "border")[0], corners(BORDER)) > 0.97
    assert overlap(of(found, "title-block")[0], corners(TITLE)) > 0.93
    assert overlap(of(found, "table")[0], corners(TABLE)) > 0.93
    assert all(part.score is None for part in found.parts)


@pytest.mark.parametrize("degrees", [-2.0, 0.0, 2.0])
def test_a_scan_that_lies_askew_has_the_same_frames_with_all_their_cells(degrees: float) -> None:
    found = laid_out(worn(sheet(), degrees))

    frames = sorted(of(found, "frame"), key=lambda part: part.polygon[0][0])
    assert [len(part.cells) for part in frames] == [len(FRAME_CELLS)] * len(FRAMES)
    for number, part in enumerate(frames):
        assert overlap(part, corners(frame_box(number), degrees)) > 0.8
    assert len(of(found, "title-block")[0].cells) == 10 and len(of(found, "table")[0].cells) == 8


def test_a_frames_cells_stand_in_order_inside_its_walls() -> None:
    part = min(of(laid_out(sheet()), "frame"), key=lambda part: part.polygon[0][0])

    left = FRAMES[0][0]
    for cell, width in zip(part.cells, FRAME_CELLS, strict=True):
        assert left < cell.box[0] <= left + 4 and left + width - 4 <= cell.box[2] < left + width
        assert cell.box == (*map(round, cell.polygon[0]), *map(round, cell.polygon[2]))
        left += width
    assert [(cell.row, cell.column) for cell in part.cells] == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_steps_of_a_shaft_and_a_chain_of_dimensions_are_a_view_and_no_table() -> None:
    found = laid_out(sheet())

    (view,) = of(found, "view")
    x, y = np.array(view.polygon).mean(axis=0)
    assert SHAFT[0] < x < SHAFT[2] and SHAFT[1] < y < SHAFT[3]
    assert overlap(view, corners(SHAFT)) > 0.75


def test_a_shaft_whose_dimensions_close_cells_is_no_table_since_its_steps_are_no_side_of_one() -> None:
    page = sheet()
    box = stepped(page)
    tables = [overlap(part, corners(box)) for part in of(laid_out(page), "table")]
    assert len(tables) == 1 and max(tables) == 0.0


def test_a_merged_cell_spans_its_columns() -> None:
    page = sheet()
    cv2.rectangle(page, (TABLE[0] + 100, TABLE[1] + 6), (TABLE[0] + 200, TABLE[1] + 54), 255, -1)

    (table,) = of(laid_out(page), "table")

    assert [(c.row, c.column, c.rows, c.columns) for c in table.cells][:2] == [(0, 0, 1, 2), (1, 0, 1, 1)]


def test_a_parts_list_that_stands_on_the_title_block_is_a_table_of_its_own() -> None:
    page = sheet()
    box = listed(page)

    found = laid_out(page)

    (title,) = of(found, "title-block")
    (parts,) = (part for part in of(found, "table") if overlap(part, corners(box)) > 0.9)
    assert (len(parts.cells), len(title.cells)) == (24, 10)
    assert overlap(title, corners(TITLE)) > 0.93


def test_each_cell_says_where_its_ink_is_and_an_empty_one_has_none() -> None:
    page = sheet()
    cv2.rectangle(page, (TABLE[0] + 6, TABLE[1] + 6), (TABLE[0] + 150, TABLE[1] + 54), 255, -1)

    first, second, *_ = of(laid_out(page), "table")[0].cells

    assert first.content == ()
    (left, top), (right, _), (_, bottom), _ = second.content
    ink = page[round(top) : round(bottom), round(left) : round(right)] < 128
    assert ink.any(axis=0)[[0, -1]].all() and ink.any(axis=1)[[0, -1]].all()
    assert second.box[0] < left < right < second.box[2] and second.box[1] < top < bottom < second.box[3]


def test_straightness_is_a_frames_sign_though_it_is_only_a_line() -> None:
    page = sheet()
    x, y = FRAMES[0]
    page[y + 8 : y + 48, x + 6 : x + 38] = 255
    cv2.line(page, (x + 10, y + 28), (x + 34, y + 28), 0, 2)

    assert len(of(laid_out(page), "frame")) == len(FRAMES)


def test_two_frames_that_nearly_touch_are_two() -> None:
    page = sheet()
    _, y, right, _ = frame_box(2)
    frame(page, right + 6, y, leader=False)

    found = of(laid_out(page), "frame")

    assert sorted(len(part.cells) for part in found) == [4] * (len(FRAMES) + 1)


def test_panes_of_a_window_with_their_arrows_are_no_frame() -> None:
    page = sheet()
    x, y = FRAMES[2]
    for left in (x, x + 72):
        cv2.rectangle(page, (left, y + 100), (left + 72, y + 156), 0, 3)
        cv2.arrowedLine(page, (left + 36, y + 146), (left + 36, y + 110), 0, 2, tipLength=0.4)

    assert len(of(laid_out(page), "frame")) == len(FRAMES)


def test_a_letter_on_a_triangle_is_a_datum_and_another_boxed_text_is_boxed() -> None:
    page = sheet()
    cv2.rectangle(page, (960, 640), (1010, 690), 0, 2)
    word(page, 974, 676, "A")
    cv2.line(page, (985, 640), (985, 615), 0, 2)
    cv2.fillPoly(page, [np.array([(985, 616), (972, 594), (998, 594)])], 0)
    cv2.rectangle(page, (1100, 640), (1190, 684), 0, 2)
    word(page, 1116, 672, "25.5")
    cv2.line(page, (1190, 662), (1240, 662), 0, 2)

    datum, basic = sorted(of(laid_out(page), "symbol"), key=lambda part: part.label, reverse=True)

    assert (datum.label, basic.label) == ("datum", "boxed")
    assert overlap(datum, corners((960, 594, 1010, 690))) > 0.8
    assert overlap(basic, corners((1100, 640, 1190, 684))) > 0.8
    assert len(basic.cells) == 1 and basic.cells[0].content


def test_two_dimension_lines_between_extension_lines_box_nothing() -> None:
    page = sheet()
    for x in (960, 1200):
        cv2.line(page, (x, 560), (x, 700), 0, 2)
    for y in (620, 680):
        cv2.line(page, (960, y), (1200, y), 0, 2)
        word(page, 1050, y - 10, "150")

    assert of(laid_out(page), "symbol") == []


def test_an_empty_sheet_has_no_parts() -> None:
    assert laid_out(np.full((400, 600), 250, np.uint8)).parts == ()


def test_light_lines_on_a_dark_sheet_are_ink() -> None:
    assert len(of(laid_out(255 - sheet()), "frame")) == 3


@pytest.mark.parametrize("degrees", [-2.4, -0.5, 0.0, 1.3])
def test_the_skew_is_known_to_a_twentieth_of_a_degree(degrees: float) -> None:
    plane = worn(sheet(), degrees)

    assert skew(ink(plane)) == pytest.approx(degrees, abs=0.05)


def test_what_is_set_level_is_found_again_where_it_was() -> None:
    plane = worn(sheet(), 1.5)

    turned, turn = level(plane, 1.5)

    assert abs(skew(ink(turned))) <= 0.05
    assert np.allclose(turn.back(((100.0, 50.0),)), corners((100, 50, 0, 0), 1.5)[:1], atol=0.2)


def test_twice_the_resolution_gives_the_same_parts_in_its_own_pixels() -> None:
    found = laid_out(cv2.resize(sheet(), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST), 2 * DPI)

    (title,) = of(found, "title-block")
    assert len(of(found, "frame")) == 3
    assert overlap(title, corners(TITLE) * 2) > 0.93


def test_ink_is_told_from_paper_in_the_shade() -> None:
    shade = np.linspace(1.0, 0.45, WIDE)[None, :]

    found = ink(grey(np.repeat((sheet() * shade)[..., None].astype(np.uint8), 3, axis=2)))

    assert np.mean((found > 0) == (sheet() < 128)) > 0.995
