"""Decides which pixels of a drawing are ink: dark lines on a light ground, whatever the paper's shade."""

from __future__ import annotations

import math
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

BELL: Final = 2.0
"""Pixels: deviation of the blur that line widths are told by; lines 1 mm apart hardly add to each other's."""
WIDEST: Final = 10.0
"""Pixels: what is wider is as dark in the middle as this."""


def ink(grey: Grey) -> Bits:
    """bool [H, W] of uint8 [H, W]: without specks, areas deeper than DEEPEST hollow."""
    bits = _clean(_dark(grey))
    return bits & (depth(bits) <= DEEPEST)


def widths(grey: Grey, bits: Bits) -> Floats:
    """f32 [H, W]: how wide the line is whose middle a pixel is, in pixels and parts of them, up to WIDEST.

    A straight line of width w, blurred by a bell of deviation s, is erf(w / (s sqrt 8)) dark in its middle, whatever
    its direction; so the grey of its edges counts as the part of a pixel that it is.
    """
    below = cv2.subtract(_ground(grey), grey)
    full = float(np.percentile(below[bits], 90)) if bits.any() else 255.0
    # One byte each, so that the blur costs little: a width of 3 pixels is told to a fiftieth.
    blurred = cv2.GaussianBlur(cv2.convertScaleAbs(below, alpha=255 / max(full, 1.0)), (0, 0), BELL)
    wide = np.linspace(0, WIDEST, 256)
    dark = [math.erf(w / (BELL * math.sqrt(8))) for w in wide]
    table = np.interp(np.arange(256) / 255, dark, wide).astype(np.float32)
    found: Floats = table[blurred]
    return found


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
