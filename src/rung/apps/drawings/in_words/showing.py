"""CPU work for pictures that are shown to a model: run in a worker."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import cv2
import numpy as np

MOST_BYTES: Final = 3_900_000
"""Of a picture: in base64 it stays under the 5 MiB that Anthropic takes."""
QUALITIES: Final = (92, 80, 60)


def shrunk(data: bytes, side: int) -> dict[str, Any]:
    """A PNG whose longer side is at most that many pixels, with its size, type and hash; areas are averaged, so that
    thin lines turn pale and do not vanish. A noisy scan that is too heavy so is a JPEG."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, "a page that we rendered"
    height, width = pixels.shape[:2]
    share = side / max(height, width)
    if share < 1:
        size = max(round(width * share), 1), max(round(height * share), 1)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        data = cv2.imencode(".png", pixels)[1].tobytes()
    media_type = "image/png"
    for quality in QUALITIES:
        if len(data) <= MOST_BYTES:
            break
        data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        media_type = "image/jpeg"
    height, width = pixels.shape[:2]
    key = hashlib.sha256(data).hexdigest()
    return {"data": data, "media_type": media_type, "key": key, "width": width, "height": height}
