"""Finds by how much a sheet lies askew, and sets it level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Mask, Polygon

MOST: Final = 3.0
"""Degrees to either side that are looked at."""
COARSE: Final = 0.2
FINE: Final = 0.02
"""Degrees: 1.2 pixels over the length of an A3 sheet at 200 dpi."""
POINTS: Final = 120_000
"""Of the ink, by which an angle is judged."""
LEVEL: Final = 0.03
"""Degrees within which a sheet is left as it is: to turn it would only blur it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a sheet was set level: turned by `degrees` about the middle of a picture of that size, in its own frame.

    degrees over 0: the sheet's lines fall to the right, and were turned back counter-clockwise as seen.
    """

    degrees: float
    width: int
    height: int

    def matrix(self) -> Floats:
        """f64 [2, 3]: from the picture to the level one."""
        middle = ((self.width - 1) / 2, (self.height - 1) / 2)
        return np.asarray(cv2.getRotationMatrix2D(middle, self.degrees, 1.0), np.float64)

    def back(self, corners: Floats | Polygon) -> Polygon:
        """Corners (x, y) of the level picture, in the picture as it was."""
        points = np.asarray(corners, np.float64).reshape(-1, 2)
        if self.degrees:
            inverse = cv2.invertAffineTransform(self.matrix())
            points = points @ inverse[:, :2].T + inverse[:, 2]
        return tuple((float(x), float(y)) for x, y in points)


def skew(ink: Mask) -> float:
    """Degrees by which lines that ought to be level fall to the right; 0 where nothing says so, at most MOST.

    Of the angles, that under which the ink's shadows on both axes are the most uneven: ruled lines fall into one bin.
    ink: 255 where there is ink.
    """
    points = _points(ink)
    if len(points) < 2:
        return 0.0
    coarse = np.arange(-MOST, MOST + COARSE / 2, COARSE)
    about = float(coarse[np.argmax([_unevenness(points, angle) for angle in coarse])])
    fine = np.arange(max(about - COARSE, -MOST), min(about + COARSE, MOST) + FINE / 2, FINE)
    scores = np.array([_unevenness(points, angle) for angle in fine])
    best = float(fine[np.argmax(scores)])
    return 0.0 if abs(best) <= LEVEL else best


def level(plane: Mask, degrees: float) -> tuple[Mask, Turn]:
    """The grey plane turned level about its middle, paper where nothing was, and how it was turned."""
    height, width = plane.shape
    turn = Turn(degrees=degrees, width=width, height=height)
    if not degrees:
        return plane, turn
    turned = cv2.warpAffine(plane, turn.matrix(), (width, height), flags=cv2.INTER_LINEAR, borderValue=255)
    return np.asarray(turned, np.uint8), turn


def _points(ink: Mask) -> Floats:
    """f64 [N, 2] x, y of ink pixels about the middle, at most POINTS of them, evenly taken."""
    rows, columns = np.nonzero(ink)
    step = max(len(rows) // POINTS, 1)
    chosen = np.s_[::step]
    middle = (ink.shape[1] / 2, ink.shape[0] / 2)
    return np.stack((columns[chosen] - middle[0], rows[chosen] - middle[1]), axis=1).astype(np.float64)


def _unevenness(points: Floats, degrees: float) -> float:
    """Sum of squares of both shadows' bins of one pixel."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    total = 0.0
    for shadow in (points[:, 1] * cosine - points[:, 0] * sine, points[:, 0] * cosine + points[:, 1] * sine):
        bins = np.bincount((shadow - shadow.min()).astype(np.int64))
        total += float((bins.astype(np.float64) ** 2).sum())
    return total
