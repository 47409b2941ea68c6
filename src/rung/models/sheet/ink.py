"""Tells a sheet's ink from its paper, also where the scan is shaded or the lines are light on dark."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.runtime.tasks import Mask, Pixels

COARSE: Final = 16
"""Pixels of the sheet for one of the plane that says how bright the paper is."""
SPREAD: Final = 9
"""Of that plane: ink as wide as this many of its pixels is still seen as ink, not as dark paper."""
DARKER: Final = 0.72
"""Of the paper's brightness: what is darker is ink. A line of 0.18 mm at 200 dpi is drawn at about half."""


def grey(pixels: Pixels) -> Mask:
    """uint8 [H, W], dark ink on light paper: a sheet that is mostly dark comes out inverted."""
    plane = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(255 - plane if np.median(plane[::8, ::8]) < 128 else plane, np.uint8)


def ink(plane: Mask) -> Mask:
    """uint8 [H, W]: 255 where there is ink. plane: as `grey` gives it."""
    height, width = plane.shape
    small = (max(width // COARSE, 1), max(height // COARSE, 1))
    paper = cv2.resize(plane, small, interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(paper, np.ones((SPREAD, SPREAD), np.uint8))
    paper = cv2.blur(paper, (SPREAD, SPREAD))
    limit = cv2.resize(cv2.multiply(paper, DARKER), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.compare(plane, limit, cv2.CMP_LT), np.uint8)
