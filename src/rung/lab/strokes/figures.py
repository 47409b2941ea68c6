"""How many strokes are classified rightly, beside the published figures; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.lab.strokes.truth import CLASSES, UNKNOWN, Labels

PUBLISHED: Final[Mapping[str, float]] = {"text / non-text": 0.9848, "contour / other": 0.9457, "three classes": 0.9082}
"""Zhang and others, arXiv 2212.00290, on their own 430 drawings, 80/20."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts: [truth, answer], both in CLASSES."""

    counts: Counts

    @property
    def strokes(self) -> int:
        """How many were judged, or how many pixels of them."""
        return int(self.counts.sum())

    def merged(self, *groups: Iterable[str]) -> float:
        """The share of strokes in the right group of classes. Strokes whose truth is in none of them do not count;
        an answer that is in none of them is wrong."""
        places = [[CLASSES.index(name) for name in group] for group in groups]
        right = sum(int(self.counts[np.ix_(group, group)].sum()) for group in places)
        whole = sum(int(self.counts[group].sum()) for group in places)
        return right / whole if whole else float("nan")

    def recall(self, name: str) -> float:
        """Of the strokes of a class, those that are found."""
        row = self.counts[CLASSES.index(name)]
        return float(row[CLASSES.index(name)] / row.sum()) if row.sum() else float("nan")

    def precision(self, name: str) -> float:
        """Of the strokes that are given a class, those that are of it."""
        column = self.counts[:, CLASSES.index(name)]
        return float(column[CLASSES.index(name)] / column.sum()) if column.sum() else float("nan")


def confusion(pairs: Iterable[tuple[Labels, Labels]]) -> Confusion:
    """Of (truth, answer) of each sheet; strokes of unknown truth are left out."""
    return by_pixels((truth, answer, np.ones(len(truth), np.int64)) for truth, answer in pairs)


def by_pixels(sheets: Iterable[tuple[Labels, Labels, Counts]]) -> Confusion:
    """Of (truth, answer, pixels of each stroke) of each sheet: pixels are counted, not strokes, so that an edge as long
    as the part is more than the crumb that a crossing leaves of one."""
    counts = np.zeros((len(CLASSES), len(CLASSES)), np.int64)
    for truth, answer, pixels in sheets:
        known = truth != UNKNOWN
        np.add.at(counts, (truth[known], answer[known]), pixels[known])
    return Confusion(counts)


def headline(found: Confusion) -> dict[str, float]:
    """The published three, and all four of ours.

    The published third class is all that is neither contour nor text: dimensions with what annotates beside them.
    Contour / other is of the strokes that are no text; one of them that is answered as text is wrong.
    """
    rest = ("dimension", "other")
    return {
        "three classes": found.merged(("contour",), ("text",), rest),
        "text / non-text": found.merged(("text",), ("contour", *rest)),
        "contour / other": found.merged(("contour",), rest),
        "four classes": found.merged(*((name,) for name in CLASSES)),
    }
