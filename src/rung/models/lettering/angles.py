"""Settles at which angles the texts of a sheet lie: most along its two axes, which the sheet's skew turns a little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rung.models.lettering.quads import Quad, measured, quad, upright

MOST_SKEW: Final = 8.0
"""Degrees: a sheet that lies more askew is not told from one with slanted texts."""
LONG: Final = 3.0
"""Widths over heights: the angle of a longer region is exact to a degree."""


def skew(quads: Sequence[Quad]) -> float:
    """By how many degrees the sheet is turned, by the middle of its long texts; 0 where it has none."""
    sizes = [measured(one) for one in quads]
    off = [(off_axis(angle), width) for _, width, height, angle in sizes if width >= LONG * height]
    near = sorted((degrees, weight) for degrees, weight in off if abs(degrees) <= MOST_SKEW)
    if not near:
        return 0.0
    heaped = np.cumsum([weight for _, weight in near])
    return near[int(np.searchsorted(heaped, heaped[-1] / 2))][0]


def off_axis(angle: float) -> float:
    """Degrees from the nearest of the picture's axes, -45..45."""
    return (angle + 45.0) % 90.0 - 45.0


def along_axis(corners: Quad, skew: float) -> Quad:
    """The quad turned to the nearest of the sheet's axes."""
    centre, width, height, angle = measured(corners)
    return quad(centre, width, height, upright(angle - off_axis(angle - skew)))
