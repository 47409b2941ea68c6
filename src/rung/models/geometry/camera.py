"""Pinhole cameras: what a focal length is worth by where it is from, and depth maps as points before the eye.

The eye's axes are right-handed: x to the right, y up, z backward, so that what is seen has negative z. The principal
point is the middle of the picture. Lengths of focus are in pixels of the upright picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.geometry.cloud import Floats
from rung.runtime.tasks import FocalSource

ASSUMED: Final = 0.75
"""Of the longer side: the main cameras of telephones are 24 to 28 mm of full frame, 0.69 to 0.81 at 4:3."""

FLAT: Final = 0.9
"""Of the longer side: the camera of the flat map that stands in for a depth map that failed."""

DIAGONAL_35: Final = math.hypot(36.0, 24.0)
"""mm. By CIPA DCG-001 the 35 mm equivalent compares diagonals, whatever the shape of the picture."""

DOUBT: Final = {"given": 0.02, "exif": 0.03, "estimated": 0.08, "assumed": 0.2}
"""Relative standard deviation of a focal length by its source. assumed: half of wide and double lenses lie within."""

FARTHEST: Final = 1000.0
"""Metres; a room's camera that says more has said nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Focal:
    """px: in pixels of the upright picture."""

    px: float
    source: FocalSource

    @property
    def doubt(self) -> float:
        """Relative standard deviation."""
        return DOUBT[self.source]


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthMap:
    """depth: f32 [h, w], along the optical axis, finite and over 0 where `valid`, bool [h, w]. Metres where metric.
    It covers the whole picture, whatever its own size."""

    depth: Floats
    valid: NDArray[np.bool_]
    metric: bool
    focal: Focal


def assumed(width: int, height: int) -> Focal:
    """What is taken when nobody knows better."""
    return Focal(px=ASSUMED * max(width, height), source="assumed")


def from_35mm(equivalent: float, width: int, height: int) -> Focal | None:
    """Of EXIF's FocalLengthIn35mmFilm in mm; None for what no lens has."""
    if not 5 <= equivalent <= 2000:
        return None
    return Focal(px=equivalent / DIAGONAL_35 * math.hypot(width, height), source="exif")


def checked(depth: Floats, metric: bool, focal: Focal) -> DepthMap:
    """The map with what is no depth (not finite, not before the eye, farther than any room) marked as such."""
    valid = (depth > 0) & (depth < FARTHEST)  # neither holds of what is no number
    return DepthMap(depth=np.where(valid, depth, 0).astype(np.float32), valid=valid, metric=metric, focal=focal)


def flat(width: int, height: int, side: int = 64) -> DepthMap:
    """The map that stands in for one that failed: everything at 1, no metres in it."""
    rows = max(round(side * height / max(width, height)), 1)
    columns = max(round(side * width / max(width, height)), 1)
    focal = Focal(px=FLAT * max(width, height), source="assumed")
    return DepthMap(
        depth=np.ones((rows, columns), np.float32), valid=np.ones((rows, columns), np.bool_), metric=False, focal=focal
    )


def rays(columns: NDArray[np.floating], rows: NDArray[np.floating], focal: float, width: int, height: int) -> Floats:
    """f32 [..., 3]: toward pixels of the picture (centres at .5), of depth 1, in the eye's axes."""
    x = (columns - width / 2) / focal
    y = (height / 2 - rows) / focal
    return np.stack([x, y, np.full_like(x, -1.0)], axis=-1).astype(np.float32)


def points(map: DepthMap, width: int, height: int) -> Floats:
    """f32 [h, w, 3] in the eye's axes: where each pixel of the map lies."""
    h, w = map.depth.shape
    columns, rows = np.meshgrid((np.arange(w) + 0.5) * width / w, (np.arange(h) + 0.5) * height / h)
    seen: Floats = rays(columns, rows, map.focal.px, width, height) * map.depth[..., None]
    return seen
