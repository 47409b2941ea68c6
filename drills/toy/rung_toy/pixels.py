"""What the toy does with a picture, in a worker."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from rung.models.pictures import decode
from rung.runtime.tasks import Picture


def fingerprint(picture: Picture) -> dict[str, Any]:
    """sha256 of the upright RGB pixels, with the size."""
    pixels = np.ascontiguousarray(decode(picture))
    return {"digest": hashlib.sha256(pixels.tobytes()).hexdigest(), "width": picture.width, "height": picture.height}
