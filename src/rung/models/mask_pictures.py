"""Owns masks as pictures, for every app: a selection written as one, an uploaded one read.

A selection is a mask over a box: uint8 [y1-y0, x1-x0], 0 or 255; the rest of the picture is not selected.
"""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from rung.models import holes
from rung.models.pictures import FORMATS, decode
from rung.runtime.errors import InvalidInput, RungError
from rung.runtime.tasks import Box, Mask, Picture


def mask_png(mask: Mask, box: Box, width: int, height: int) -> bytes:
    """The mask as large as the picture, a bilevel PNG. 1 ms at 1 megapixel, 11 ms at 12 (grey: 5 and 60)."""
    settings = [cv2.IMWRITE_PNG_BILEVEL, 1, cv2.IMWRITE_PNG_COMPRESSION, 1]
    done, data = cv2.imencode(".png", placed(mask, box, width, height), settings)
    if not done:
        raise RungError(f"OpenCV could not encode a mask of {width} x {height} pixels as PNG")
    return bytes(data)


def decode_mask(picture: Picture, width: int, height: int) -> dict[str, Any]:
    """{"mask", "box"} of an uploaded mask: what is opaque where it has transparency, else what is light (> 127).

    InvalidInput when its size is not the picture's, or when it selects nothing.
    """
    if (picture.width, picture.height) != (width, height):
        raise InvalidInput(
            f"the mask is {picture.width} x {picture.height} and the picture {width} x {height}; "
            "send a mask of the picture's size",
            field="mask",
        )
    full = np.where(_level(picture) > 127, np.uint8(255), np.uint8(0))
    box = holes.bounds(full)
    if box == (0, 0, 0, 0):
        raise InvalidInput("the mask selects nothing: paint white (or opaque) what is meant", field="mask")
    x0, y0, x1, y1 = box
    return {"mask": np.ascontiguousarray(full[y0:y1, x0:x1]), "box": box}


def _level(picture: Picture) -> Mask:
    """Opacity where any of it is transparent, else lightness. A transparent value of a 16-bit grey picture is laid on
    white by `decode`, as Pillow cannot convert it."""
    pixels = decode(picture)
    with Image.open(io.BytesIO(picture.data), formats=FORMATS) as image:
        if image.has_transparency_data and not image.mode.startswith("I"):
            alpha = np.asarray(ImageOps.exif_transpose(image).convert("RGBA").getchannel("A"))
            if alpha.min() < 255:
                return alpha
    grey: Mask = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return grey


def placed(mask: Mask, box: Box, width: int, height: int) -> Mask:
    """The selection as a mask of the whole picture."""
    full = np.zeros((height, width), np.uint8)
    x0, y0, x1, y1 = box
    full[y0:y1, x0:x1] = mask
    return full
