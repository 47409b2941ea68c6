"""What colour the rows of a table are filled with, on a page that is opened once more in colour. Runs in a worker."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rung.apps.drawings.opening import pdf_page, raster_page
from rung.apps.drawings.quoting.bom import Colour
from rung.runtime.tasks import Document

LEAST_COLOUR = 0.08
"""Saturation below it is paper, a grey scan or JPEG's noise."""
INK = 0.55
"""A pixel darker than this share of white is ink, not the row's ground."""
LEAST_GROUND = 12
"""Fewer pixels of ground say nothing of a colour."""
Box = tuple[float, float, float, float]


def row_colours(document: Document, page: int, width: int, boxes: Sequence[Box], turned: int = 0) -> list[Colour]:
    """The colour of each box, in pixels of the page as it is `width` wide; empty where none can be told.

    turned: degrees with the clock by which the page was turned to be read.
    """
    pixels = _coloured(document, page, width)
    if pixels is None:
        return ["" for _ in boxes]
    pixels = np.rot90(pixels, -turned // 90)
    scale = pixels.shape[1] / width
    return [ground_of(_within(pixels, [side * scale for side in box])) for box in boxes]


def _coloured(document: Document, page: int, width: int) -> NDArray[np.uint8] | None:
    if document.media_type == "application/pdf":
        return pdf_page.in_colour(document.data, page, width)
    if document.media_type.startswith("image/") and "dxf" not in document.media_type:
        return raster_page.in_colour(document.data, page)
    return None


def _within(pixels: NDArray[np.uint8], box: Sequence[float]) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = (round(side) for side in box)
    return pixels[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)].reshape(-1, 3)


def ground_of(pixels: NDArray[np.uint8]) -> Colour:
    """The colour that most of these pixels, uint8 [N, 3], stand on: the middle of those that are no ink."""
    light = pixels[pixels.max(axis=1) > INK * 255] if len(pixels) else pixels
    if len(light) < LEAST_GROUND:
        return ""
    red, green, blue = (float(value) / 255 for value in np.median(light, axis=0))
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    if saturation < LEAST_COLOUR:
        return "white"
    degrees = hue * 360
    if degrees >= 290 or degrees <= 20:
        return "pink"
    return "blue" if 170 <= degrees <= 260 else ""
