"""How found signs are held against true ones."""

from __future__ import annotations

from typing import Any

from rung.lab.sheets.truth import TrueArea
from rung.lab.symbols import Signs, compared, shared


def corners(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def area(label: str, x: float, variant: str = "removal") -> TrueArea:
    return TrueArea(kind="symbol", label=label, variant=variant, polygon=corners(x, 0, x + 10, 10))


def said(label: str, x: float, variant: str = "removal") -> dict[str, Any]:
    return {"label": label, "variant": variant, "polygon": corners(x, 0, x + 10, 10)}


def test_pairs_are_one_to_one_and_what_is_left_is_made_up() -> None:
    kept: dict[str, Signs] = {}

    compared(
        kept,
        [area("surface", 0), area("surface", 100), area("balloon", 200)],
        [said("surface", 1, "basic"), said("surface", 2), said("surface", 50), said("balloon", 200)],
    )

    surface = kept["surface"]
    assert (surface.true, surface.found, surface.extra) == (2, 1, 2)
    assert surface.variants == [False], "the nearer one is the pair, and its variant another"
    assert (surface.recall, surface.precision) == (0.5, 1 / 3)
    assert (kept["balloon"].recall, kept["balloon"].precision) == (1.0, 1.0)
    assert kept["weld"].recall is None and kept["weld"].precision is None


def test_a_label_is_not_taken_for_another_and_half_of_both_has_to_be_shared() -> None:
    kept: dict[str, Signs] = {}

    compared(kept, [area("surface", 0), area("weld", 0)], [said("balloon", 0), said("weld", 4)])

    assert (kept["surface"].found, kept["balloon"].extra, kept["weld"].found) == (0, 1, 0)
    assert shared(corners(0, 0, 10, 10), corners(0, 5, 10, 15)) == 50 / 150
    assert shared(corners(0, 0, 1, 1), corners(5, 5, 6, 6)) == 0
