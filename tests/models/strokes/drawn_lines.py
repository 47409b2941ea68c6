"""Small drawings for the tests of strokes: black on white, made with OpenCV, and what they look like afterwards."""

from __future__ import annotations

import cv2
import numpy as np

from rung.models.strokes.drawing import Strokes


def sheet(width: int = 400, height: int = 300) -> np.ndarray:
    return np.full((height, width), 255, np.uint8)


def line(grey: np.ndarray, start: tuple[int, int], end: tuple[int, int], thick: int = 3) -> np.ndarray:
    cv2.line(grey, start, end, 0, thick)
    return grey


def circle(grey: np.ndarray, centre: tuple[int, int], radius: int, thick: int = 3) -> np.ndarray:
    cv2.circle(grey, centre, radius, 0, thick)
    return grey


def ends(strokes: Strokes) -> set[tuple[int, int]]:
    """Where strokes begin and end, to the nearest ten pixels."""
    found = strokes.controls[:, (0, 3)].reshape(-1, 2)
    return {(int(x), int(y)) for x, y in np.rint(found / 10) * 10}
