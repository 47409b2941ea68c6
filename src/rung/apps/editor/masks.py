"""What the editor does with masks: grow one, soften its edge; `decode_mask` and `mask_png` are every app's.

A selection is a mask over a box: uint8 [y1-y0, x1-x0], 0 or 255; the rest of the picture is not selected.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.mask_pictures import decode_mask, mask_png, placed
from rung.runtime.tasks import Box, Mask

__all__ = ["decode_mask", "grown", "mask_png", "over", "placed", "softened", "widened"]

Weights = NDArray[np.float32]
"""float32 [H, W], 0..1"""


def widened(box: Box, by: int, width: int, height: int) -> Box:
    """The box with `by` pixels on each side, as far as the picture goes."""
    x0, y0, x1, y1 = box
    return max(x0 - by, 0), max(y0 - by, 0), min(x1 + by, width), min(y1 + by, height)


def over(mask: Mask, box: Box, other: Box) -> Mask:
    """The selection over another box, which holds the first."""
    x0, y0, x1, y1 = other
    return placed(mask, (box[0] - x0, box[1] - y0, box[2] - x0, box[3] - y0), x1 - x0, y1 - y0)


def grown(mask: Mask, by: int) -> Mask:
    """All within `by` pixels of the mask, as the crow flies; time does not grow with `by`."""
    if by == 0:
        return mask
    away = cv2.distanceTransform(cv2.bitwise_not(mask), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.where(away <= by, np.uint8(255), np.uint8(0))


def softened(mask: Mask, feather: int) -> Weights:
    """0 outside the mask, rising over `feather` pixels inside it to 1. An edge of the array is no edge of the mask."""
    if feather == 0:
        return (mask > 0).astype(np.float32)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    weights: Weights = np.minimum(inside / np.float32(feather + 1), np.float32(1))
    return weights
