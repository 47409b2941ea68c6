"""bench/drawings.py: a sheet that was answered with its truth has no fault, and an empty answer has them all."""

import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.splits import drawn, hindrance
from rung.lab.sheets.truth import SheetTruth

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def sheets(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    if (why := hindrance()) and not os.environ.get("RUNG_REQUIRE_FONTS"):
        pytest.skip(why)
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    import _drawings_sheets

    return _drawings_sheets


def answered(truth: SheetTruth) -> dict[str, Any]:
    """What a perfect reader would say."""
    return {
        "dimensions": [
            {
                "text": one.value.text, "polygon": one.polygon, "type": one.value.type, "nominal": one.value.nominal,
                "count": one.value.count, "upper": one.value.upper, "lower": one.value.lower, "fit": one.value.fit,
                "form": one.value.form,
            }
            for one in truth.dimensions
        ],
        "frames": [{"text": one.text, "polygon": one.polygon} for one in truth.frames],
        "title_block": {one.name: {"text": one.text} for one in truth.fields},
        "views": [{"polygon": area.polygon} for area in truth.areas if area.kind == "view"],
        "tables": [
            {"cells": [{"text": cell.text, "box": [*cell.box[0], *cell.box[2]]} for cell in table.cells]}
            for table in truth.tables
        ],
    }  # fmt: skip


def test_the_truth_itself_has_no_fault(sheets: ModuleType) -> None:
    truth, found = drawn("train", 0).page().truth, sheets.Measured()
    sheets.add(found, truth, answered(truth))

    assert found.dimensions.recall == found.dimensions.precision == found.frames.recall == 1.0
    assert all(found.fields) and all(found.meant) and all(found.views) and not found.faults
    assert found.views_extra == 0


def test_no_answer_is_all_faults_and_a_made_up_one_costs_precision(sheets: ModuleType) -> None:
    truth, found = drawn("train", 0).page().truth, sheets.Measured()
    sheets.add(found, truth, {})
    invented = answered(truth)
    invented["dimensions"].append({**invented["dimensions"][0], "polygon": [[5, 5], [50, 5], [50, 30], [5, 30]]})
    sheets.add(found, truth, invented)

    count = len(truth.dimensions)
    assert found.dimensions.recall == 0.5 and not any(found.fields[: len(truth.fields)])
    assert found.dimensions.precision == count / (count + 1)


def test_what_is_read_in_another_true_text_is_neither_right_nor_made_up(sheets: ModuleType) -> None:
    truth = drawn("train", 0).page().truth
    note = next(one for one in truth.texts if one.alphabet == "text")
    elsewhere = {"polygon": note.polygon}
    apart = {"polygon": [[x + 4000, y] for x, y in note.polygon]}

    assert sheets._elsewhere(elsewhere, truth) and not sheets._elsewhere(apart, truth)


def test_a_success_that_says_nothing_is_no_clear_answer(sheets: ModuleType) -> None:
    import _drawings_faults as faults

    assert faults.clear("422 nothing-found: the page is blank")
    assert not faults.clear("200 []") and not faults.clear("500 internal: ")


def test_a_curve_is_of_the_entity_whose_ink_it_runs_along(sheets: ModuleType) -> None:
    import _drawings_strokes as strokes
    from rung.lab.strokes.truth import CLASSES, UNKNOWN

    labels = np.zeros((40, 60), np.uint8)
    labels[10, 5:55] = 1 + LAYERS.index("contour")
    labels[30, 5:55] = 1 + LAYERS.index("hatch")
    curves = np.array([[[x, y] for x in (5, 20, 35, 54)] for y in (10, 30, 20)], float)

    found = strokes.along(curves, labels)
    assert list(found) == [CLASSES.index("contour"), CLASSES.index("other"), UNKNOWN]


def test_the_cost_of_an_a3_sheet_is_asked_of_a3_sheets_alone(sheets: ModuleType) -> None:
    import _drawings_cost as cost

    def page(high: int, wide: int) -> SimpleNamespace:
        return SimpleNamespace(picture=np.zeros((high, wide), np.uint8), dpi=200.0)

    assert cost.is_a3(page(2339, 3307)) and cost.is_a3(page(3307, 2339))
    assert not cost.is_a3(page(3307, 4677)) and not cost.is_a3(page(1654, 2339))
    with pytest.raises(ValueError, match="A3"):
        cost.cost(None, None, [page(2339, 3307), page(3307, 4677)])
