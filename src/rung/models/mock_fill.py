"""A mock of `fill`: a hatched patch that says MOCK and the prompt, so that nobody takes it for a result."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models import holes
from rung.runtime.model import Call
from rung.runtime.tasks import Box, FillInput, FillOutput, Pixels

YELLOW: Final = (255, 205, 0)
BLACK: Final = (20, 20, 20)
TILES: Final = (64, 256)
"""Sides of the tile that repeats, smallest and largest."""

_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX


def mock_fill(input: FillInput, call: Call[FillInput]) -> FillOutput:
    """Warning stripes in the hole, MOCK written all over them; of the prompt nothing is painted but its words."""
    holes.check(input.pixels, input.mask)
    call.warn("fill is a mock: the hatched patch stands for a picture that no model has painted")
    x0, y0, x1, y1 = holes.bounds(input.mask)
    patch = hatched(x1 - x0, y1 - y0, input.prompt)
    out = call.empty(input.pixels.shape)
    np.copyto(out, input.pixels)
    cv2.copyTo(patch, np.ascontiguousarray(input.mask[y0:y1, x0:x1]), out[y0:y1, x0:x1])
    return FillOutput(pixels=out)


def hatched(width: int, height: int, prompt: str) -> Pixels:
    """One tile again and again, so that the words stand in a hole of any shape."""
    side = min(max(min(width, height) // 2, TILES[0]), TILES[1])
    tile = stripes(side)
    label(tile, "MOCK", (0, 0, side, side * 2 // 3))
    # The font knows ASCII only; other letters would come out as question marks, which say nothing.
    if prompt.isascii():
        label(tile, prompt[:30], (0, side * 2 // 3, side, side))
    return np.tile(tile, (-(-height // side), -(-width // side), 1))[:height, :width]


def stripes(side: int) -> Pixels:
    """A square of diagonal stripes, yellow and black, four of each."""
    x, y = np.arange(side)[None, :], np.arange(side)[:, None]
    dark = ((x + y) * 4 // side) % 2 == 0
    return np.where(dark[..., None], np.array(BLACK, np.uint8), np.array(YELLOW, np.uint8))


def label(patch: Pixels, words: str, box: Box) -> None:
    """The words in the middle of the box, as large as fit, on a plate; nothing where they could not be read."""
    x0, y0, x1, y1 = box
    (wide, high), _ = cv2.getTextSize(words, _FONT, 1.0, 2)
    scale = min((x1 - x0) * 0.8 / max(wide, 1), (y1 - y0) * 0.6 / max(high, 1))
    if scale < 0.3:
        return
    thickness = max(int(scale * 2), 1)
    (wide, high), _ = cv2.getTextSize(words, _FONT, scale, thickness)
    left, base = x0 + (x1 - x0 - wide) // 2, y0 + (y1 - y0 + high) // 2
    pad = max(high // 4, 2)
    cv2.rectangle(patch, (left - pad, base - high - pad), (left + wide + pad, base + pad), YELLOW, -1)
    cv2.putText(patch, words, (left, base), _FONT, scale, BLACK, thickness, cv2.LINE_AA)
