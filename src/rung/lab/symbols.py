"""Holds found signs against true ones, and makes crops whose class is known, for training and for measuring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rung.lab.sheets.sheet import Page
from rung.lab.sheets.truth import Polygon, TrueArea
from rung.models.sheet.ink import ink
from rung.models.sheet.rules import rules
from rung.models.sheet.skew import Turn, level, skew
from rung.models.symbols.finding import LABELS, places
from rung.models.symbols.places import Crop, Family
from rung.models.symbols.sorting import CLASSES

SAME: Final = 0.5
"""A found sign is in a true one's place if they share so much of what either covers."""
NEARLY: Final = 0.1
"""What shares less with a sign is none; between the two nothing is learned."""
MEASURED: Final = ("surface", "balloon", "weld", "datum")
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Signs:
    """How signs of one label were found. true: how many there are. found: in a true one's place. extra: in none's.

    variants: of those found, whether the variant is right.
    """

    true: int = 0
    found: int = 0
    extra: int = 0
    variants: list[bool] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        """Of the true ones, those found; None where there are none."""
        return self.found / self.true if self.true else None

    @property
    def precision(self) -> float | None:
        """Of the answers, those in a true one's place; None where there are none."""
        said = self.found + self.extra
        return self.found / said if said else None


def compared(kept: dict[str, Signs], true: Sequence[TrueArea], said: Sequence[Mapping[str, object]]) -> None:
    """Add one sheet's signs. said: with `label`, `variant`, `polygon`, as `analyze` answers them."""
    for label in MEASURED:
        signs = kept.setdefault(label, Signs())
        theirs = [one for one in said if one["label"] == label]
        left = list(range(len(theirs)))
        for area in (one for one in true if one.kind == "symbol" and one.label == label):
            signs.true += 1
            shares = {place: shared(area.polygon, theirs[place]["polygon"]) for place in left}
            best = max(shares, key=lambda place: shares[place], default=None)
            if best is None or shares[best] < SAME:
                continue
            left.remove(best)
            signs.found += 1
            signs.variants.append(theirs[best]["variant"] == area.variant)
        signs.extra += len(left)


def shared(one: object, other: object) -> float:
    """What the boxes round two polygons share, of all that they cover."""
    a, b = _box(one), _box(other)
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def _box(polygon: object) -> Box:
    points = np.asarray(polygon, np.float64)
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return float(x0), float(y0), float(x1), float(y1)


def crops_of(page: Page) -> Iterator[tuple[Family, Crop, int]]:
    """(family, crop, place in CLASSES of what it truly is) of everything on a page that may be a sign."""
    plane, turn = level(page.picture, skew(ink(page.picture)))
    marks = ink(plane)
    true = [(area, levelled(area.polygon, turn)) for area in page.truth.areas if area.kind == "symbol"]
    for place in places(marks, rules(marks, page.dpi / 25.4).lying, page.dpi / 25.4):
        x0, y0, x1, y1 = place.box
        corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        label = LABELS[place.family]
        best, variant = max(
            ((shared(corners, polygon), area.variant) for area, polygon in true if area.label == label),
            default=(0.0, ""),
        )
        if best >= SAME or best < NEARLY:
            known = CLASSES[place.family].index(variant if best >= SAME else "")
            yield from ((place.family, crop, known) for crop in place.crops)


def levelled(polygon: Polygon, turn: Turn) -> Polygon:
    """Where a polygon of the page lies once the page is set level."""
    if not turn.degrees:
        return polygon
    matrix = turn.matrix()
    points = np.asarray(polygon) @ matrix[:, :2].T + matrix[:, 2]
    return tuple((float(x), float(y)) for x, y in points)
