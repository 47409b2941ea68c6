"""Owns what every inpainter asks of its input: a hole that lies in the picture and leaves something to go by."""

from __future__ import annotations

import cv2
import numpy as np

from rung.models.pictures import fitted
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Box, Mask, Pixels


def check(pixels: Pixels, mask: Mask) -> None:
    """InvalidInput unless the mask fits the pixels, selects some of them, and leaves some."""
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise InvalidInput(f"pixels have the shape {pixels.shape}; an inpainter takes [H, W, 3]", field="pixels")
    if mask.shape != pixels.shape[:2]:
        height, width = pixels.shape[:2]
        raise InvalidInput(
            f"the mask is {mask.shape[1]} x {mask.shape[0]} and the picture {width} x {height}; they must be equal",
            field="mask",
        )
    filled = cv2.countNonZero(mask)
    if filled == 0:
        raise InvalidInput("the mask selects nothing, so there is nothing to fill; select something", field="mask")
    if filled == mask.size:
        raise InvalidInput(
            "the mask covers every pixel, so there are no surroundings to fill it from; leave some of the picture",
            field="mask",
        )


def bounds(mask: Mask) -> Box:
    """The box of what is not 0; (0, 0, 0, 0) when all is."""
    x, y, width, height = cv2.boundingRect(mask)
    return (x, y, x + width, y + height) if width else (0, 0, 0, 0)


def shrunk(pixels: Pixels, mask: Mask, side: int) -> tuple[Pixels, Mask]:
    """Both with the longer side at most `side`; never enlarged. A pixel that the hole touches is hole."""
    height, width = mask.shape
    if max(height, width) <= side:
        return pixels, np.where(mask > 0, np.uint8(255), np.uint8(0))
    size = fitted(width, height, side)
    hole = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.where(hole > 0, np.uint8(255), np.uint8(0))


def laid_in(pixels: Pixels, mask: Mask, filled: Pixels, out: Pixels) -> Pixels:
    """`out`, which becomes `pixels`, and where the mask is not 0, `filled`, stretched to their size first."""
    height, width = mask.shape
    if filled.shape[:2] != (height, width):
        filled = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    np.copyto(out, pixels)
    cv2.copyTo(filled, mask, out)
    return out


def padded(pixels: Pixels, mask: Mask, width: int, height: int) -> tuple[Pixels, Mask]:
    """Both mirrored to the right and below until they are at least width x height.

    What is mirrored from the hole is no more known than the hole itself: it is hole too.
    """
    right, below = max(width - mask.shape[1], 0), max(height - mask.shape[0], 0)
    if right == below == 0:
        return pixels, mask
    return (
        cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REFLECT_101),
        cv2.copyMakeBorder(mask, 0, below, 0, right, cv2.BORDER_REFLECT_101),
    )
