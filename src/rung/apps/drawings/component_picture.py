"""Draws a page's strokes by class over it, in a worker."""

from __future__ import annotations

import io
from typing import Final

import cv2
import numpy as np
from PIL import Image

from rung.apps.drawings.components import points_of
from rung.models.pictures import decode
from rung.runtime.tasks import ClassifyStrokesOutput, Picture

COLOURS: Final = {"contour": (20, 60, 200), "text": (190, 30, 30), "dimension": (20, 140, 60), "other": (200, 140, 0)}
"""RGB; a class without one of its own is grey."""
PLAIN: Final = (110, 110, 110)
PALE: Final = 0.25
"""How much of the page's own ink is left under the strokes."""
SHIFT: Final = 4
POINTS: Final = 24


def overlay_png(picture: Picture, found: ClassifyStrokesOutput) -> bytes:
    """The page, pale, under its strokes in their colours; a PNG of the picture's size."""
    pixels = decode(picture)
    canvas = cv2.convertScaleAbs(pixels, alpha=PALE, beta=255 * (1 - PALE))
    lines = np.rint(points_of(found.controls, POINTS) * 2**SHIFT).astype(np.int32)
    for place, name in enumerate(found.classes):
        mine = list(lines[found.labels == place])
        cv2.polylines(canvas, mine, False, COLOURS.get(name, PLAIN), 2, cv2.LINE_AA, SHIFT)
    buffer = io.BytesIO()
    Image.fromarray(canvas).quantize(64).save(buffer, "PNG")
    return buffer.getvalue()
