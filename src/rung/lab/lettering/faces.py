"""The fonts that texts are written in: filled letters from TrueType and OpenType, single strokes from LibreCAD's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from PIL import ImageFont

from rung.lab.lettering import lff
from rung.lab.lettering.symbols import Stroke
from rung.runtime.errors import InvalidInput

FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/librecad/fonts")
_CAPITALS: Final = "HE"
_LAST_CODE: Final = 0x3000
"""What stands behind is Chinese, Korean and the like."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A font of filled letters. cap: its capitals' height, as a share of its size. signs: what it can write."""

    path: Path
    cap: float
    signs: frozenset[str]

    def sized(self, height: float) -> ImageFont.FreeTypeFont:
        """The font with capitals so many pixels high, to a quarter pixel."""
        return _sized(str(self.path), round(height / self.cap * 4) / 4)


@dataclass(frozen=True, slots=True)
class Strokes:
    """A font of single strokes, in units of its capitals' height: strokes and advance of each sign."""

    path: Path
    glyphs: Mapping[str, tuple[tuple[Stroke, ...], float]] = field(repr=False)

    @property
    def signs(self) -> frozenset[str]:
        """What it can write."""
        return frozenset(self.glyphs)


Face = Outline | Strokes


def faces(names: Iterable[str], folders: Iterable[str] = FOLDERS) -> tuple[Face, ...]:
    """The fonts of these file names. Raises InvalidInput that lists those which are not installed."""
    there = {path.name: path for folder in folders for path in sorted(Path(folder).rglob("*.*"))}
    wanted = tuple(names)
    if missing := [name for name in wanted if name not in there]:
        raise InvalidInput(f"{len(missing)} fonts are not installed: {', '.join(missing)}")
    return tuple(face(there[name]) for name in wanted)


def face(path: Path) -> Face:
    """The font in a file."""
    return _strokes(path) if path.suffix == ".lff" else _outline(path)


def digest(one: Face) -> str:
    """sha256 of the font's file, hexadecimal."""
    return hashlib.sha256(one.path.read_bytes()).hexdigest()


def _outline(path: Path) -> Outline:
    with TTFont(path, fontNumber=0, lazy=True) as font:
        signs = frozenset(chr(code) for code in font.getBestCmap())
    size = 200
    top = -ImageFont.truetype(str(path), size).getbbox("H", anchor="ls")[1]
    return Outline(path=path, cap=top / size, signs=signs)


@lru_cache(maxsize=1024)
def _sized(path: str, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _strokes(path: Path) -> Strokes:
    font = lff.parsed(path.read_text(encoding="utf-8", errors="replace"))
    raw = {sign: strokes for sign, strokes in font.strokes.items() if strokes and ord(sign) < _LAST_CODE}
    cap = max(y for sign in _CAPITALS for stroke in raw[sign] for _, y in stroke)
    spacing = max(font.spacings.get("LetterSpacing", 0) / cap, 0.12)
    glyphs: dict[str, tuple[tuple[Stroke, ...], float]] = {" ": ((), font.spacings.get("WordSpacing", 0) / cap or 0.6)}
    for sign, strokes in raw.items():
        scaled = tuple(tuple((x / cap, y / cap) for x, y in stroke) for stroke in strokes)
        glyphs[sign] = (scaled, max(x for stroke in scaled for x, _ in stroke) + spacing)
    return Strokes(path=path, glyphs=glyphs)
