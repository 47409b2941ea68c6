"""Decides which pixels of a drawing are ink: dark lines on a light ground, whatever the paper's shade."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Bits

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

GROUND: Final = 51
"""Side in pixels of the square whose median-like ground a pixel is compared with: wider than any line or letter."""
LEAST: Final = 40
"""Grey levels by which ink is darker than its ground: paper's own grain and JPEG's ringing stay below it."""
SPECK: Final = 6
"""Pixels of the largest spot that is dust of a scan: a full stop at 200 dpi has 9 and more."""
DEEPEST: Final = 16
"""Pixels from the edge to where a filled area is hollowed out: thinning takes one pass for each pixel of depth, and a
line of 32 pixels (4 mm at 200 dpi) is the widest that a drawing has. What is wider is traced round its edge."""


def ink(grey: Grey) -> Bits:
    """bool [H, W] of uint8 [H, W]: without specks, areas deeper than DEEPEST hollow."""
    bits = _clean(_dark(grey))
    return bits & (depth(bits) <= DEEPEST)


def depth(bits: Bits) -> Floats:
    """f32 [H, W]: how far each pixel of ink is from what is none, in pixels; 1 on its edge."""
    found: Floats = cv2.distanceTransform(bits.view(np.uint8), cv2.DIST_L2, 5)
    return found


def _dark(grey: Grey) -> Bits:
    """Darker than the ground around, by half of what the sheet's darkest lines are."""
    ground = _ground(grey)
    below = cv2.subtract(ground, grey)
    strong = below[below > LEAST]
    # The 90th percentile, not the maximum: a stamp or a logo may be far darker than pencil lines.
    limit = max(LEAST, float(np.percentile(strong, 90)) / 2) if strong.size else LEAST
    return np.asarray(below > limit)


def _ground(grey: Grey) -> Grey:
    """The paper's shade: the lightest in the neighbourhood, taken on a quarter of the size and smoothed."""
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    side = GROUND // 4 | 1
    lightest = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    smooth = cv2.blur(lightest, (side, side))
    found: Grey = cv2.resize(smooth, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return found


def _clean(bits: Bits) -> Bits:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits.view(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] > SPECK
    keep[0] = False
    return np.asarray(keep[labels]) if count > 1 else bits
