"""What a stroke truly is, by the ink under it; and the figures that are made of it, by hand."""

import numpy as np
import pytest

from rung.lab.strokes.figures import Confusion, by_pixels, confusion, headline
from rung.lab.strokes.truth import CLASSES, UNKNOWN, true_classes
from rung.models.strokes.tracing import Paths

LAYERS = ("contour", "hidden", "hatch", "dimension", "text")


def across(*rows: int) -> Paths:
    """A path of ten pixels along each of these rows."""
    points = np.array([(x, row) for row in rows for x in range(10)], np.float64)
    count = len(rows)
    return Paths(points, np.arange(count + 1) * 10, np.arange(count * 2).reshape(-1, 2), count * 2)


def test_a_stroke_is_what_most_of_its_pixels_lie_on_and_hidden_edges_are_contour() -> None:
    layers = np.zeros((60, 20), np.uint8)
    layers[5, :6], layers[5, 6:] = 1 + LAYERS.index("dimension"), 1 + LAYERS.index("text")
    layers[20] = 1 + LAYERS.index("hidden")
    layers[31] = 1 + LAYERS.index("hatch")  # a pixel beside the path
    found = true_classes(across(5, 20, 30, 50), layers, LAYERS)
    assert [CLASSES[label] for label in found[:3]] == ["dimension", "contour", "other"]
    assert found[3] == UNKNOWN


def counts(**rows: list[int]) -> Confusion:
    return Confusion(np.array([rows.get(name, [0, 0, 0, 0]) for name in CLASSES]))


def test_three_classes_are_contour_text_and_all_the_rest_and_four_are_stricter() -> None:
    found = counts(contour=[6, 0, 2, 0], text=[0, 9, 1, 0], dimension=[1, 0, 3, 4], other=[0, 2, 2, 0])
    figures = headline(found)
    assert found.strokes == 30
    assert figures["three classes"] == pytest.approx((6 + 9 + 3 + 4 + 2) / 30)
    assert figures["four classes"] == pytest.approx((6 + 9 + 3) / 30)
    assert figures["text / non-text"] == pytest.approx((9 + 18) / 30)
    assert figures["contour / other"] == pytest.approx((6 + 9) / 20)
    assert (found.recall("text"), found.precision("text")) == (0.9, 9 / 11)


def test_strokes_of_unknown_truth_are_left_out() -> None:
    found = confusion([(np.array([0, UNKNOWN, 1], np.uint8), np.array([0, 3, 0], np.uint8))])
    assert found.strokes == 2 and found.merged(("contour",), ("text",)) == 0.5


def test_by_pixels_a_long_stroke_weighs_as_much_as_it_is_long() -> None:
    found = by_pixels([(np.array([0, 0, UNKNOWN]), np.array([0, 2, 0]), np.array([300, 20, 500]))])
    assert found.strokes == 320 and found.recall("contour") == pytest.approx(300 / 320)
