"""What may be done to a page before it is read: local contrast, a blur, set straight. Runs in a worker.

Sources: contrast and blur with the settings that eDOCr2's users put before it (CLAHE 3.0, 8 x 8; a 3 x 3 Gaussian).
"""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np

from rung.models.pictures import decode
from rung.models.sheet.ink import grey, ink
from rung.models.sheet.skew import level, skew
from rung.runtime.errors import RungError
from rung.runtime.tasks import Picture

CLIP, TILES = 3.0, (8, 8)
KERNEL = (3, 3)


def prepared(picture: Picture, clahe: bool, blur: bool, deskew: bool) -> dict[str, Any]:
    """{"png", "key", "width", "height", "degrees", "matrix"}; matrix: back to the page, None where it lay straight."""
    plane = grey(decode(picture))
    degrees = skew(ink(plane)) if deskew else 0.0
    matrix = None
    if degrees:
        plane, turn = level(plane, degrees)
        matrix = cv2.invertAffineTransform(turn.matrix()).tolist()
    if clahe:
        plane = np.asarray(cv2.createCLAHE(CLIP, TILES).apply(plane), np.uint8)
    if blur:
        plane = np.asarray(cv2.GaussianBlur(plane, KERNEL, 0), np.uint8)
    done, png = cv2.imencode(".png", plane, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise RungError(f"OpenCV could not encode a page of {plane.shape[1]} x {plane.shape[0]} pixels as PNG")
    data = png.tobytes()
    return {
        "png": data,
        "key": hashlib.sha256(data).hexdigest(),
        "width": plane.shape[1],
        "height": plane.shape[0],
        "degrees": degrees,
        "matrix": matrix,
    }
