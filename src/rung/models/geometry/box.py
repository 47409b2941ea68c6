"""The smallest upright box round a thing: turned about the vertical only, on quantiles so that strays do not count.

y is up. A free box round a cloud tilts with its noise (the replaced system saw three times the volume); furniture
stands on floors, so only the turn about the vertical is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.geometry.cloud import Floats, thinned

TAIL: Final = 0.005
"""Share of the points left out at each end of each axis."""

_LOOKED_AT: Final = 12_000
"""Points by which the turn is chosen; the sides are taken from all."""
_COARSE: Final = np.deg2rad(np.arange(0.0, 90.0, 1.5))
_FINE: Final = np.deg2rad(np.arange(-1.5, 1.51, 0.1))


@dataclass(frozen=True, slots=True, kw_only=True)
class UprightBox:
    """centre: f64 [3]. yaw: radians 0..pi/2, the turn about y from the cloud's axes to the box's: the box's first side
    runs along (cos yaw, 0, -sin yaw). sides: along its own x, y (up) and z."""

    centre: NDArray[np.float64]
    yaw: float
    sides: tuple[float, float, float]

    @property
    def volume(self) -> float:
        """The product of the sides."""
        return self.sides[0] * self.sides[1] * self.sides[2]


def turn(yaw: float) -> NDArray[np.float64]:
    """f64 [3, 3]: `points @ turn(yaw).T` are the points in the axes of a box with that yaw."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def upright_box(points: Floats, tail: float = TAIL) -> UprightBox:
    """The box with the smallest footprint that leaves out `tail` of the points at each end. Needs one point."""
    some = thinned(points, _LOOKED_AT)[:, ::2].astype(np.float64)
    coarse = min(_COARSE, key=lambda angle: _footprint(some, angle, tail))
    yaw = float(min(coarse + _FINE, key=lambda angle: _footprint(some, angle, tail)) % (np.pi / 2))
    axes = turn(yaw)
    own = points @ axes.T.astype(np.float32)
    low, high = np.array([_ends(own[:, axis], tail) for axis in range(3)]).T
    return UprightBox(centre=((low + high) / 2) @ axes, yaw=yaw, sides=tuple((high - low).tolist()))


def in_box(points: Floats, box: UprightBox) -> Floats:
    """The points in the box's axes, its centre at zero: f32 [N, 3]."""
    moved = (points - box.centre) @ turn(box.yaw).T
    return moved.astype(np.float32)


def _footprint(flat: NDArray[np.float64], angle: float, tail: float) -> float:
    c, s = np.cos(angle), np.sin(angle)
    area = 1.0
    for along in (flat @ (c, -s), flat @ (s, c)):
        low, high = _ends(along, tail)
        area *= high - low
    return area


def _ends(values: NDArray[np.floating], tail: float) -> tuple[float, float]:
    """The quantiles `tail` and 1 - tail as order statistics: half a million points need no sort."""
    last = len(values) - 1
    low, high = int(tail * last), last - int(tail * last)
    ends = np.partition(values, (low, high))
    return float(ends[low]), float(ends[high])
