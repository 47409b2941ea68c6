"""The four corners of a text: made, measured, turned and compared.

A quad is f32 [4, 2], corners (x, y) in pixels in the text's reading direction: top left, top right, bottom right,
bottom left of the text. A pixel i reaches from i to i + 1. Angles are in degrees, counted as the eye sees them: 0 reads
to the right, 90 upwards.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks.drawings import Polygon

Quad = NDArray[np.float32]

LEAST_ANGLE: Final = -80.0
"""Texts of a drawing read from the bottom or from the right hand side: at -80 up to 100 degrees, which leaves a sheet
that lies askew by a few degrees its upright texts."""


def quad(centre: tuple[float, float], width: float, height: float, angle: float) -> Quad:
    """A text of `width` along its reading direction and `height` across it."""
    along, down = axes(angle)
    right, low = along * (width / 2), down * (height / 2)
    middle = np.array(centre, np.float64)
    return np.array(
        [middle - right - low, middle + right - low, middle + right + low, middle - right + low], np.float32
    )


def axes(angle: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors along the reading direction and down the text, in pixels of the picture."""
    across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([across, -up]), np.array([up, across])


def measured(corners: Quad) -> tuple[tuple[float, float], float, float, float]:
    """(centre, width, height, angle) of a quad; the mean of opposite sides where it is no rectangle."""
    top, right, bottom, left = (corners[(i + 1) % 4] - corners[i] for i in range(4))
    along = top - bottom
    width, height = float(np.hypot(*along)) / 2, float(np.hypot(*(right - left))) / 2
    x, y = corners.mean(axis=0)
    return (float(x), float(y)), width, height, math.degrees(math.atan2(-float(along[1]), float(along[0])))


def upright(angle: float) -> float:
    """The same line of text, read the way in which drawings are read: LEAST_ANGLE < angle <= LEAST_ANGLE + 180."""
    return LEAST_ANGLE + 180.0 - (LEAST_ANGLE + 180.0 - angle) % 180.0


def of_points(points: NDArray[np.float32]) -> Quad:
    """The smallest rectangle around points [N, 2]: its longer side is the reading direction."""
    centre, (width, height), turn = cv2.minAreaRect(points)
    angle = -turn
    if width < height:
        width, height, angle = height, width, angle + 90.0
    return quad(centre, width, height, upright(angle))


def overlap(one: Quad, other: Quad) -> float:
    """Area of both over area of either, 0..1."""
    common = intersection(one, other)
    whole = area(one) + area(other) - common
    return common / whole if whole > 0 else 0.0


def intersection(one: Quad, other: Quad) -> float:
    """Area of both in square pixels; none is reckoned where they lie apart."""
    if (one.max(axis=0) < other.min(axis=0)).any() or (other.max(axis=0) < one.min(axis=0)).any():
        return 0.0
    return float(cv2.intersectConvexConvex(one, other)[0])


def area(corners: Quad) -> float:
    """In square pixels."""
    return float(cv2.contourArea(corners))


def polygon(corners: Quad) -> Polygon:
    """As the tasks have it."""
    return tuple((float(x), float(y)) for x, y in corners)


def of_polygon(corners: Polygon) -> Quad:
    """A task's polygon of four corners."""
    return np.array(corners, np.float32)


def turned(corners: Quad, quarters: int) -> Quad:
    """The same place, read in a direction `quarters` times 90 degrees further counter-clockwise."""
    return np.ascontiguousarray(np.roll(corners, quarters, axis=0))
