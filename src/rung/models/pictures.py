"""Owns the way from an encoded picture to upright RGB pixels; every adapter and the editor decode here."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError, WebPImagePlugin

from rung.runtime.errors import InvalidInput, UnsupportedMedia
from rung.runtime.tasks import Picture, Pixels

FORMATS: Final = ("PNG", "JPEG", WebPImagePlugin.WebPImageFile.format)

Image.preinit()  # the readers of the others; that of WebP named above keeps Pillow from importing all that it has

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what sets it upright; 1 and unknown values need nothing."""


def decode(picture: Picture, max_side: int | None = None) -> Pixels:
    """The picture upright as uint8 [H, W, 3] RGB, C-contiguous and the caller's own.

    Greyscale is repeated, CMYK converted, 16 bits shortened to 8, transparency laid on white; of an
    animation the first frame. With `max_side` the longer side comes out at most that long (see
    `fitted`; never enlarged), and a JPEG is decoded at a fraction of its size where that suffices.
    Raises UnsupportedMedia for bytes of another format, InvalidInput for a damaged picture.
    """
    try:
        with Image.open(io.BytesIO(picture.data), formats=FORMATS) as image:
            _check_size(image, picture)
            return _pixels(image, max_side)
    except UnidentifiedImageError as error:
        raise UnsupportedMedia(
            f"The bytes called {picture.media_type} are no PNG, JPEG or WebP picture; send one of these.", field="image"
        ) from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInput(
            f"The picture ({picture.media_type}, {picture.width}x{picture.height}) is damaged and cannot be decoded:"
            f" {error}. Save it again and retry.",
            field="image",
        ) from error


def _check_size(image: Image.Image, picture: Picture) -> None:
    """Before anything is decoded: what was let in by one size must not open into another. Turned either way is fine."""
    if sorted(image.size) != sorted((picture.width, picture.height)):
        raise InvalidInput(
            f"The picture says in one place that it is {picture.width}x{picture.height} and in another"
            f" {image.width}x{image.height}. Save it again and retry.",
            field="image",
        )


def fitted(width: int, height: int, side: int) -> tuple[int, int]:
    """(width, height) scaled so that the longer side is `side`, each rounded half up, at least 1.

    The rule of segment-anything's ResizeLongestSide.get_preprocess_shape; it enlarges too.
    """
    scale = side / max(width, height)
    return max(int(width * scale + 0.5), 1), max(int(height * scale + 0.5), 1)


def _pixels(image: Image.Image, max_side: int | None) -> Pixels:
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    target = image.size if max_side is None or max(image.size) <= max_side else fitted(*image.size, max_side)
    if target != image.size:
        # Only JPEG heeds this: the DCT is taken at 1/2, 1/4 or 1/8, never below the size asked for.
        image.draft(None, target)
    rgb = _rgb(image)
    if rgb.size != target:
        rgb = rgb.resize(target, Image.Resampling.BILINEAR)
    return np.array(rgb if turn is None else rgb.transpose(turn), dtype=np.uint8, order="C")


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:
        front = image.convert("RGBA")
        white = Image.new("RGB", front.size, (255, 255, 255))
        white.paste(front, mask=front.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey as 8-bit grey by its high byte; a transparent grey value becomes white, as if laid on it.

    Pillow's own conversion from "I" clips at 255, which turns nearly everything white.
    """
    values = np.clip(np.asarray(image, dtype=np.int64), 0, 65535)
    grey = (values >> 8).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[values == clear] = 255
    return Image.fromarray(grey)
