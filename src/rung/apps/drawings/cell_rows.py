"""Finds the lines of text in the cells of tables and title blocks by their ink. Runs in a worker.

Finders of text were made for scenes and Latin or Chinese signs: of Hangul they cut off signs at a line's end, or take
some of the line below along where a small label stands close above its value. In a cell there is nothing but text, so
its lines are where rows of ink are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.apps.drawings.lines import Axes, Polygon
from rung.models.pictures import decode
from rung.models.sheet.ink import grey, ink
from rung.runtime.tasks import Picture

SPECK: Final = 8
"""Pixels: what has fewer is dust."""
FLAT: Final = 1.5
"""Width of a stroke over its height: where all of a row are flatter, it is a piece of a line, as the ㅡ of 브."""
NEAR: Final = 0.25
"""Of the width of such a stroke: what stands farther off is another line."""
APART: Final = 1.6
"""Of a row's height: a wider gap parts what stands side by side, as a label and its value do."""
AIR: Final = 1
"""Pixels of paper round a line."""
Ink = NDArray[np.uint8]


def rows(picture: Picture, contents: Sequence[Polygon]) -> list[list[Polygon]]:
    """Of each place in a cell, the lines of text that stand there, from the top down and from the left."""
    marks = ink(grey(decode(picture)))
    return [_rows_in(marks, tuple((float(x), float(y)) for x, y in content)) for content in contents]


def _rows_in(marks: Ink, content: Polygon) -> list[Polygon]:
    axes = Axes.of(content)
    wide = axes.seen(content)[2]
    there = _level(marks, axes, wide)
    return [
        axes.placed(one.left - AIR, one.top - AIR, one.right + AIR, one.bottom + AIR)
        for band in _lines(_signs(there))
        for one in _side_by_side(band)
    ]


def _level(marks: Ink, axes: Axes, wide: float) -> Ink:
    """The place as it lies when its own direction is level."""
    (x, y), (ax, ay) = axes.origin, axes.along
    size = (max(round(wide), 1), max(round(axes.height), 1))
    way = np.array([[ax, -ay, x], [ay, ax, y]], np.float64)
    level = cv2.warpAffine(marks, way, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(level > 127, np.uint8)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A box round ink, in pixels of the level place."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_flat(self) -> bool:
        return self.right - self.left > FLAT * (self.bottom - self.top)


def _signs(there: Ink) -> list[_Sign]:
    _, _, stats, _ = cv2.connectedComponentsWithStats(there, connectivity=8)
    return [
        _Sign(int(x), int(y), int(x + wide), int(y + high)) for x, y, wide, high, area in stats[1:] if area >= SPECK
    ]


def _round(signs: Sequence[_Sign]) -> _Sign:
    return _Sign(
        min(one.left for one in signs),
        min(one.top for one in signs),
        max(one.right for one in signs),
        max(one.bottom for one in signs),
    )


def _lines(signs: Sequence[_Sign]) -> list[list[_Sign]]:
    """The signs by lines: those that share a height, and pieces with what they stand next to."""
    bands: list[list[_Sign]] = []
    for one in sorted(signs, key=lambda one: one.top):
        if bands and one.top < max(other.bottom for other in bands[-1]):
            bands[-1].append(one)
        else:
            bands.append([one])
    while (place := _joint(bands)) is not None:
        bands[place : place + 2] = [bands[place] + bands[place + 1]]
    return bands


def _joint(bands: Sequence[Sequence[_Sign]]) -> int | None:
    """The first of the two neighbours that stand nearest and of which one is a piece of the other's line."""
    near = []
    for place, (above, below) in enumerate(itertools.pairwise(bands)):
        gap = _round(below).top - _round(above).bottom
        if gap <= NEAR * max(_piece(above), _piece(below)):
            near.append((gap, place))
    return min(near)[1] if near else None


def _piece(band: Sequence[_Sign]) -> int:
    """Width of its widest stroke where all are flat; 0: it is a line of its own."""
    return max(one.right - one.left for one in band) if all(one.is_flat for one in band) else 0


def _side_by_side(band: Sequence[_Sign]) -> Iterator[_Sign]:
    """A line's stretches, parted where nothing stands for long."""
    left_to_right = sorted(band, key=lambda one: one.left)
    whole, begun = _round(band), [left_to_right[0]]
    for one in left_to_right[1:]:
        if one.left - max(other.right for other in begun) > APART * (whole.bottom - whole.top):
            yield _round(begun)
            begun = []
        begun.append(one)
    yield _round(begun)
