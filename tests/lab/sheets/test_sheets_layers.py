"""What a stroke is: the layers that sheets are drawn on, where a line could be taken for another's."""

import os
import random

import pytest

from rung.lab.sheets.additions import section_marks
from rung.lab.sheets.ink import inked
from rung.lab.sheets.pen import pen_of
from rung.lab.sheets.room import Room
from rung.lab.sheets.splits import hindrance
from rung.lab.sheets.styles_train import TRAIN


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)


def test_the_ends_of_a_section_are_symbols_as_thick_as_the_parts_edges() -> None:
    pen = pen_of(TRAIN[0], random.Random(1))
    section_marks(pen, Room(50, 50, 100, 90), "A")
    lines = [mark for mark in inked(pen.document) if mark.angle is None]
    assert lines and {mark.layer for mark in lines} == {"symbol"}
    assert sum(mark.width_mm == pytest.approx(TRAIN[0].weights.thick) for mark in lines) == 2
