"""Draws what was read over its page: a PNG. Runs in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from rung.apps.drawings.exports.marks import marks_of
from rung.models.pictures import decode
from rung.runtime.errors import RungError
from rung.runtime.tasks import Picture

LETTERS_PX = 0.55
"""Scale of OpenCV's letters on a page of 200 dpi: 12 pixels high."""


def annotated_png(picture: Picture, page: Mapping[str, Any]) -> bytes:
    """The page with every mark as a coloured polygon and its id beside it. page: the plain form of the answer's."""
    canvas = decode(picture)
    share = max(page["dpi"] / 200.0, 0.4)
    width = max(round(2 * share), 1)
    for mark in marks_of(page):
        corners = np.round(mark.polygon).astype(np.int32)
        cv2.polylines(canvas, [corners], True, mark.colour, width, cv2.LINE_AA)
        x, y = corners.min(axis=0)
        at = (int(x), max(int(y) - 3 * width, 12))
        cv2.putText(canvas, mark.label, at, cv2.FONT_HERSHEY_SIMPLEX, LETTERS_PX * share, mark.colour, 1, cv2.LINE_AA)
    done, data = cv2.imencode(".png", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise RungError(f"OpenCV could not encode a page of {picture.width} x {picture.height} pixels as PNG")
    return data.tobytes()
