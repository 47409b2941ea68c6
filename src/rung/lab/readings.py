"""How far what was read of a drawing is from its truth, by the matching rule of docs/drawings-truth.md.

Pure: polygons and texts in, counts out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from rung.models import notation

LEAST_OVERLAP = 0.5
GROWN = 0.2
"""Polygons are grown by this share of the true text's height on each side before they are compared: the ink of a lone
`1` is three pixels wide, and a border of two would make strangers of two polygons that both hold it."""
Polygon = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A text and where it stands. kind: its type, of a dimension. sure: 0..1, how sure who read it is; None: of that it
    says nothing."""

    text: str
    polygon: Polygon
    kind: str = ""
    sure: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A true text, and what was found in its place; None where nothing was."""

    true: Told
    found: Told | None

    @property
    def same(self) -> bool:
        """Whether the normalised texts are equal."""
        return self.found is not None and normal(self.found.text) == normal(self.true.text)


@dataclass(slots=True, kw_only=True)
class Score:
    """Pairs of any number of sheets. extra: what was found where no true text stands."""

    pairs: list[Pair] = field(default_factory=list)
    extra: list[Told] = field(default_factory=list)

    def add(self, true: Sequence[Told], found: Sequence[Told]) -> Score:
        """One more sheet; gives what it alone adds."""
        here = matched(true, found)
        self.pairs += here.pairs
        self.extra += here.extra
        return here

    @property
    def located(self) -> float | None:
        """Share of the true texts in whose place something was found, whatever it says."""
        return _share(pair.found is not None for pair in self.pairs)

    @property
    def recall(self) -> float | None:
        """Share of the true texts that were found in their place and read right."""
        return _share(pair.same for pair in self.pairs)

    @property
    def precision(self) -> float | None:
        """Share of what was found that stands in a true text's place and says the same."""
        there = [pair for pair in self.pairs if pair.found is not None]
        return _share([pair.same for pair in there] + [False] * len(self.extra))

    @property
    def character_error(self) -> float | None:
        """Edits per character of the true texts, over those in whose place something was found."""
        there = [(normal(pair.true.text), normal(pair.found.text)) for pair in self.pairs if pair.found is not None]
        length = sum(len(true) for true, _ in there)
        return sum(edits(true, found) for true, found in there) / length if length else None

    @property
    def surenesses(self) -> list[tuple[float, bool]]:
        """How sure each answer was of itself, and whether it stands in a true text's place and says the same."""
        told = [(pair.found.sure, pair.same) for pair in self.pairs if pair.found is not None]
        told += [(one.sure, False) for one in self.extra]
        return [(sure, same) for sure, same in told if sure is not None]

    def by_kind(self) -> dict[str, Score]:
        """The pairs of each type of the true texts; what is extra belongs to none."""
        kinds = sorted({pair.true.kind for pair in self.pairs})
        return {kind: Score(pairs=[pair for pair in self.pairs if pair.true.kind == kind]) for kind in kinds}


def _share(hits: Iterable[bool]) -> float | None:
    held = list(hits)
    return sum(held) / len(held) if held else None


def normal(text: str) -> str:
    """Canonical, without the square brackets that stand for a basic dimension's box."""
    return notation.canonical(text).strip().removeprefix("[").removesuffix("]")


def matched(true: Sequence[Told], found: Sequence[Told]) -> Score:
    """Each true text with at most one found one: those that overlap most first, at least by half."""
    overlaps = [
        (share, at, place)
        for at, one in enumerate(true)
        for place, other in enumerate(found)
        if (share := overlap(one.polygon, other.polygon)) >= LEAST_OVERLAP
    ]
    chosen: dict[int, int] = {}
    for _, at, place in sorted(overlaps, reverse=True):
        if at not in chosen and place not in chosen.values():
            chosen[at] = place
    pairs = [Pair(true=one, found=found[chosen[at]] if at in chosen else None) for at, one in enumerate(true)]
    return Score(pairs=pairs, extra=[one for place, one in enumerate(found) if place not in chosen.values()])


def overlap(true: Polygon, found: Polygon) -> float:
    """Area of both over area of either, 0..1, after both were grown."""
    one, other = (np.array(polygon, np.float32) for polygon in (true, found))
    if (one.max(0) < other.min(0) - SPARE).any() or (other.max(0) < one.min(0) - SPARE).any():
        return 0.0
    by = GROWN * float(np.linalg.norm(one[1] - one[2]))
    one, other = (_grown(polygon, by) for polygon in (one, other))
    shared, _ = cv2.intersectConvexConvex(one, other)
    either = cv2.contourArea(one) + cv2.contourArea(other) - shared
    return float(shared / either) if either > 0 else 0.0


SPARE = 60.0
"""Pixels; polygons that are further apart need no look."""


def _grown(polygon: np.ndarray, by: float) -> np.ndarray:
    """The smallest rectangle at any angle around it, larger by so many pixels on each side."""
    middle, (width, height), turn = cv2.minAreaRect(polygon)
    return np.asarray(cv2.boxPoints((middle, (width + 2 * by, height + 2 * by), turn)), np.float32)


def edits(one: str, other: str) -> int:
    """Insertions, deletions and replacements that make one text the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for at, sign in enumerate(one, 1):
        before, row[0] = row[0], at
        for place, against in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (sign != against))
    return row[-1]
