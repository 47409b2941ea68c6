"""What a line says is a dimension: look-alikes are undone where it was read in a picture, never in the file's own."""

import pytest
from drawings_maker import box

from rung.apps.drawings.lines import Guess, Line
from rung.apps.drawings.understanding import Understood, understand


def understood(text: str, engine: str) -> Understood:
    return understand([Line(polygon=box(10, 10), guesses=(Guess(text=text, confidence=1.0, engine=engine),))], 1, 0.5)


@pytest.mark.parametrize("engine", ["dxf", "pdf-text"])
def test_a_file_s_own_text_is_taken_as_it_stands(engine: str) -> None:
    deviation, zero, size = (understood(text, engine) for text in ("-0.021", "0392", "25"))

    assert [one.text for one in deviation.texts] == ["-0.021"] and not deviation.dimensions
    assert [(one.text, one.alternatives) for one in zero.dimensions] == [("0392", [])]
    assert [one.text for one in size.dimensions] == ["25"]


def test_what_was_read_in_a_picture_may_be_a_look_alike_and_says_so() -> None:
    (deviation,), (zero,) = (understood(text, "reader").dimensions for text in ("-0.021", "0392"))

    assert deviation.text == "0.021" and "stroke of the drawing" in deviation.notes[0]
    assert (zero.text, [one.text for one in zero.alternatives]) == ("⌀392", ["0392"])


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("376U/-0.021", True),  # a stacked 0 that was misread
        ("30°±1+0/1", True),
        ("1. ALL ±0.1", False),
        ("±", False),
        ("A-A", False),
        ("KS B 0412/+2", False),
    ],
)
def test_figures_with_a_tolerance_that_make_no_dimension_are_told_as_unread_and_pass_for_no_note(
    text: str, unread: bool
) -> None:
    found = understood(text, "reader")

    assert not found.dimensions
    assert [(one.text, bool(one.reason)) for one in found.unread] == ([(text, True)] if unread else [])
    assert [one.text for one in found.texts] == ([] if unread else [text])
