"""Scans and photographs: PNG, JPEG, WebP and TIFF to grey pixels, with the dots per inch that the file says."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from rung.apps.drawings.opening.sizes import SCAN_PIXELS
from rung.runtime.errors import InvalidInput

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
LIKELY_DPI = (50.0, 1200.0)
"""What lies outside is a camera's or a program's habit (72, 96 are screens'), and says nothing of the paper."""
SCREENS = (72.0, 96.0)
ORIENTATION = ExifTags.Base.Orientation
STRIP = 1024
"""Rows that are made grey at a time."""
MOST_IN_COLOUR = 16_000_000
"""Pixels: more are not needed to tell a ground's colour."""

Image.MAX_IMAGE_PIXELS = SCAN_PIXELS
"""Pillow warns from here on and refuses twice as many; the server has refused by the header what is larger."""


def page_count(data: bytes) -> int:
    """Raises InvalidInput for a damaged file."""
    with _image(data) as image:
        return int(getattr(image, "n_frames", 1))


def decode(data: bytes, page: int, most_pixels: int) -> tuple[NDArray[np.uint8], float | None, float]:
    """Page from 1: (uint8 [H, W], upright; dots per inch where the file says them; how much smaller than the file's it
    is, 0..1, so that it has at most `most_pixels`). Transparency is laid on white.

    Raises InvalidInput for a damaged file.
    """
    with _image(data) as image:
        try:
            image.seek(page - 1)
            said = _dpi(image)
            width, height = image.size
            share = min((most_pixels / (width * height)) ** 0.5, 1.0)
            small = (max(int(width * share), 1), max(int(height * share), 1))
            if share < 1 and image.mode != "CMYK":
                image.draft("L", small)  # of a JPEG that is far larger, half or a quarter is decoded
            grey = _grey(image)
            if share < 1:
                grey = np.asarray(cv2.resize(grey, small, interpolation=cv2.INTER_AREA), np.uint8)
            return _upright(grey, image), said, share
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise InvalidInput(
                f"file: the picture is damaged and cannot be decoded ({error}); save it again", field="file"
            ) from error


def in_colour(data: bytes, page: int) -> NDArray[np.uint8] | None:
    """Page from 1 in colour, uint8 [H, W, 3], upright; None where the file has no colours."""
    with _image(data) as image:
        image.seek(page - 1)
        if image.mode in ("1", "L", "LA") or image.mode.startswith("I"):
            return None
        share = (MOST_IN_COLOUR / (image.width * image.height)) ** 0.5
        if share < 1:
            image.thumbnail((int(image.width * share), int(image.height * share)))
        return np.array(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.uint8)


def _image(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput(f"file: the picture cannot be opened ({error}); save it again", field="file") from error


def _grey(image: Image.Image) -> NDArray[np.uint8]:
    """A strip at a time: beside what the file decodes to, a large scan takes its grey plane and no more."""
    image.load()
    width, height = image.size
    plane = np.empty((height, width), np.uint8)
    for top in range(0, height, STRIP):
        rows = slice(top, min(top + STRIP, height))
        plane[rows] = np.asarray(_strip(image.crop((0, top, width, rows.stop))))
    return plane


def _strip(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion clips them at 255
        values = np.clip(np.asarray(image, dtype=np.int64), 0, 65_535)
        return Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        front = image.convert("RGBA")
        white = Image.new("RGB", front.size, (255, 255, 255))
        white.paste(front, mask=front.getchannel("A"))
        return white.convert("L")
    return image.convert("L")


def _upright(grey: NDArray[np.uint8], image: Image.Image) -> NDArray[np.uint8]:
    whole = Image.fromarray(grey)
    whole.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
    return np.array(ImageOps.exif_transpose(whole), dtype=np.uint8, order="C")


def _dpi(image: Image.Image) -> float | None:
    found: Any = image.info.get("dpi")
    try:
        dpi = float(found[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    likely = LIKELY_DPI[0] <= dpi <= LIKELY_DPI[1] and not any(abs(dpi - one) < 0.5 for one in SCREENS)
    return dpi if likely else None
