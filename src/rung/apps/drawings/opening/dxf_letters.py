"""Says in which encoding a DXF's letters are, where it is not the one that the file names.

Open programs write UTF-8 into files of every age, and Korean ones their own code page into files that name the Western
one. Read as the file says, each syllable is two or three letters with accents.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from ezdxf.tools.codepage import toencoding

UNICODE_SINCE: Final = "AC1021"
"""AutoCAD 2007: from then on DXF is UTF-8."""
WESTERN: Final = "cp1252"
LEAST_SYLLABLES: Final = 2
"""Fewer may be `°±`, two signs of the Western page side by side."""
_VERSION: Final = re.compile(rb"\$ACADVER\s+1\s+(AC\d+)")
_PAGE: Final = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\S+)")
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_SYLLABLE: Final = re.compile("[가-힣]")
HEADER: Final = 65_536
"""Bytes in which the file names its version and its page."""


def in_own_letters(text: bytes) -> tuple[bytes, str]:
    """(the file in ASCII, its encoding) where that is not the one it names; else (the file as it is, "")."""
    if text.isascii():
        return text, ""
    named = _named(text)
    true = _true(text, named)
    if not true or true == named:
        return text, ""
    # ezdxf registers this handler: \U+XXXX, which it reads in files of every age.
    return text.decode(true).encode("ascii", errors="dxfreplace"), true


def _named(text: bytes) -> str:
    version, page = _VERSION.search(text[:HEADER]), _PAGE.search(text[:HEADER])
    if version and version[1].decode() >= UNICODE_SINCE:
        return "utf8"
    return toencoding(page[1].decode("ascii", "replace")) if page else WESTERN


def _true(text: bytes, named: str) -> str:
    """The encoding that the letters are in; empty: no telling."""
    if _decodes(text, "utf8"):
        return "utf8"
    if named != WESTERN and _decodes(text, named):
        return named
    return "cp949" if _is_hangul(text) else ""


def _decodes(text: bytes, name: str) -> bool:
    try:
        text.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _is_hangul(text: bytes) -> bool:
    """Whether all that is not ASCII stands in pairs that are letters of the Korean page, syllables among them."""
    runs = _HIGH.findall(text)
    if any(len(run) % 2 for run in runs) or not _decodes(text, "cp949"):
        return False
    letters = list(chain.from_iterable(run.decode("cp949", "replace") for run in runs))
    syllables = sum(bool(_SYLLABLE.match(letter)) for letter in letters)
    return syllables >= LEAST_SYLLABLES and syllables * 2 >= len(letters)
