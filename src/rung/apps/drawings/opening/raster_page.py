"""Scans and photographs: PNG, JPEG, WebP and TIFF to grey pixels, with the dots per inch that the file says."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from rung.runtime.errors import InvalidInput

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")
LIKELY_DPI = (50.0, 1200.0)
"""What lies outside is a camera's or a program's habit (72, 96 are screens'), and says nothing of the paper."""
SCREENS = (72.0, 96.0)


def page_count(data: bytes) -> int:
    """Raises InvalidInput for a damaged file."""
    with _image(data) as image:
        return int(getattr(image, "n_frames", 1))


def decode(data: bytes, page: int) -> tuple[NDArray[np.uint8], float | None]:
    """Page from 1: (uint8 [H, W], upright; dots per inch where the file says them). Transparency is laid on white.

    Raises InvalidInput for a damaged file.
    """
    with _image(data) as image:
        try:
            image.seek(page - 1)
            said = _dpi(image)
            upright = ImageOps.exif_transpose(_grey(image))
            return np.array(upright, dtype=np.uint8, order="C"), said
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
        return np.array(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.uint8)


def _image(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput(f"file: the picture cannot be opened ({error}); save it again", field="file") from error


def _grey(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits; Pillow's own conversion clips them at 255
        values = np.clip(np.asarray(image, dtype=np.int64), 0, 65_535)
        return Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        front = image.convert("RGBA")
        white = Image.new("RGB", front.size, (255, 255, 255))
        white.paste(front, mask=front.getchannel("A"))
        return white.convert("L")
    return image.convert("L")


def _dpi(image: Image.Image) -> float | None:
    found: Any = image.info.get("dpi")
    try:
        dpi = float(found[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    likely = LIKELY_DPI[0] <= dpi <= LIKELY_DPI[1] and not any(abs(dpi - one) < 0.5 for one in SCREENS)
    return dpi if likely else None
