"""Finds the straight lines of a picture (OpenCV's line segment detector, after von Gioi and others, 2010)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models.geometry.cloud import Floats
from rung.runtime.tasks import Pixels

SIDE: Final = 768
"""Longer side at which lines are looked for: finer ones are grain, and the vanishing points need long ones."""
SHORTEST: Final = 0.03
"""Of the longer side."""


def lines(pixels: Pixels, width: int, height: int) -> Floats:
    """f32 [N, 4]: x0 y0 x1 y1 in pixels of a picture of that size, of which `pixels` is a small copy."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    shrink = min(SIDE / max(grey.shape), 1.0)
    if shrink < 1:
        grey = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    if found is None:
        return np.empty((0, 4), np.float32)
    ends = found.reshape(-1, 4)
    long = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]) >= SHORTEST * max(grey.shape)
    scale = np.array([width / grey.shape[1], height / grey.shape[0]] * 2, np.float32)
    return np.asarray(ends[long] * scale, np.float32)
