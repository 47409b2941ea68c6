"""Finds the signs on a level sheet: marks of surface finish, balloons, welding symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rung.models.symbols.joints import joints
from rung.models.symbols.places import Family, Place
from rung.models.symbols.rings import rings
from rung.models.symbols.sorting import CLASSES, Sorter
from rung.models.symbols.ticks import ticks
from rung.runtime.tasks import Box, Mask

LABELS: Final[dict[Family, str]] = {"tick": "surface", "ring": "balloon", "joint": "weld"}
LEAST: Final = 0.5
"""Share of a sign's class: below it the place is more likely none."""
SAME: Final = 0.3
"""Of the smaller of two boxes of one label: what shares more is one sign found twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """box: round its strokes, in pixels of the level sheet. score: how often such a one is right, 0..1."""

    label: str
    variant: str
    box: Box
    score: float


def places(ink: Mask, lying: Mask, per_mm: float) -> Iterator[Place]:
    """Everything that may be a sign. lying: the sheet's ruled lines that lie. per_mm: pixels."""
    yield from rings(ink, per_mm)
    yield from ticks(ink, per_mm)
    yield from joints(ink, lying, per_mm)


def symbols(ink: Mask, lying: Mask, taken: Sequence[Box], per_mm: float, net: Sorter) -> tuple[Symbol, ...]:
    """The signs of the sheet, surest first. taken: what is something else, as tables and frames."""
    found = [one for one in places(ink, lying, per_mm) if not any(_middle_in(one.box, box) for box in taken)]
    made = [symbol for family in LABELS for symbol in _sorted([one for one in found if one.family == family], net)]
    kept: list[Symbol] = []
    for _, one in sorted(made, key=lambda pair: -pair[0]):
        if not any(one.label == other.label and _share(one.box, other.box) > SAME for other in kept):
            kept.append(one)
    return tuple(kept)


def _sorted(found: Sequence[Place], net: Sorter) -> Iterator[tuple[float, Symbol]]:
    """What the net makes of places of one family, each with its share."""
    if not found:
        return
    family = found[0].family
    shares = net.shares(family, [crop for place in found for crop in place.crops])
    start = 0
    for place in found:
        mine = shares[start : start + len(place.crops)]
        start += len(place.crops)
        row, column = np.unravel_index(np.argmax(mine[:, 1:]), (len(mine), len(CLASSES[family]) - 1))
        share = float(1 - mine[row, 0])
        if share >= LEAST:
            variant, score = CLASSES[family][int(column) + 1], min(share, net.right(family))
            yield share, Symbol(label=LABELS[family], variant=variant, box=place.box, score=score)


def _middle_in(one: Box, other: Box) -> bool:
    x, y = (one[0] + one[2]) / 2, (one[1] + one[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


def _share(one: Box, other: Box) -> float:
    wide = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
    high = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
    return wide * high / max(min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)), 1)
