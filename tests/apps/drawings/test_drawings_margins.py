"""The marks of a sheet's zones are no dimensions; a short dimension near the border is one."""

from __future__ import annotations

import math

import pytest
from drawings_maker import Polygon, box

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.margins import marginal

BORDER = ((100.0, 100.0), (3200.0, 100.0), (3200.0, 2200.0), (100.0, 2200.0))


def line(text: str, polygon: Polygon) -> Line:
    return Line(polygon=polygon, guesses=(Guess(text=text, confidence=0.9, engine="e"),))


def turned(polygon: Polygon, degrees: float) -> Polygon:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return tuple((x * cos - y * sin, x * sin + y * cos) for x, y in polygon)


@pytest.mark.parametrize("degrees", [0, 2])
def test_marks_along_each_side_are_told_and_what_stands_on_the_sheet_is_not(degrees: float) -> None:
    top = [line(str(number), box(200 + 300 * number, 112, 14, 20)) for number in range(1, 9)]
    right = [line(text, box(3170, 300 + 300 * place, 14, 20)) for place, text in enumerate("ABCD")]
    top[3] = line("+", top[3].polygon)  # misread
    drawn = [line("25", box(900, 140, 30, 20)), line("8", box(1500, 700, 14, 20)), line("R5", box(400, 112, 30, 20))]
    lines = [Line(polygon=turned(one.polygon, degrees), guesses=one.guesses) for one in (*top, *right, *drawn)]

    assert marginal(lines, [turned(BORDER, degrees)]) == [True] * 12 + [False] * 3


def test_two_short_numbers_beside_a_border_are_dimensions_and_nothing_is_told_without_a_border() -> None:
    lines = [line("25", box(900, 112, 30, 20)), line("30", box(1500, 112, 30, 20))]

    assert marginal(lines, [BORDER]) == [False, False]
    assert marginal([line("25", box(10, 10))], []) == [False]
    assert marginal([line("25", box(10, 10))], [BORDER]) == [True], "it lies outside"
