"""Cuts a text out of its picture so that it reads to the right."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, axes, measured

WHITE: Final = 255
MOST_SIDE: Final = 8192
"""Pixels of a cut-out: whatever a caller draws, no more is taken of memory."""


def upright(grey: Grey, corners: Quad, across: float = 0.0, above: float = 0.0) -> tuple[Grey, NDArray[np.float64]]:
    """The place of a quad with a margin in pixels, and the matrix [2, 3] from its pixels to the picture's.

    What lies outside the picture is white. A text at 0, 90, 180 or 270 degrees is copied and not resampled.
    """
    centre, width, height, angle = measured(corners)
    along, down = axes(angle)
    columns = int(np.clip(np.ceil(width + 2 * across), 1, MOST_SIDE))
    rows = int(np.clip(np.ceil(height + 2 * above), 1, MOST_SIDE))
    start = np.array(centre) - along * (columns / 2) - down * (rows / 2)
    if max(abs(along)) > 1 - 1e-6:
        start = np.rint(start)
    matrix = np.column_stack((along, down, start))
    # From index to index: a pixel's middle is half a pixel from its corner, here and there.
    middles = matrix.copy()
    middles[:, 2] += (along + down) / 2 - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(grey, middles, (columns, rows), flags=flags, borderValue=WHITE)
    return cut, matrix


def back(matrix: NDArray[np.float64], box: tuple[float, float, float, float]) -> Quad:
    """The quad in the picture of a box x0, y0, x1, y1 in a cut-out."""
    x0, y0, x1, y1 = box
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)
    return np.asarray(corners @ matrix[:, :2].T + matrix[:, 2], np.float32)
