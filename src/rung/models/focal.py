"""Reads a picture's focal length out of its EXIF."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any, Final

from PIL import ExifTags, Image, UnidentifiedImageError

from rung.models.geometry.camera import DIAGONAL_35, Focal, assumed, from_35mm
from rung.models.pictures import FORMATS
from rung.runtime.tasks import Picture

_CROPPED = 0.02
"""By how much the shape may differ from what the camera took before we say that somebody cut the picture."""

_UNIT_MM: Final = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
"""Of FocalPlaneResolutionUnit; absent is an inch, 1 is none."""


def known_focal(picture: Picture, given: float | None) -> Focal | None:
    """The caller's, else EXIF's, else None: a model may estimate it, or `assumed` is taken."""
    if given is not None:
        return Focal(px=given, source="given")
    return exif_focal(picture)


def focal_of(picture: Picture, given: float | None) -> Focal:
    """The caller's, else EXIF's, else assumed."""
    return known_focal(picture, given) or assumed(picture.width, picture.height)


def exif_focal(picture: Picture) -> Focal | None:
    """By the 35 mm equivalent, which no resizing changes, else by the lens and the sensor's pixels. None where EXIF has
    neither, or was written before the picture was cut: then its middle and its angle are no longer the lens's."""
    try:
        with Image.open(io.BytesIO(picture.data), formats=FORMATS) as image:
            exif = image.getexif().get_ifd(ExifTags.IFD.Exif)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        return None
    taken = _number(exif.get(ExifTags.Base.ExifImageWidth)), _number(exif.get(ExifTags.Base.ExifImageHeight))
    if min(taken) > 0 and abs(_shape(*taken) / _shape(picture.width, picture.height) - 1) > _CROPPED:
        return None
    equivalent = _number(exif.get(ExifTags.Base.FocalLengthIn35mmFilm))
    if not equivalent and sorted(taken) == sorted((picture.width, picture.height)):
        equivalent = _by_pixels(exif) / math.hypot(picture.width, picture.height) * DIAGONAL_35
    return from_35mm(equivalent, picture.width, picture.height)


def _by_pixels(exif: Mapping[int, Any]) -> float:
    """The focal length in pixels as they were taken, so of no use for a picture of another size; 0 where untold."""
    lens, density = _number(exif.get(ExifTags.Base.FocalLength)), _number(exif.get(ExifTags.Base.FocalPlaneXResolution))
    unit = _UNIT_MM.get(int(_number(exif.get(ExifTags.Base.FocalPlaneResolutionUnit, 2))), 0.0)
    return lens / unit * density if unit else 0.0


def _shape(width: float, height: float) -> float:
    """The longer side over the shorter: a turn does not change it."""
    return max(width, height) / min(width, height)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
