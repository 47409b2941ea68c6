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
