"""Cuts out what is written in a row or in a cell of a feature control frame, so that it fills the reader's strip."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

RIM: Final = 0.2
"""Of a cell's height: so far in from each side its own lines may lie."""
COVERED: Final = 0.75
"""Of a side: a row or column of pixels with more ink is a line of the cell."""
BLURRED: Final = 0.4
"""Of a side: a row or column beside a line with more ink is its edge."""
LEAST_HIGH: Final = 0.5
"""Of the height given: as high as letters are in it, so that a dash, or straightness, stays a thin line."""
MARGIN: Final = 0.15
"""Of the content's height: paper around it."""
PAPER: Final = 95
"""Percentile of a cell's grey that is its paper."""


def inside(cell: Grey) -> Grey:
    """The cell's content without the cell's lines; all of the cell where nothing stands in it."""
    ink = _ink(cell)
    rim = max(round(RIM * len(ink)), 1)
    top, bottom = _between_lines(ink.mean(axis=1), rim)
    left, right = _between_lines(ink[top:bottom].mean(axis=0), rim)
    return closely(cell[top:bottom, left:right]) if ink[top:bottom, left:right].any() else cell


def closely(row: Grey) -> Grey:
    """A row cut to its ink, with some paper about it.

    What stands before a stack is cut out as high as the stack: in a strip its signs would be small, its points lost.
    """
    ink = _ink(row)
    down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(down):
        return row
    # A pixel more on each side: what a sign's edge fades over.
    y0, y1 = max(int(down[0]) - 1, 0), int(down[-1]) + 2
    x0, x1 = max(int(across[0]) - 1, 0), int(across[-1]) + 2
    content = row[y0:y1, x0:x1]
    least = LEAST_HIGH * len(row)
    beside = round(MARGIN * max(len(content), least))
    above = round(max(least - len(content), 0.0) / 2) + beside
    paper = int(np.percentile(row, PAPER))
    return np.asarray(
        cv2.copyMakeBorder(content, above, above, beside, beside, cv2.BORDER_CONSTANT, value=paper), np.uint8
    )


def _ink(grey: Grey) -> NDArray[np.bool_]:
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray((grey <= level) & (level < grey.max()))


def _between_lines(covered: NDArray[np.float64], rim: int) -> tuple[int, int]:
    """From behind the last line near the one side to before the first line near the other."""
    lines = np.flatnonzero(covered > COVERED)
    first = max((int(at) + 1 for at in lines if at < rim), default=0)
    last = min((int(at) for at in lines if at >= len(covered) - rim), default=len(covered))
    # What a line is blurred into beside itself belongs to it, and a pixel more: the corners are darker there.
    while first < min(rim, last - 1) and covered[first] > BLURRED:
        first += 1
    while last > max(len(covered) - rim, first + 1) and covered[last - 1] > BLURRED:
        last -= 1
    return first + (first > 0), last - (last < len(covered))
