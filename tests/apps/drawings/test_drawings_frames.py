"""What frames say by the readings of their cells: believed as a whole, and told at the cell where they fail."""

from dataclasses import replace

import numpy as np
import pytest
from cells_maker import cell, part, read, row_part

from rung.apps.drawings.frames import boxes_of, frames_of, is_frame


def test_a_frame_is_understood_with_all_that_its_cells_say() -> None:
    one = row_part(4)

    ((frame,), unread) = frames_of([one], [read(one, "⌖", "⌀0.05Ⓜ", "A", "BⓂ")], 2)

    assert (frame.id, frame.group, frame.text) == ("2.f1", "2.g1", "⌖|⌀0.05Ⓜ|A|BⓂ")
    assert (frame.characteristic, frame.zone, frame.tolerance) == ("position", "diameter", 0.05)
    assert frame.modifiers == ["maximum-material"]
    assert [(datum.letter, datum.modifiers) for datum in frame.datums] == [("A", []), ("B", ["maximum-material"])]
    assert frame.confidence == pytest.approx(0.9**4) and frame.engine == "toy"
    assert frame.polygon == [(0, 0), (400, 0), (400, 40), (0, 40)]
    assert unread == [] and frame.errors == []


def test_a_reading_that_makes_a_frame_is_taken_over_a_likelier_one_that_makes_none() -> None:
    one = row_part(3)
    read_so = read(one, (("0", 0.6), ("◎", 0.3)), (("⌀0.O5", 0.5), ("⌀0.05", 0.4)), "A")

    ((frame,), unread) = frames_of([one], [read_so], 1)

    assert frame.text == "◎|⌀0.05|A" and unread == []
    assert frame.confidence == pytest.approx(0.3 * 0.4 * 0.9)


def test_of_readings_that_all_make_frames_the_likeliest_is_taken() -> None:
    one = row_part(2)

    ((frame,), _) = frames_of([one], [read(one, (("⏥", 0.5), ("○", 0.4)), (("0.1", 0.3), ("0.01", 0.6)))], 1)

    assert frame.text == "⏥|0.01"


def test_cells_that_fit_alone_are_chosen_by_what_they_say_together() -> None:
    one = row_part(2)

    ((frame,), _) = frames_of([one], [read(one, (("∠", 0.5), ("⏥", 0.4)), "0.1")], 1)

    assert frame.characteristic == "flatness", "an angularity has a datum"


def test_what_is_no_frame_says_at_which_cell() -> None:
    one = row_part(3)

    ((frame,), (unread,)) = frames_of([one], [read(one, "⌖", "0.1", "5")], 1)

    (error,) = frame.errors
    assert (error.row, error.cell, error.text) == (0, 2, "5") and "datum" in error.message
    assert frame.tolerance is None and frame.characteristic == "position" and frame.text == "⌖|0.1|5"
    assert unread.polygon == [(200, 0), (300, 0), (300, 40), (200, 40)]
    assert unread.reason.startswith("cell 3 of a feature control frame") and unread.text == "5"


def test_a_cell_that_could_not_be_read_says_why() -> None:
    one = row_part(3)

    (_, (unread,)) = frames_of([one], [read(one, "⌖", "", "A")], 1)

    assert "cell 2" in unread.reason and "a blot" in unread.reason


def test_a_cell_that_could_not_be_read_is_never_left_out() -> None:
    one = row_part(3)

    ((frame,), (unread,)) = frames_of([one], [read(one, "⌖", "0.1", "")], 1)

    assert frame.errors[0].cell == 2 and frame.tolerance is None
    assert "cell 3" in unread.reason


def test_rows_under_one_characteristic_are_frames_of_one_group() -> None:
    one = part("frame", [cell(0, 0, rows=2), cell(0, 1), cell(0, 2), cell(1, 1), cell(1, 2)])

    (frames, unread) = frames_of([one], [read(one, "⌖", "⌀0.4", "A", "⌀0.1", "B")], 1)

    assert [frame.text for frame in frames] == ["⌖|⌀0.4|A", "⌖|⌀0.1|B"]
    assert {frame.group for frame in frames} == {"1.g1"} and len({frame.id for frame in frames}) == 2
    assert unread == []


def test_frames_drawn_wall_on_wall_are_two() -> None:
    one = row_part(5)

    (frames, unread) = frames_of([one], [read(one, "⏥", "0.05", "⫽", "0.1", "A")], 1)

    assert [frame.text for frame in frames] == ["⏥|0.05", "⫽|0.1|A"] and unread == []
    assert [frame.group for frame in frames] == ["1.g1", "1.g1-2"]
    assert frames[1].polygon[0] == (200, 0)


def test_only_cells_that_hold_something_are_read() -> None:
    one = part("frame", [cell(0, 0), cell(0, 1), cell(0, 2, empty=True)])

    boxes = boxes_of(one)
    ((frame,), _) = frames_of([one], [read(one, "⏤", "0.02")], 1)

    assert [box.polygon for box in boxes] == [one.cells[0].polygon, one.cells[1].polygon]
    assert {box.alphabet for box in boxes} == {"frame"} and frame.text == "⏤|0.02"


def test_rows_of_which_none_begins_with_a_characteristic_are_a_table() -> None:
    one = row_part(3, rows=2)

    assert not is_frame(one, read(one, "1", "25", "A", "2", "30", "B"))
    assert is_frame(one, read(one, "1", "25", "A", "⫽", "30", "B"))
    assert is_frame(row_part(3), read(row_part(3), "?", "25", "A")), "a row by itself is a frame with a fault"


def test_a_frame_of_unknown_confidence_has_none() -> None:
    one = row_part(2)
    lines = read(one, "⏥", "0.1")
    lines[0] = type(lines[0])(
        polygon=lines[0].polygon, guesses=(type(lines[0].guesses[0])(text="⏥", confidence=None, engine="dxf"),)
    )

    ((frame,), _) = frames_of([one], [lines], 1)

    assert frame.confidence is None and frame.engine == "dxf + toy"


def test_a_cell_is_read_as_high_as_it_is_and_no_wider_than_what_stands_in_it() -> None:
    corners = ((30, 10), (60, 10), (60, 30), (30, 30))
    one = part("frame", [replace(cell(0, 0), content=corners), replace(cell(0, 1), content=cell(0, 1).polygon)])

    narrow, full = boxes_of(one)

    assert np.allclose(narrow.polygon, ((25.2, 0), (64.8, 0), (64.8, 40), (25.2, 40)))
    assert full.polygon == one.cells[1].polygon
