"""What is read has to fill the place that it was read in."""

import pytest
from drawings_maker import box

from rung.apps.drawings.filling import filling
from rung.apps.drawings.lines import Guess, Line


def line(*texts: str, width: float = 160) -> Line:
    guesses = tuple(Guess(text=text, confidence=0.9, engine="e") for text in texts)
    return Line(polygon=box(0, 0, width, 10), guesses=guesses)


@pytest.mark.parametrize(
    ("text", "worded", "kept"),
    [
        ("1.5", False, False),
        ("1. 1H/2", False, False),
        ("1. BREAK ALL EDGES", False, True),
        ("척도", True, True),  # spaced out over its cell
        ("1.5", True, False),
    ],
)
def test_a_reading_that_is_far_shorter_than_what_stands_there_is_none(text: str, worded: bool, kept: bool) -> None:
    found = filling(line(text), worded=worded)

    assert found.text == (text if kept else "")
    assert ("far shorter" in found.reason) is not kept


def test_only_the_short_readings_of_a_line_go() -> None:
    assert filling(line("2.", "2. 도시되고 지시 없는"), worded=False).text == "2. 도시되고 지시 없는"
    assert filling(Line(polygon=box(0, 0), reason="blurred"), worded=False).reason == "blurred"
