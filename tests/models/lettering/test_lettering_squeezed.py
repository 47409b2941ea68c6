"""The second look: figures that lines cross are rows of signs, lines and pieces of figures are none."""

import cv2
import numpy as np
import pytest

from rung.models.lettering.quads import measured, quad
from rung.models.lettering.squeezed import FEWEST, bridged, parted, rows, squeezed
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
    assert [len(part) for part in parted(row, TALL)] == [5, 2, 3]
