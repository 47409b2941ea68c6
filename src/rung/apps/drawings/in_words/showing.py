"""CPU work for pictures that are shown to a model: run in a worker."""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np


def shrunk(data: bytes, side: int) -> dict[str, Any]:
    """A PNG whose longer side is at most that many pixels, with its size and hash; areas are averaged, so that thin
    lines turn pale and do not vanish."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, "a page that we rendered"
    height, width = pixels.shape[:2]
    share = side / max(height, width)
    if share < 1:
        size = max(round(width * share), 1), max(round(height * share), 1)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".png", pixels)[1].tobytes()
    height, width = pixels.shape[:2]
    return {"png": data, "key": hashlib.sha256(data).hexdigest(), "width": width, "height": height}
