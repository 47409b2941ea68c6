"""A lone figure is a dimension where it stands as high as the sheet's others."""

from __future__ import annotations

import pytest
from drawings_maker import Polygon, box, upwards

from rung.apps.drawings.heights import strays
from rung.apps.drawings.lines import Guess, Line


def line(text: str, polygon: Polygon) -> Line:
    return Line(polygon=polygon, guesses=(Guess(text=text, confidence=0.9, engine="e"),))


OTHERS = [line("125.5", box(100, 100 * place, 70, 24)) for place in range(5)]


@pytest.mark.parametrize(
    ("text", "polygon", "stray"),
    [
        ("8", box(400, 100, 16, 24), False),
        ("25", upwards(400, 100, 34, 25), False),
        ("0", box(400, 100, 12, 16), True),  # of a stacked deviation
        ("1", upwards(305, 980, 5, 13), True),  # a piece of a letter
        ("5", upwards(400, 100, 25, 16), False),  # found as if it were turned
        ("5", upwards(400, 100, 16, 10), True),
        ("8", box(400, 100, 33, 24), True),  # a letter that lies on its side
        ("8", box(400, 100, 40, 56), True),
    ],
)
def test_a_lone_figure_of_another_height_is_a_stray(text: str, polygon: Polygon, stray: bool) -> None:
    lines = [*OTHERS, line(text, polygon)]

    assert strays(lines, [5]) == ([5] if stray else [])


def test_dimensions_of_two_rows_do_not_say_how_high_one_row_is() -> None:
    stacked = [line("125.5+0.1/0", box(300, 100 * place, 90, 38)) for place in range(9)]

    assert strays([*stacked, *OTHERS, line("8", box(400, 100, 16, 24))], [14]) == []


def test_where_few_others_say_how_high_letters_are_nothing_is_a_stray() -> None:
    assert strays([*OTHERS[:3], line("0", box(400, 100, 12, 16))], [3]) == []
