"""Cuts out what stands in a cell of a feature control frame: without the cell's lines, at the cell's scale."""

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
"""Of a cell's height: as high as its letters, so that the one stroke of straightness stays a thin line."""
MARGIN: Final = 0.15
"""Of the content's height: paper around it."""
PAPER: Final = 95
"""Percentile of a cell's grey that is its paper."""


def inside(cell: Grey) -> Grey:
    """The cell's content with some paper about it; all of the cell where nothing stands in it."""
    level, _ = cv2.threshold(cell, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = cell <= level
    rim = max(round(RIM * len(ink)), 1)
    top, bottom = _between_lines(ink.mean(axis=1), rim)
    left, right = _between_lines(ink[top:bottom].mean(axis=0), rim)
    written = ink[top:bottom, left:right]
    down, across = np.flatnonzero(written.any(axis=1)), np.flatnonzero(written.any(axis=0))
    if not len(down):
        return cell
    y0, y1 = top + int(down[0]), top + int(down[-1]) + 1
    x0, x1 = left + int(across[0]), left + int(across[-1]) + 1
    least = LEAST_HIGH * (bottom - top)
    margin = round(MARGIN * max(y1 - y0, least))
    above = round(max(least - (y1 - y0), 0.0) / 2) + margin
    return _framed(cell[y0:y1, x0:x1], above, margin, int(np.percentile(cell, PAPER)))


def _framed(content: Grey, above: int, beside: int, paper: int) -> Grey:
    return np.asarray(
        cv2.copyMakeBorder(content, above, above, beside, beside, cv2.BORDER_CONSTANT, value=paper), np.uint8
    )


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
