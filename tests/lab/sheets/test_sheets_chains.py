"""Sheets of windows and fronts: their chains add up, and many of their figures are wider than what they measure."""

import os
import random
from collections.abc import Callable

import pytest

from rung.lab.sheets.chains import Spans, _bays, _panes, _storeys
from rung.lab.sheets.pen import Pen, pen_of
from rung.lab.sheets.splits import SPLITS, drawn, hindrance


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)


@pytest.mark.parametrize("made", [_panes, _bays, _storeys])
@pytest.mark.parametrize("room", [1500.0, 3300.0])
def test_the_rows_of_a_stack_measure_the_same_length(made: Callable[[Pen, float], Spans], room: float) -> None:
    pen = pen_of(SPLITS["chains"].styles[0], random.Random(1))
    spans = made(pen, room)
    assert {sum(row) for row in spans.coarser} == {sum(spans.finest)}
    assert min(spans.finest) > 0


def test_a_sheet_of_chains_has_many_short_figures_without_decimals() -> None:
    sheet = drawn("chains", 0)
    assert len(sheet.truth.dimensions) > 80
    assert sum(len(one.value.text) < 4 for one in sheet.truth.dimensions) > 40
    assert all(one.value.nominal % 5 == 0 for one in sheet.truth.dimensions)
