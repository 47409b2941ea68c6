"""A file that may be more than a picture: several pages, or lines instead of pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file still encoded: a PDF, a DXF drawing, a TIFF, or a picture. Only its beginning has been read.

    key: sha256 of `data`, the name of everything derived from it. media_type: by its content.
    width, height: upright, of a picture or of a TIFF's largest page; None where the file has no pixels of its own.
    """

    data: bytes
    key: str
    media_type: str
    width: int | None = None
    height: int | None = None
