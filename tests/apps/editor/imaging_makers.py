"""Encoded pictures of every kind, and what comes back out of one."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
from PIL import Image

from rung.runtime.tasks import Picture


def random_pixels(width: int, height: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> Picture:
    """The header's size is the upright one, as the server reads it."""
    out = io.BytesIO()
    image.save(out, form, **options)
    data = out.getvalue()
    turned = isinstance(options.get("exif"), Image.Exif) and options["exif"].get(0x112, 1) >= 5
    width, height = image.size[::-1] if turned else image.size
    key = hashlib.sha256(data).hexdigest()
    return Picture(data=data, key=key, width=width, height=height, media_type=f"image/{form.lower()}")


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def rgb(data: bytes) -> np.ndarray:
    return np.asarray(opened(data).convert("RGB"))


def ellipse(width: int, height: int) -> np.ndarray:
    """A mask 0 or 255 that touches all four edges of its box."""
    y, x = np.mgrid[:height, :width]
    inside = ((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2 <= 0.25
    return np.where(inside, 255, 0).astype(np.uint8)
