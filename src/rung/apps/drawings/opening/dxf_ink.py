"""Draws lines and areas into grey pixels, as wide as their pens are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
FINE: Final = 3
"""Pixels are drawn so many times as fine and averaged: OpenCV's own smooth lines come out 1.5 pixels too wide, and a
ring of 4 mm then has sides as straight as a cell's wall."""
STRIP_PIXELS: Final = 24_000_000
"""Fine pixels that are drawn at once."""
SHIFT: Final = 4
FARTHEST: Final = 2**26
"""Sixteenths of a fine pixel: OpenCV counts in 32 bits, and what lies farther off is not on the page."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One or more lines of drawing units. width_mm: of the pen; None: filled."""

    lines: list[Points]
    width_mm: float | None


def inked(
    strokes: Sequence[Stroke], shape: tuple[int, int], placed: Callable[[Points], Points], pen: float
) -> NDArray[np.uint8]:
    """uint8 of that shape [H, W], dark on light. placed: drawing units to pixels. pen: pixels for a millimetre."""
    height, width = shape
    page = np.full(shape, 255, np.uint8)
    fixed = [_fixed(stroke, placed, pen) for stroke in strokes]
    rows = max(STRIP_PIXELS // (width * FINE * FINE), 1)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        canvas = np.full(((bottom - top) * FINE, width * FINE), 255, np.uint8)
        for lines, wide, high, low in fixed:
            if low >= top * FINE and high <= bottom * FINE:
                _draw(canvas, lines, wide, top * FINE)
        page[top:bottom] = cv2.resize(canvas, (width, bottom - top), interpolation=cv2.INTER_AREA)
    return page


Fixed = tuple[list[NDArray[np.int32]], int, int, int]
"""Lines in sixteenths of fine pixels; the pen's width, 0 for an area; the first and the last fine row."""


def _fixed(stroke: Stroke, placed: Callable[[Points], Points], pen: float) -> Fixed:
    """cv2 counts from the middle of the first pixel."""
    exact = [np.round((placed(line) * FINE - 0.5) * 2**SHIFT) for line in stroke.lines]
    lines = [np.clip(line, -FARTHEST, FARTHEST).astype(np.int32) for line in exact]
    wide = 0 if stroke.width_mm is None else max(round(stroke.width_mm * pen * FINE), 1)
    rows = np.concatenate([line[:, 1] for line in lines])
    return lines, wide, (int(rows.min()) >> SHIFT) - wide - 1, (int(rows.max()) >> SHIFT) + wide + 1


def _draw(canvas: NDArray[np.uint8], lines: list[NDArray[np.int32]], wide: int, top: int) -> None:
    moved = [line - np.array([0, top << SHIFT], np.int32) for line in lines]
    if wide:
        cv2.polylines(canvas, moved, False, 0, wide, cv2.LINE_8, SHIFT)
    else:
        cv2.fillPoly(canvas, moved, 0, cv2.LINE_8, SHIFT)
