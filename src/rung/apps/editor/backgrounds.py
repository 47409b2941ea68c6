"""Makes backgrounds of a wanted size: a picture that covers, a colour, a blur without the object in it."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Mask, Pixels

_FINE: Final = 4
"""Radius in pixels, of the reduced picture, at which a blur is computed: a strong blur needs no more."""
_LARGEST: Final = 4_000_000


def covering(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scaled until it covers width x height, and cut at the centre (CSS `background-size: cover`)."""
    high, wide = pixels.shape[:2]
    scale = max(width / wide, height / high)
    size = max(round(wide * scale), width), max(round(high * scale), height)
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def plain(colour: str, width: int, height: int) -> Pixels:
    """One colour, #rrggbb."""
    try:
        rgb = bytes.fromhex(colour.removeprefix("#"))
    except ValueError:
        rgb = b""
    if len(rgb) != 3:
        raise InvalidInput(f"colour is {colour!r}; it is written #rrggbb, for instance #f4f1ea", field="colour")
    return np.full((height, width, 3), np.frombuffer(rgb, np.uint8), np.uint8)


def blurred(pixels: Pixels, without: Mask, radius: int) -> Pixels:
    """A Gaussian blur (sigma = radius / 2) of what the mask `without` leaves, so that the object casts no halo.

    Blur of (pixels x known) over blur of known; far inside the object, where nothing is known, the mean.
    Computed on a reduced picture, as far as the radius allows and at most _LARGEST pixels of it: there a radius
    of a few pixels comes out a little stronger than asked, and the memory stays below 0.3 GB.
    """
    height, width = without.shape
    step = max(radius // _FINE, math.ceil(math.sqrt(width * height / _LARGEST)))
    size = max(width // step, 1), max(height // step, 1)
    known = cv2.resize(cv2.bitwise_not(without), size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    sigma = radius / 2 / step
    total = cv2.GaussianBlur(small * known[..., None], (0, 0), sigma)
    share = cv2.GaussianBlur(known, (0, 0), sigma)[..., None]
    mean = small.mean(axis=(0, 1))
    soft = np.where(share > 1e-3, total / np.maximum(share, 1e-3), mean)
    eight = np.clip(np.rint(soft), 0, 255).astype(np.uint8)
    out: Pixels = cv2.resize(eight, (width, height), interpolation=cv2.INTER_LINEAR)
    return out
