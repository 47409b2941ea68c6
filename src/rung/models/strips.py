"""Makes of a crop with one row of text the strip that our reader's net sees: 32 pixels high, ink 1 on paper 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT: Final = 32
WIDEST: Final = 640
"""Pixels; a longer text is squeezed, as at 4 pixels a step it would have too few steps for its signs otherwise."""
STEP: Final = 4
"""Pixels of a strip to a step of the net's answer."""
_SIDE: Final = 6
"""Pixels of paper before and after, so that the first and the last sign have neighbours too."""
_BUCKET: Final = 32
"""Strips of a batch are as wide as the widest, up to a multiple of this."""

Crop = Annotated[NDArray[np.uint8], ("height", "width")]
Strip = Annotated[NDArray[np.float32], (HEIGHT, "width")]


def strip(crop: Crop) -> Strip:
    """uint8 [H, W], dark on light -> f32 [32, W'], from its own paper to its own ink as 0..1."""
    rows, columns = crop.shape
    width = int(np.clip(round(columns * HEIGHT / rows), STEP, WIDEST - 2 * _SIDE))
    method = cv2.INTER_AREA if rows > HEIGHT else cv2.INTER_LINEAR
    small = cv2.resize(crop, (width, HEIGHT), interpolation=method).astype(np.float32)
    dark, light = np.percentile(small, (0.5, 99.5))
    # A certain range at least: what is only noise is not made into ink.
    reach = max(light - dark, _LEAST_CONTRAST)
    return np.pad(((light - small) / reach).clip(0, 1).astype(np.float32), ((0, 0), (_SIDE, _SIDE)))


_LEAST_CONTRAST: Final = 24.0


def batch(strips: Sequence[Strip]) -> NDArray[np.float32]:
    """f32 [N, 1, 32, W], each with paper behind it."""
    width = -(-max(one.shape[1] for one in strips) // _BUCKET) * _BUCKET
    out = np.zeros((len(strips), 1, HEIGHT, width), np.float32)
    for place, one in zip(out, strips, strict=True):
        place[0, :, : one.shape[1]] = one
    return out
