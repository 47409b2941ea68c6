"""Tells part numbers in their balloons from short dimensions, by the circle round them. Runs in a worker."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.pictures import decode
from rung.models.sheet.ink import grey, ink
from rung.runtime.tasks import Picture

ANGLES = 90
WHOLE = 0.92
"""Of the circle's angles at which there is ink: its leader's end and a scan's gaps are allowed for."""
NEAREST, FARTHEST = 1.1, 4.0
"""Radius over half of the text's diagonal."""
Polygon = Sequence[Sequence[float]]


def circled(picture: Picture, polygons: Sequence[Polygon]) -> list[bool]:
    """Of each text, whether a circle is drawn round it, its middle near the circle's."""
    marks = cv2.dilate(ink(grey(decode(picture))), np.ones((3, 3), np.uint8))
    return [_in_circle(np.asarray(marks, np.uint8), np.asarray(polygon, np.float64)) for polygon in polygons]


def _in_circle(marks: NDArray[np.uint8], polygon: NDArray[np.float64]) -> bool:
    x, y = polygon.mean(axis=0)
    half = float(np.linalg.norm(polygon - (x, y), axis=1).max())
    turns = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    slip = max(half / 4, 1.0)
    for ahead, below in ((0, 0), (slip, 0), (-slip, 0), (0, slip), (0, -slip)):
        for radius in np.arange(NEAREST * half, FARTHEST * half, 1.0):
            across = np.rint(x + ahead + radius * np.cos(turns)).astype(int)
            down = np.rint(y + below + radius * np.sin(turns)).astype(int)
            if across.min() < 0 or down.min() < 0 or across.max() >= marks.shape[1] or down.max() >= marks.shape[0]:
                break
            if np.count_nonzero(marks[down, across]) >= WHOLE * ANGLES:
                return True
    return False
