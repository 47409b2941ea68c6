"""DXF to ezdxf's document, whole or refused with what would help.

ezdxf repairs DXF as text. A binary one is put into the text that says the same, so that both are read by one way.
Source: the DXF reference (Binary DXF Files; the types of group codes).
"""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ezdxf import recover
from ezdxf.audit import Auditor
from ezdxf.document import Drawing
from ezdxf.filemanagement import read
from ezdxf.lldxf.const import DXFError
from ezdxf.lldxf.types import BINARY_DATA, BYTES, DOUBLE, INT16, INT32, INT64, MAX_GROUP_CODE

from rung.apps.drawings.opening.dxf_letters import in_own_letters
from rung.runtime.errors import InvalidInput

BINARY: Final = b"AutoCAD Binary DXF\r\n\x1a\0"
WIDE: Final = (b"\0\0", b"\xe7\x03")
"""How files of two bytes a group code begin: a structure (0) or a remark (999). AutoCAD R12 and older have one byte."""
LONG: Final = 255
"""Before a code that takes more than the one byte."""
_FIGURES: Final = {
    **dict.fromkeys(BYTES, "<B"),
    **dict.fromkeys(INT16, "<h"),
    **dict.fromkeys(INT32, "<i"),
    **dict.fromkeys(INT64, "<q"),
    **dict.fromkeys(DOUBLE, "<d"),
}
DIMENSIONS: Final = ("DIMENSION", "ARC_DIMENSION", "LARGE_RADIAL_DIMENSION")
_REMOVED: Final = re.compile(r"[Rr]emoved (?:invalid )?([A-Z][A-Z0-9_]+)\(#")
"""How ezdxf says what it took out."""
_BREAKS: Final = bytes.maketrans(b"\r\n", b"  ")
_DAMAGE = (DXFError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError)
"""What ezdxf raises for files that it cannot make sense of."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """lacking: what is in the file and of no use, by type, and how often. notes: what is to be said of it."""

    document: Drawing
    lacking: Counter[str]
    notes: list[str]


def document_of(data: bytes) -> Loaded:
    """The drawing of a DXF of any age, text or binary. Raises InvalidInput for one that is cut off or damaged."""
    text = text_of(data)
    if not _is_whole(text):
        raise InvalidInput(
            "file: the DXF is broken: it ends before its end mark (EOF), so a part of it is missing; send it again in"
            " full, or save it as DXF R2010 or as PDF",
            field="file",
        )
    text, letters = in_own_letters(text)
    notes = [f"the DXF names another encoding than that of its letters; they are read as {letters}"] if letters else []
    try:
        document, auditor = recover.read(io.BytesIO(text), errors="replace")
        if _undrawn(auditor) and (redrawn := _with_dimensions(text, document.output_encoding)) is not None:
            document, auditor, count = redrawn
            notes.append(f"dimensions of the DXF that have no picture are drawn by what they measure: {count}")
    except _DAMAGE as error:
        raise _damaged(f"{type(error).__name__}: {error}") from error
    return Loaded(document, _removed(auditor), notes)


def text_of(data: bytes) -> bytes:
    """The file as text, whichever it is. Raises InvalidInput for binary data that are no tags."""
    return _as_text(data) if data.startswith(BINARY) else data


def _undrawn(auditor: Auditor) -> bool:
    return any(removed[1] in DIMENSIONS for fix in auditor.fixes if (removed := _REMOVED.match(fix.message)))


def _removed(auditor: Auditor) -> Counter[str]:
    """What ezdxf took out to make the file sound."""
    found = (_REMOVED.match(fix.message) for fix in auditor.fixes)
    return Counter(removed[1] for removed in found if removed)


def _with_dimensions(text: bytes, encoding: str) -> tuple[Drawing, Auditor, int] | None:
    """The drawing again, each dimension without a picture drawn by ezdxf, which the repair would take out; how many.
    None: it cannot be read without being repaired first."""
    try:
        document = read(io.StringIO(text.decode(encoding, "replace")))
    except _DAMAGE:
        return None
    lacking = [one for block in document.blocks for one in block.query(" ".join(DIMENSIONS)) if _lacks_picture(one)]
    count = sum(_draw(one) for one in lacking)
    return document, document.audit(), count


def _lacks_picture(dimension: Any) -> bool:
    return dimension.dxf.get("geometry", "*") not in dimension.doc.blocks


def _draw(dimension: Any) -> bool:
    """Whether it could be drawn; one that cannot is taken out by the audit, and so is told."""
    try:
        dimension.override().render()
    except _DAMAGE:
        return False
    return True


def _damaged(why: str) -> InvalidInput:
    return InvalidInput(f"file: the DXF cannot be read ({why}); save it again as DXF R2010, or as PDF", field="file")


def _is_whole(text: bytes) -> bool:
    """Whether the last tag is there. ezdxf reads what is left of a file that was cut off, which may be nothing, or
    half of the drawing without a word."""
    at = text.rfind(b"EOF")
    return at >= 0 and text[max(at - 32, 0) : at].split()[-1:] == [b"0"]


def _as_text(data: bytes) -> bytes:
    """The same tags as text, up to the end mark or to where the data ends. Raises InvalidInput for what are no tags."""
    made = bytearray()
    for code, value in _tags(data):
        made += b"%d\n%s\n" % (code, value)
        if code == 0 and value == b"EOF":
            break
    return bytes(made)


def _tags(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(group code, value as a line of text has it) of a binary file."""
    at, wide = len(BINARY), data[len(BINARY) : len(BINARY) + 2] in WIDE
    while at < len(data):
        start = at
        try:
            code, at = _code(data, at, wide)
            value, at = _value(data, at, code)
        except (struct.error, IndexError, ValueError):
            return  # It is cut off in the middle of a tag, and has no end mark.
        if code > MAX_GROUP_CODE:
            raise _damaged(f"at byte {start} there is no group code but {code}")
        yield code, value


def _code(data: bytes, at: int, wide: bool) -> tuple[int, int]:
    """A group code, and where its value begins."""
    if not wide and data[at] != LONG:
        return data[at], at + 1
    at += 0 if wide else 1
    return struct.unpack_from("<H", data, at)[0], at + 2


def _value(data: bytes, at: int, code: int) -> tuple[bytes, int]:
    """A value as text, and where the next tag begins. Raises where the data ends before."""
    if code in BINARY_DATA:
        end = at + 1 + data[at]
        return data[at + 1 : end].hex().upper().encode(), end
    if how := _FIGURES.get(code):
        (figure,) = struct.unpack_from(how, data, at)
        return repr(figure).encode(), at + struct.calcsize(how)
    end = data.index(b"\0", at)
    return data[at:end].translate(_BREAKS), end + 1
