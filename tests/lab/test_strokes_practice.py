"""Sheets to train on: each with habits of its own, none a sheet that anything is measured on."""

import os
import random

import pytest

from rung.lab.sheets.splits import SPLITS, hindrance
from rung.lab.strokes.practice import BUILDING, FIRST, practice, varied


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)


def test_no_split_that_strokes_are_measured_on_reaches_the_seeds_of_practice_and_its_fonts_are_those_of_training() -> (
    None
):
    assert all(SPLITS[name].first + SPLITS[name].sheets < FIRST for name in ("train", "validation", "test"))
    style = SPLITS["train"].styles[1]
    for seed in range(20):
        made = varied(style, random.Random(seed))
        assert (made.font, made.panel_font, made.language) == (style.font, style.panel_font, style.language)
        assert made.weights.thin <= made.weights.text <= made.weights.thick


def test_an_architects_sheet_is_drawn_with_one_pen_and_the_same_again() -> None:
    first, again = practice(BUILDING - 1), practice(BUILDING - 1)
    assert len({mark.width_mm for mark in first.marks if not mark.filled}) == 1
    assert {"contour", "dimension"} <= {mark.layer for mark in first.marks}
    assert [mark.layer for mark in first.marks] == [mark.layer for mark in again.marks]
    labels = {area.label for area in first.truth.areas}
    assert labels & {"window", "wall"}
