"""Decides from a file's first bytes what it is: format by content, size, orientation; nothing is decoded.

Our own reading and not Pillow's: opening a WebP there allocates two canvases of the declared size, and a bomb is
to cost nothing. Sources: PNG (ISO/IEC 15948), JPEG (ITU-T T.81, annex B), WebP (RFC 9649), EXIF 2.32 (TIFF 6.0).
"""

from __future__ import annotations

import asyncio
import hashlib
import struct
from dataclasses import dataclass

from rung.runtime.app import Limits
from rung.runtime.errors import InvalidInput, TooLarge, UnsupportedMedia
from rung.runtime.spec import MiB
from rung.runtime.tasks import Picture

ACCEPTED = ("image/png", "image/jpeg", "image/webp")
MAX_SIDE = 65_535
"""The longest side that any of the formats can decode to everywhere (JPEG's own bound)."""
_MAX_CHUNKS = 100_000
_ON_LOOP = 1 * MiB
"""Above that a hash takes over a millisecond and goes to a thread."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture says of itself. width and height as stored; orientation is EXIF's 1..8."""

    media_type: str
    width: int
    height: int
    orientation: int = 1

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as a person sees it: orientations 5 to 8 lie on their side."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


async def read_picture(data: bytes, field: str, limits: Limits, key: str = "") -> Picture:
    """The picture, still encoded. key: its sha256 where it is known. Raises an InvalidInput that names `field`."""
    header = read_header(data, field)
    width, height = header.upright
    if width * height > limits.pixels or max(width, height) > MAX_SIDE:
        raise TooLarge(
            f"{field}: {width} x {height} pixels is over the limit of {limits.pixels} pixels (no side over {MAX_SIDE});"
            " send it smaller",
            field=field,
            width=width,
            height=height,
            limit=limits.pixels,
        )
    sha = key or await digest(data)
    return Picture(data=data, key=sha, width=width, height=height, media_type=header.media_type)


async def digest(data: bytes) -> str:
    """The sha256 of a file, in hex: what it is called."""
    return await asyncio.to_thread(_sha256, data) if len(data) > _ON_LOOP else _sha256(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_header(data: bytes, field: str = "file") -> Header:
    """Format, size and orientation. Raises InvalidInput (empty, truncated) and UnsupportedMedia."""
    if not data:
        raise InvalidInput(f"{field}: the file is empty", field=field)
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            header = _png(data)
        elif data.startswith(b"\xff\xd8"):
            header = _jpeg(data)
        elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            header = _webp(data)
        else:
            raise UnsupportedMedia(
                f"{field}: {looks_like(data)} is not read here; send {', '.join(ACCEPTED)}",
                field=field,
                accepted=list(ACCEPTED),
            )
    except _Broken as broken:
        raise InvalidInput(f"{field}: {broken}", field=field) from broken
    except _Animated as moving:
        raise UnsupportedMedia(
            f"{field}: an animated picture is not read here; send one frame of it",
            field=field,
            accepted=list(ACCEPTED),
        ) from moving
    except (struct.error, IndexError) as short:
        raise InvalidInput(f"{field}: the picture is cut off in its header", field=field) from short
    if header.width < 1 or header.height < 1:
        raise InvalidInput(f"{field}: the picture says that it has no pixels", field=field)
    return header


class _Broken(Exception):
    """A sentence about the file's own fault."""


class _Animated(Exception):
    """More than one frame."""


def _png(data: bytes) -> Header:
    if data[12:16] != b"IHDR":
        raise _Broken("the PNG does not begin with its header chunk")
    width, height = struct.unpack_from(">II", data, 16)
    orientation, at = 1, 8
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            raise _Broken("the PNG is cut off (no end chunk)")
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if kind == b"IEND":
            return Header("image/png", width, height, orientation)
        if kind == b"acTL":
            raise _Animated
        if kind == b"IHDR" and at > 8:  # decoders go by the last one, and it may be a thousand times the first
            raise _Broken("the PNG has two headers")
        if kind == b"eXIf":
            orientation = _orientation(data[at + 8 : at + 8 + length])
        at += 12 + length
    raise _Broken(f"the PNG has over {_MAX_CHUNKS} chunks")


_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})


def _jpeg(data: bytes) -> Header:
    size: tuple[int, int] | None = None
    orientation, at = 1, 2
    for _ in range(_MAX_CHUNKS):
        if data[at] != 0xFF:
            raise _Broken("the JPEG's markers do not follow each other")
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE:  # fill bytes, and markers without a length
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = (width, height)
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _orientation(data[at + 10 : at + 2 + length])
        if marker in (0xDA, 0xD9):
            break
        at += 2 + length
    if size is None:
        raise _Broken("the JPEG has no frame header before its data")
    if data.rfind(b"\xff\xd9", at + 2) < 0:
        raise _Broken("the JPEG is cut off (no end marker)")
    return Header("image/jpeg", *size, orientation)


def _webp(data: bytes) -> Header:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise _Broken("the WebP is cut off (shorter than it says)")
    kind = data[12:16]
    if kind == b"VP8 ":
        if data[23:26] != b"\x9d\x01\x2a":
            raise _Broken("the WebP has no key frame")
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("image/webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        if data[20] != 0x2F:
            raise _Broken("the lossless WebP has no signature")
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        return _webp_extended(data, length + 8)
    raise _Broken("the WebP begins with a chunk that is none")


def _webp_extended(data: bytes, end: int) -> Header:
    flags = data[20]
    if flags & 0x02:
        raise _Animated
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    orientation, at, pixels = 1, 30, False
    for _ in range(_MAX_CHUNKS):
        if at + 8 > end:
            break
        (size,) = struct.unpack_from("<I", data, at + 4)
        kind = data[at : at + 4]
        pixels = pixels or kind in (b"VP8 ", b"VP8L")
        if kind == b"EXIF":
            orientation = _orientation(data[at + 8 : at + 8 + size].removeprefix(b"Exif\0\0"))
        at += 8 + size + (size & 1)
    if not pixels:
        raise _Broken("the WebP holds no picture")
    return Header("image/webp", width, height, orientation)


def _orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory; 1 where it is absent or senseless, as every viewer takes it."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (at,) = struct.unpack_from(order + "I", tiff, 4)
    if at + 2 > len(tiff):
        return 1
    (entries,) = struct.unpack_from(order + "H", tiff, at)
    for entry in range(at + 2, min(at + 2 + 12 * entries, len(tiff) - 11), 12):
        tag, kind, _count, value = struct.unpack_from(order + "HHIH", tiff, entry)
        if tag == 0x0112 and kind == 3:
            return value if 1 <= value <= 8 else 1
    return 1


def looks_like(data: bytes) -> str:
    """The format by its first bytes, as far as we know it: for the sentence only."""
    head = data[:512].lstrip().lower()
    brand = data[8:12]
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "a GIF"
    if data[4:8] == b"ftyp":
        known = {b"avif": "an AVIF", b"avis": "an AVIF", b"heic": "a HEIC", b"heix": "a HEIC", b"mif1": "a HEIC"}
        return known.get(brand, "an MP4-like file")
    if data.startswith((b"II*\0", b"MM\0*")):
        return "a TIFF"
    if data.startswith(b"BM"):
        return "a BMP"
    if data.startswith(b"%PDF"):
        return "a PDF"
    if head.startswith((b"<svg", b"<?xml")):
        return "an SVG or XML file"
    return "this file"
