"""The values that the geometry of things is worked out on: points with colours, gaussians, and what is kept of them.

Lengths are in one unit throughout, metres unless somebody says that the scale is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

FAINT: Final = 0.1
"""Opacity below which a gaussian is a haze and no surface."""

BULKY: Final = 8.0
"""A gaussian so many times the median's size fills space between surfaces; the tail of honest ones ends at 3 to 4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """points: f32 [N, 3]; colours: u8 [N, 3] RGB, or None."""

    points: Floats
    colours: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaussians:
    """points: f32 [N, 3], the centres; colours: u8 [N, 3]; opacity: f32 [N] 0..1; sizes: f32 [N, 3], the standard
    deviations along its own axes; turns: f32 [N, 4], quaternions w x y z."""

    points: Floats
    colours: NDArray[np.uint8]
    opacity: Floats
    sizes: Floats
    turns: Floats


def solid(gaussians: Gaussians) -> Flags:
    """Which gaussians are part of a surface: finite, not faint, not far larger than the others. bool [N]."""
    size = gaussians.sizes.max(axis=1)
    seen: Flags = np.isfinite(gaussians.points).all(axis=1) & np.isfinite(size) & (gaussians.opacity >= FAINT)
    if not seen.any():
        return seen
    kept: Flags = seen & (size <= BULKY * np.median(size[seen]))
    return kept


def surface(gaussians: Gaussians) -> Cloud:
    """The centres of the gaussians that are part of a surface."""
    kept = solid(gaussians)
    return Cloud(points=gaussians.points[kept], colours=gaussians.colours[kept])


def thinned(values: NDArray[Any], most: int) -> NDArray[Any]:
    """Every k-th row, so that at most `most` are left."""
    return values[:: max(-(-len(values) // most), 1)]
