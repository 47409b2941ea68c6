"""How far a mask reaches in every direction of its picture: all that the outline of a convex thing says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Box, Mask

DIRECTIONS: Final = 32
_ANGLES: Final = np.linspace(0, 2 * np.pi, DIRECTIONS, endpoint=False)
TOWARD: Final = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])
"""f64 [2, 32]: x to the right, y down."""

EDGE: Final = 0.004
"""Of the picture's longer side: what reaches so near its edge may go on beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """reach: f64 [32], pixels along TOWARD of the farthest point of the mask. cut: bool [32], where that point lies at
    the picture's edge. size: the diagonal of the mask's own box, pixels."""

    reach: NDArray[np.float64]
    cut: NDArray[np.bool_]
    size: float


def outline(mask: Mask, box: Box, width: int, height: int) -> Outline:
    """Of a mask over `box` in a picture of that size; it must not be empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    lit = mask[rows] > 0
    first, last = lit.argmax(axis=1), mask.shape[1] - lit[:, ::-1].argmax(axis=1)
    # The corners of the outermost pixels of each row: nothing of the mask lies beyond them.
    columns = np.concatenate([first, last, first, last]) + box[0]
    lines = np.concatenate([rows, rows, rows + 1, rows + 1]) + box[1]
    points = np.stack([columns, lines], axis=1).astype(np.float64)
    along = points @ TOWARD
    farthest = points[along.argmax(axis=0)]
    margin = EDGE * max(width, height)
    # An edge cuts what lies toward it: a foot in the corner of the picture is cut to the side and not below.
    low, high = farthest <= margin, farthest >= np.array([width, height]) - margin
    cut = ((low & (TOWARD.T < -1e-9)) | (high & (TOWARD.T > 1e-9))).any(axis=1)
    return Outline(reach=along.max(axis=0), cut=cut, size=float(np.hypot(*np.ptp(points, axis=0))))
