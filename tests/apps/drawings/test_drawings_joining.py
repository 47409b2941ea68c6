"""Pieces of one dimension that were found apart are put together, and neighbours are left alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from drawings_maker import Polygon, box

from rung.apps.drawings.joining import joined
from rung.apps.drawings.lines import Guess, Line


def line(text: str, polygon: Polygon, sure: float = 0.9) -> Line:
    return Line(polygon=polygon, guesses=(Guess(text=text, confidence=sure, engine="e"),) if text else ())


def turned(polygon: Polygon, degrees: float) -> Polygon:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return tuple((x * cos - y * sin, x * sin + y * cos) for x, y in polygon)


MAIN = box(100, 100, 50, 20)
UPPER, LOWER = box(154, 93, 40, 12), box(154, 108, 40, 12)


@pytest.mark.parametrize("degrees", [0, -90, 90, 180, 30])
def test_a_stacked_tolerance_joins_its_size_whichever_way_it_is_read(degrees: float) -> None:
    lines = [
        line("-0.1", turned(LOWER, degrees), 0.7),
        line("25", turned(MAIN, degrees)),
        line("+0.2", turned(UPPER, degrees)),
    ]

    (whole,) = joined(lines)

    assert (whole.text, whole.confidence) == ("25+0.2/-0.1", 0.7)
    xs, ys = zip(*whole.polygon, strict=True)
    for polygon in (turned(MAIN, degrees), turned(UPPER, degrees), turned(LOWER, degrees)):
        assert all(min(xs) - 1e-6 <= x <= max(xs) + 1e-6 and min(ys) - 1e-6 <= y <= max(ys) + 1e-6 for x, y in polygon)


def test_a_zero_over_the_middle_of_a_long_deviation_joins_with_it_however_far_it_stands() -> None:
    lines = [line("376", MAIN), line("0", box(180, 93, 9, 12)), line("-0.021", box(154, 108, 60, 12))]

    assert [one.text for one in joined(lines)] == ["376+0/-0.021"]


def test_the_fits_of_hole_and_shaft_one_above_the_other_are_both_of_the_size() -> None:
    lines = [line("⌀30", MAIN), line("H7", box(154, 93, 20, 12)), line("g6", box(154, 108, 20, 12))]

    assert [one.text for one in joined(lines)] == ["⌀30H7/g6"]


def test_a_zero_beside_a_deviation_is_no_part_of_it() -> None:
    lines = [line("376", MAIN), line("0", box(220, 93, 9, 12)), line("-0.021", box(154, 112, 60, 12))]

    assert [one.text for one in joined(lines)] == ["376", "0", "-0.021"]


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        ("25", "±0.1", "25±0.1"),
        ("⌀25", "H7", "⌀25H7"),
        ("4×", "⌀10", "4×⌀10"),
        ("R", "5", "R5"),
        ("M10", "×1.5", "M10×1.5"),
    ],
)
def test_what_stands_before_or_behind_on_the_same_level_joins(left: str, right: str, whole: str) -> None:
    lines = [line(left, box(100, 100, 40, 20)), line(right, box(145, 100, 40, 20))]

    assert [one.text for one in joined(lines)] == [whole]


@pytest.mark.parametrize(
    ("right", "polygon"),
    [
        ("0", box(155, 100, 10, 20)),  # it would make 250 of 25
        ("M8", box(155, 100, 40, 20)),  # a dimension by itself, though 25M8 is a fit
        ("30", box(155, 100, 40, 20)),
        ("±0.1", box(200, 100, 40, 20)),  # too far away
        ("±0.1", box(155, 140, 40, 20)),  # on another line
        ("±0.1", ((155, 150), (155, 110), (175, 110), (175, 150))),  # in another direction
    ],
)
def test_a_neighbour_that_does_not_belong_is_left_alone(right: str, polygon: Polygon) -> None:
    lines = [line("25", MAIN), line(right, polygon)]

    assert [one.text for one in joined(lines)] == ["25", right]


def test_what_a_dimension_of_the_file_prints_joins_with_its_own_pieces_alone() -> None:
    size, below = line("376", MAIN), line("-0.021", LOWER)
    own = [replace(size, dimension=1), replace(below, dimension=1)]
    another = [replace(size, dimension=1), replace(below, dimension=2)]

    assert [(one.text, one.dimension) for one in joined(own)] == [("376-0.021", 1)]
    assert [one.text for one in joined(another)] == ["376", "-0.021"]
    assert [one.text for one in joined([size, own[1]])] == ["376", "-0.021"]


def test_unread_lines_stay_in_their_place() -> None:
    unread = Line(polygon=UPPER, reason="blurred")

    assert joined([unread, line("25", MAIN)])[0] is unread


@pytest.mark.parametrize(
    ("upper", "lower", "gap", "found"),
    [
        ("⌀25.02", "25.00", 6, ["⌀25.02/25.00"]),
        ("25.02", "25.00", 30, ["25.02", "25.00"]),  # of two dimension lines
        ("25.00", "25.02", 6, ["25.00", "25.02"]),  # the larger one stands above
        ("40.5", "30.5", 6, ["40.5", "30.5"]),  # no tolerance is so wide
        ("100", "99", 6, ["100", "99"]),
        ("540.01", "⌀539.99", 1, ["⌀540.01/539.99"]),  # the sign was found with the lower one
    ],
)
def test_limits_are_the_larger_over_the_smaller_one_close_together(
    upper: str, lower: str, gap: float, found: list[str]
) -> None:
    lines = [line(upper, box(100, 100, 70, 20)), line(lower, box(110, 120 + gap, 60, 20))]

    assert [one.text for one in joined(lines)] == found


@pytest.mark.parametrize(("high", "into", "found"), [(28, 4, 1), (28, 8, 2), (40, 4, 2)])
def test_a_diameter_sign_may_make_the_lower_limit_taller_and_reach_into_the_upper_one(
    high: float, into: float, found: int
) -> None:
    lines = [line("100.02", box(118, 100, 90, 20)), line("⌀99.98", box(90, 120 - into, 118, high))]

    assert len(joined(lines)) == found
    assert found > 1 or joined(lines)[0].text == "⌀100.02/99.98"
