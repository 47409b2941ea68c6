"""Texts that are boxed by themselves, also where other lines cross the box, and rectangles that are no such box."""

from __future__ import annotations

import cv2
import numpy as np

from rung.models.sheet.parts import parts

PER_MM = 8.0
BOX = (300, 200, 420, 250)
Box = tuple[int, int, int, int]


def paper() -> np.ndarray:
    """uint8 [H, W], 255 where there is ink; none yet."""
    return np.zeros((500, 700), np.uint8)


def line(ink: np.ndarray, *points: tuple[int, int]) -> np.ndarray:
    cv2.polylines(ink, [np.array(points, np.int32)], False, 255, 2)
    return ink


def basic(ink: np.ndarray, box: Box = BOX, *, down: int = 36, right: int = 30) -> np.ndarray:
    """A boxed figure. down, right: of its foot in the box."""
    cv2.rectangle(ink, box[:2], box[2:], 255, 2)
    cv2.putText(ink, "192", (box[0] + right, box[1] + down), 0, 0.9, 255, 2)
    return ink


def boxes(ink: np.ndarray) -> list[Box]:
    return [part.box for part in parts(ink, PER_MM) if part.label == "boxed"]


def near(one: Box, other: Box) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 4


def test_a_boxed_figure_that_extension_lines_cross_is_boxed_up_to_its_own_walls() -> None:
    ink = line(line(basic(paper()), (308, 150), (308, 300)), (412, 150), (412, 300))

    (found,) = boxes(line(ink, (308, 280), (412, 280)))

    assert near(found, BOX)


def test_a_standing_box_that_a_line_crosses_beside_its_figure_is_boxed() -> None:
    ink = np.ascontiguousarray(line(basic(paper()), (412, 100), (412, 400)).T)

    (found,) = boxes(ink)

    assert near(found, (200, 300, 250, 420))


def test_a_box_whose_upper_wall_lies_on_the_parts_edge_is_boxed() -> None:
    (found,) = boxes(line(basic(paper()), (150, 200), (600, 200)))

    assert near(found, BOX)


def test_letters_that_run_into_one_long_wall_are_boxed_still() -> None:
    assert len(boxes(basic(paper(), down=48))) == 1


def test_a_line_that_crosses_a_box_may_touch_its_figure() -> None:
    (found,) = boxes(line(basic(paper(), right=10), (310, 150), (310, 300)))

    assert near(found, BOX)


def test_two_lines_that_end_side_by_side_are_no_box_without_walls_there() -> None:
    ink = line(line(basic(paper()), (300, 150), (300, 300)), (420, 150), (420, 300))

    assert not boxes(line(line(ink, (293, 200), (427, 200)), (293, 250), (427, 250)))


def test_arrows_between_two_walls_are_no_boxed_text() -> None:
    ink = line(paper(), (300, 200), (420, 200), (420, 250), (300, 250), (300, 200))
    for end, back in ((300, 340), (420, 380)):
        ink = line(ink, (end, 225), (back, 210), (back, 240), (end, 225))

    assert not boxes(ink)


def test_a_figure_between_two_dimension_lines_whose_extension_lines_run_on_is_not_boxed() -> None:
    ink = line(line(basic(paper()), (300, 200), (300, 290)), (420, 200), (420, 290))

    assert not boxes(ink)


def test_a_dimension_between_its_extension_lines_and_an_edge_is_not_boxed() -> None:
    ink = line(paper(), (300, 100), (300, 400))  # the part's edge
    ink = line(line(ink, (300, 150), (370, 150)), (300, 290), (370, 290))  # extension lines, past the dimension line
    ink = line(ink, (354, 150), (354, 290))
    cv2.putText(ink, "46", (308, 230), 0, 0.9, 255, 2)

    assert not boxes(ink)
