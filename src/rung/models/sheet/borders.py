"""Finds the border that a drawing is framed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rung.models.sheet.rules import Rules
from rung.runtime.tasks import Box, Mask

COVERED: Final = 0.6
"""Of the picture's side: a border's line covers so much of it."""
EDGE: Final = 0.2
"""Of the picture's side, from its edge: where a border's line may lie."""
NEIGHBOURS: Final = 3
"""Rows of pixels that one line may be spread over."""
STRIP_MM: Final = 16.0
"""Most width of the strip of letters and figures between an outer border and the inner one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """inside: the drawing's area, within the innermost line. outline: round the outermost line."""

    inside: Box
    outline: Box


def border(found: Rules, per_mm: float) -> Border | None:
    """The border of a level sheet; None where not all four sides have a line.

    Of several lines of one side the innermost of a strip counts, but only where every side has such a strip: a title
    block over the whole width is none.
    """
    top, bottom = _ends(_lines(found.lying, axis=1))
    left, right = _ends(_lines(found.standing, axis=0))
    sides = (top, bottom, left, right)
    if not all(sides):
        return None
    strips = [_within(side, STRIP_MM * per_mm) for side in sides]
    chosen = [strip[-1] for strip in strips] if all(len(strip) > 1 for strip in strips) else [side[0] for side in sides]
    inner = (chosen[2][1], chosen[0][1], chosen[3][0], chosen[1][0])
    outer = (left[0][0], top[0][0], right[0][1], bottom[0][1])
    return Border(inside=inner, outline=outer)


def _lines(plane: Mask, axis: int) -> tuple[int, list[tuple[int, int]]]:
    """The long lines along an axis as (first, after last) places across it, and how many places there are."""
    length = plane.shape[axis]
    shares = np.count_nonzero(plane, axis=axis) / length
    # Neighbouring rows together: a line that falls by a pixel or two over its length is one still.
    together = cv2.dilate(plane, np.ones((NEIGHBOURS, 1) if axis else (1, NEIGHBOURS), np.uint8))
    long = np.concatenate(([False], np.count_nonzero(together, axis=axis) >= COVERED * length, [False]))
    starts, ends = np.flatnonzero(~long[:-1] & long[1:]), np.flatnonzero(long[:-1] & ~long[1:])
    lines = []
    for start, end in zip(starts, ends, strict=True):
        first = max(int(start) - 1, 0)
        inked = first + np.flatnonzero(shares[first : int(end) + 1] >= COVERED / NEIGHBOURS)
        lines.append((int(inked[0]), int(inked[-1]) + 1))
    return len(shares), lines


def _ends(found: tuple[int, list[tuple[int, int]]]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Those near the first edge and near the last one, each from the outside in."""
    size, lines = found
    first = [line for line in lines if line[1] < EDGE * size]
    last = [line for line in reversed(lines) if line[0] > (1 - EDGE) * size]
    return first, last


def _within(side: Sequence[tuple[int, int]], strip: float) -> list[tuple[int, int]]:
    """The side's lines up to a strip from its outermost one."""
    return [line for line in side if abs(line[0] - side[0][0]) <= strip]
