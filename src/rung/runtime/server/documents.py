"""Decides from a file's first bytes which kind of document it is: a PDF, a DXF drawing, a TIFF, or a picture.

Sources: PDF (ISO 32000-1, 7.5.2; the header may stand anywhere in the first 1,024 bytes, as Adobe's own reader takes
it), TIFF 6.0, and DXF as Autodesk describes it (a group code and its value on two lines; or the binary signature).
"""

from __future__ import annotations

import re
import struct

from rung.runtime.app import Limits
from rung.runtime.errors import InvalidInput, TooLarge, UnsupportedMedia
from rung.runtime.server.pictures import ACCEPTED as PICTURES
from rung.runtime.server.pictures import MAX_SIDE, digest, looks_like, read_picture
from rung.runtime.tasks import Document

PDF, DXF, TIFF = "application/pdf", "image/vnd.dxf", "image/tiff"
ACCEPTED = (PDF, DXF, TIFF, *PICTURES)
MOST_PAGES = 10_000
"""Directories of a TIFF that are followed before it counts as damaged."""
_DXF = re.compile(rb"\s*(?:999\r?\n[^\n]*\n\s*)*0\r?\n\s*SECTION\s", re.IGNORECASE)
_SHORT, _LONG = 3, 4


async def read_document(data: bytes, field: str, limits: Limits, key: str = "") -> Document:
    """The document, still encoded. key: its sha256 where it is known. Raises an InvalidInput that names `field`."""
    media_type = _kind(data)
    if media_type:
        width, height = _tiff(data, field) if media_type == TIFF else (None, None)
        if width and height and (width * height > limits.pixels or max(width, height) > MAX_SIDE):
            raise TooLarge(
                f"{field}: a page of {width} x {height} pixels is over the limit of {limits.pixels} pixels (no side"
                f" over {MAX_SIDE}); scan it at fewer dots per inch, or in parts",
                field=field,
                width=width,
                height=height,
                limit=limits.pixels,
            )
        sha = key or await digest(data)
        return Document(data=data, key=sha, media_type=media_type, width=width, height=height)
    try:
        picture = await read_picture(data, field, limits, key)
    except UnsupportedMedia as error:
        if error.details.get("accepted") != list(PICTURES) or "animated" in error.message:
            raise
        raise UnsupportedMedia(
            f"{field}: {_seems(data)} is not read here; send {', '.join(ACCEPTED)}",
            field=field,
            accepted=list(ACCEPTED),
        ) from error
    return Document(
        data=data, key=picture.key, media_type=picture.media_type, width=picture.width, height=picture.height
    )


def _kind(data: bytes) -> str:
    """The media type of what is no picture; empty for everything else."""
    if b"%PDF-" in data[:1024]:
        return PDF
    if data.startswith((b"II*\0", b"MM\0*")):
        return TIFF
    if data.startswith(b"AutoCAD Binary DXF\r\n\x1a\0") or _DXF.match(data[:65_536].removeprefix(b"\xef\xbb\xbf")):
        return DXF
    return ""


def _seems(data: bytes) -> str:
    if re.match(rb"AC10\d\d|AC1\.|AC2\.", data):
        return "a DWG (save it as DXF or PDF: the format is a secret of its maker)"
    if data.startswith(b"PK\x03\x04"):
        return "a ZIP archive, or an Office file"
    return looks_like(data)


def _tiff(data: bytes, field: str) -> tuple[int, int]:
    """(width, height) of the largest page. Raises InvalidInput for directories that lead nowhere."""
    order = "<" if data[:2] == b"II" else ">"
    seen: set[int] = set()
    largest = (0, 0)
    try:
        (at,) = struct.unpack_from(order + "I", data, 4)
        while at:
            if at in seen or len(seen) >= MOST_PAGES:
                raise InvalidInput(f"{field}: the TIFF's directories go round in a ring", field=field)
            seen.add(at)
            width, height, at = _directory(data, order, at)
            largest = max(largest, (width, height), key=lambda size: size[0] * size[1])
    except struct.error as short:
        raise InvalidInput(f"{field}: the TIFF is cut off in a directory", field=field) from short
    if min(largest) < 1:
        raise InvalidInput(f"{field}: the TIFF says that it has no pixels", field=field)
    return largest


def _directory(data: bytes, order: str, at: int) -> tuple[int, int, int]:
    """Width, height, and where the next directory lies (0: it was the last)."""
    (entries,) = struct.unpack_from(order + "H", data, at)
    sizes = {256: 0, 257: 0}
    for entry in range(at + 2, at + 2 + 12 * entries, 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if tag in sizes and kind in (_SHORT, _LONG):
            (sizes[tag],) = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), data, entry + 8)
    (following,) = struct.unpack_from(order + "I", data, at + 2 + 12 * entries)
    return sizes[256], sizes[257], following
