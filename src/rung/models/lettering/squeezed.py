"""Looks once more, without a net, for short figures that lines cross: signs as tall as a sheet's texts, in a row.

In a chain of dimensions a net sees no text where extension lines run through a figure, or one text where three stand.
What is found here is offered to a reader, and is to be believed only where that is sure: most of it is no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.glyphs import RULE, Mask, ink, runs
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, area, intersection
from rung.models.lettering.tightening import Line

Boxes = NDArray[np.int32]

FEWEST: Final = 6
"""Texts of several signs that say how tall a sheet's texts are."""
LOWEST, HIGHEST = 0.72, 1.3
"""Heights of the usual text: of a figure, lines that touch it included."""
BROADEST: Final = 1.1
SLIMMEST: Final = 0.06
"""Heights: of one figure; a 1 without a foot is as slim as its stroke."""
LEVEL: Final = 0.2
"""Heights: by how much the tops and the bottoms of a row differ."""
GAP: Final = 0.5
"""Heights between two figures of a row."""
WIDER: Final = 0.12
"""Heights: a gap that is so much wider than the narrowest of its row may part two figures."""
SHORT, LONG = 2, 5
"""Signs of a figure of a chain."""
BESIDE: Final = 0.25
HALF: Final = 0.4
"""Heights: ink so near and so tall beside a row is of the same figure."""
SAME: Final = 0.7
"""Of the area that either covers: the net saw the same place."""


def squeezed(grey: Grey, found: Sequence[Line]) -> list[Quad]:
    """Places of figures beside those found, along both axes of the picture; none where too few texts were found."""
    talls = [line.tall for line in found if line.count >= SHORT + 1]
    if len(talls) < FEWEST:
        return []
    tall = float(np.median(talls))
    level = [_corners(*box) for box in rows(grey, tall)]
    lying = rows(np.ascontiguousarray(np.rot90(grey, -1)), tall)
    upright = [_back(box, grey.shape[0]) for box in lying]
    known = [line.quad for line in found]
    return [one for one in (*level, *upright) if not any(_same(one, other) for other in known)]


def rows(grey: Grey, tall: float) -> list[tuple[int, int, int, int]]:
    """x0, y0, x1, y1 of each row of figures that reads to the right."""
    rest = bridged(ink(grey), tall)
    around = [_around(part) for row in in_line(figures(rest, tall), tall) for part in parted(row, tall)]
    return [box for box in around if alone(rest, box, tall)]


def alone(rest: Mask, box: tuple[int, int, int, int], tall: float) -> bool:
    """Whether nothing as tall as half a sign stands close before or behind: else it may be a piece of a figure."""
    x0, y0, x1, y1 = box
    near = max(round(BESIDE * tall), 3)
    sides = rest[y0:y1, max(x0 - near, 0) : x0], rest[y0:y1, x1 : x1 + near]
    return all(np.count_nonzero(side.any(axis=1)) < HALF * (y1 - y0) for side in sides)


def bridged(mask: Mask, tall: float) -> Mask:
    """The ink without its long straight lines; where a stroke of a sign crosses one it goes on."""
    length = max(round(RULE * tall), 3)
    upright, level = runs(mask, 1, length), runs(mask, length, 1)
    lines = cv2.dilate(upright, np.ones((1, 3), np.uint8)) | cv2.dilate(level, np.ones((3, 1), np.uint8))
    rest = mask & ~lines
    across = max(round(0.3 * tall), 5)
    over = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((1, across), np.uint8)) & upright
    under = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((across, 1), np.uint8)) & level
    joints = cv2.dilate(over, np.ones((1, 3), np.uint8)) | cv2.dilate(under, np.ones((3, 1), np.uint8))
    return np.asarray(rest | (joints & mask), np.uint8)


def figures(mask: Mask, tall: float) -> Boxes:
    """i32 [N, 4] of the parts of a mask that are as large as a figure."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    x, y, wide, high, dark = stats[1:].T
    fits = (high >= LOWEST * tall) & (high <= HIGHEST * tall) & (wide <= BROADEST * tall) & (wide >= SLIMMEST * tall)
    solid = dark >= 0.12 * wide * high
    boxes = np.stack((x, y, x + wide, y + high), axis=1)[fits & solid]
    return np.asarray(boxes, np.int32)


def in_line(signs: Boxes, tall: float) -> Iterator[Boxes]:
    """The rows of signs that stand close to each other, each from the left, those of one sign left out."""
    left = list(np.argsort(signs[:, 0], kind="stable"))
    while left:
        row = [left.pop(0)]
        for other in list(left):
            last, one = signs[row[-1]], signs[other]
            if one[0] - last[2] > GAP * tall:
                break
            if one[0] >= last[2] - 0.15 * tall and np.abs(one[[1, 3]] - last[[1, 3]]).max() <= LEVEL * tall:
                row.append(other)
                left.remove(other)
        if len(row) >= SHORT:
            yield signs[row]


def parted(row: Boxes, tall: float) -> list[Boxes]:
    """The row as one figure, and in pieces at its wider gaps; what is no figure of a chain is left out."""
    gaps = row[1:, 0] - row[:-1, 2]
    wide = np.flatnonzero(gaps > gaps.min() + WIDER * tall) + 1
    pieces = [row, *np.split(row, wide)] if len(wide) else [row]
    return [piece for piece in pieces if SHORT <= len(piece) <= LONG]


def _around(row: Boxes) -> tuple[int, int, int, int]:
    (x0, y0), (x1, y1) = row[:, :2].min(axis=0), row[:, 2:].max(axis=0)
    return int(x0), int(y0), int(x1), int(y1)


def _corners(x0: float, y0: float, x1: float, y1: float) -> Quad:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)


def _back(box: tuple[int, int, int, int], height: int) -> Quad:
    """From the picture that was turned by a quarter with the clock, where upright texts are level."""
    x0, y0, x1, y1 = box
    corners = _corners(x0, y0, x1, y1)
    return np.ascontiguousarray(np.column_stack((corners[:, 1], height - corners[:, 0])), np.float32)


def _same(one: Quad, other: Quad) -> bool:
    common = intersection(one, other)
    return common > 0 and common >= SAME * (area(one) + area(other) - common)
