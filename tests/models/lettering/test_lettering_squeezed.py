"""The second look: figures that lines cross are rows of signs, lines and pieces of figures are none."""

import cv2
import numpy as np
import pytest

from rung.models.lettering.glyphs import ink
from rung.models.lettering.quads import measured, quad
from rung.models.lettering.squeezed import FEWEST, bridged, in_line, parted, rows, slanting, squeezed
from rung.models.lettering.tightening import Line

TALL = 22.0


def paper() -> np.ndarray:
    return np.full((300, 400), 255, np.uint8)


def written(picture: np.ndarray, text: str, x: int, y: int) -> np.ndarray:
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2, cv2.LINE_AA)
    return picture


def known(count: int) -> list[Line]:
    """Texts elsewhere, which say how tall a sheet's texts are."""
    return [Line(quad=quad((900.0, 50.0 * at), 60.0, TALL, 0.0), tall=TALL, lean=-0.5, count=4) for at in range(count)]


def crossed() -> np.ndarray:
    picture = written(paper(), "555", 100, 100)
    cv2.line(picture, (128, 40), (128, 200), 0, 2)
    return picture


def test_a_figure_that_a_line_crosses_is_one_place_and_the_line_none() -> None:
    (place,) = squeezed(crossed(), known(FEWEST))
    (x, y), wide, high, angle = measured(place)
    assert (x, y) == pytest.approx((128, 89), abs=4)
    assert (wide, high, angle) == (pytest.approx(56, abs=6), pytest.approx(22, abs=3), 0)


def test_a_figure_that_reads_upwards_is_found_in_its_direction() -> None:
    (place,) = squeezed(np.ascontiguousarray(np.rot90(crossed())), known(FEWEST))
    assert measured(place)[3] == pytest.approx(90)
    assert measured(place)[1] == pytest.approx(56, abs=6)


def test_what_the_net_found_is_not_offered_again_and_a_page_of_few_texts_is_not_searched() -> None:
    (place,) = squeezed(crossed(), known(FEWEST))
    seen = Line(quad=place, tall=TALL, lean=-0.5, count=3)
    assert squeezed(crossed(), [*known(FEWEST), seen]) == []
    assert squeezed(crossed(), known(FEWEST - 1)) == []


def test_a_row_beside_ink_as_tall_as_a_sign_may_be_a_piece_and_is_not_offered() -> None:
    picture = crossed()
    assert len(rows(picture, TALL)) == 1
    picture[78:100, 92:97] = 0
    cv2.line(picture, (80, 100), (96, 60), 0, 2)
    assert rows(picture, TALL) == []


def test_a_stroke_goes_on_where_a_line_crossed_it() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[:, 50:52] = 255
    mask[40:43, 40:62] = 255
    left = bridged(mask, TALL) > 0
    assert left[41, 42:60].all() and not left[:30].any() and not left[60:].any()


def test_a_row_is_offered_as_one_figure_and_parted_at_its_wider_gaps() -> None:
    row = np.array([(0, 0, 10, 22), (12, 0, 22, 22), (30, 0, 40, 22), (42, 0, 52, 22), (54, 0, 64, 22)], np.int32)
    assert sorted(len(part) for part in parted(row, TALL)) == [2, 3, 5]


def test_a_first_sign_that_stands_apart_is_not_left_out_of_its_figure() -> None:
    one_hundred_and_fifty = np.array([(0, 0, 6, 22), (14, 0, 26, 22), (28, 0, 40, 22)], np.int32)
    assert [len(part) for part in parted(one_hundred_and_fifty, TALL)] == [3]


def test_what_two_lines_leave_of_a_figure_is_one_row() -> None:
    picture = written(paper(), "25", 100, 100)
    for x in (112, 128):
        cv2.line(picture, (x, 40), (x, 200), 0, 2)
    (place,) = squeezed(picture, known(FEWEST))
    (x, y), wide, high, _ = measured(place)
    assert (x, y) == pytest.approx((118, 89), abs=3)
    assert (wide, high) == (pytest.approx(36, abs=5), pytest.approx(22, abs=3))


def test_pieces_are_a_row_only_where_they_are_together_as_tall_as_a_figure() -> None:
    halves = np.array([(0, 0, 20, 9), (0, 13, 20, 22), (24, 0, 44, 22)], np.int32)
    assert [len(row) for row in in_line(halves, TALL)] == [3]
    assert [len(row) for row in in_line(halves[:2], TALL)] == [2]
    assert list(in_line(halves[:1], TALL)) == []


def test_a_tick_that_runs_into_a_figure_is_no_part_of_it() -> None:
    picture = written(paper(), "55", 100, 100)
    cv2.line(picture, (96, 116), (124, 88), 0, 2)
    assert slanting(ink(picture), TALL).any() and not slanting(ink(written(paper(), "47", 100, 100)), TALL).any()
    (box,) = rows(picture, TALL)
    assert box[3] <= 102


def test_a_figure_before_or_behind_a_decimal_point_is_a_part_and_is_not_offered() -> None:
    picture = written(written(paper(), "25", 100, 100), "50", 143, 100)
    assert len(rows(picture, TALL)) == 3
    cv2.circle(picture, (140, 99), 1, 0, -1)
    assert not {box[0] for box in rows(picture, TALL) if box[2] - box[0] < 50}


def test_signs_on_both_sides_of_two_lines_are_of_one_row() -> None:
    far = np.array([(0, 0, 10, 22), (24, 0, 36, 22)], np.int32)
    assert [len(row) for row in in_line(far, TALL)] == [2]
    assert all(len(row) == 1 for row in in_line(far + np.array([[0, 0, 0, 0], [4, 0, 4, 0]], np.int32), TALL))
