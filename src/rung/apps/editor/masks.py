"""What the editor does with masks: read one, write one, grow one, soften its edge.

A selection is a mask over a box: uint8 [y1-y0, x1-x0], 0 or 255; the rest of the picture is not selected.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.apps.editor import layers
from rung.models import holes
from rung.runtime.errors import InvalidInput, RungError
from rung.runtime.tasks import Box, Mask, Picture

Weights = NDArray[np.float32]
"""float32 [H, W], 0..1"""


def mask_png(mask: Mask, box: Box, width: int, height: int) -> bytes:
    """The mask as large as the picture, a bilevel PNG. 1 ms at 1 megapixel, 11 ms at 12 (grey: 5 and 60)."""
    settings = [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 1]
    done, data = cv2.imencode(".png", placed(mask, box, width, height), settings)
    if not done:
        raise RungError(f"OpenCV could not encode a mask of {width} x {height} pixels as PNG")
    return bytes(data)


def decode_mask(picture: Picture, width: int, height: int) -> dict[str, Any]:
    """{"mask", "box"} of an uploaded mask: what is opaque where it has transparency, else what is light (> 127).

    InvalidInput when its size is not the picture's, or when it selects nothing.
    """
    if (picture.width, picture.height) != (width, height):
        raise InvalidInput(
            f"the mask is {picture.width} x {picture.height} and the picture {width} x {height}; "
            "send a mask of the picture's size",
            field="mask",
        )
    read = layers.read(picture)
    level = cv2.cvtColor(read.pixels, cv2.COLOR_RGB2GRAY) if read.alpha is None else read.alpha
    full = np.where(level > 127, np.uint8(255), np.uint8(0))
    box = holes.bounds(full)
    if box == (0, 0, 0, 0):
        raise InvalidInput("the mask selects nothing: paint white (or opaque) what is meant", field="mask")
    x0, y0, x1, y1 = box
    return {"mask": np.ascontiguousarray(full[y0:y1, x0:x1]), "box": box}


def placed(mask: Mask, box: Box, width: int, height: int) -> Mask:
    """The selection as a mask of the whole picture."""
    full = np.zeros((height, width), np.uint8)
    x0, y0, x1, y1 = box
    full[y0:y1, x0:x1] = mask
    return full


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
