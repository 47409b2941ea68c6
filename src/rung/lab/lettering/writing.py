"""Writes a text in a font on a small sheet: ink on nothing, at twice the size that it will have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from rung.lab.lettering.faces import Face, Outline
from rung.lab.lettering.symbols import Stroke, ring, symbol

Ink = NDArray[np.uint8]
"""uint8 [H, W]: how much of each pixel is inked."""

FINER: Final = 2
_PARTS: Final = 4
"""Bits of a pixel that cv2 draws lines to."""
_LOOKS: Final = {
    "⌀": ("Ø", "⌀", "∅", "Φ", "φ"),
    "×": ("×", "x", "X"),
    "-": ("-", "-", "−", "–"),
    "□": ("□",),
    "⫽": ("⫽", "∥", "//"),
    "⏊": ("⏊", "⊥", "⟂"),
}
"""What else a sign may look like in a font of letters; read, it is the same."""
_OWN: Final = {"⌀": 0.45, "×": 0.2, "±": 0.15, "°": 0.2, "□": 0.6}
"""How often a sign is drawn by us though the font has it. Others than these: two times in three."""
_INNER: Final = dict(zip("ⒺⒻⓁⓂⓅⓈⓉⓊ", "EFLMPSTU", strict=True))


@dataclass(frozen=True, slots=True)
class Hand:
    """How a text is written. height: of its capitals, in pixels. width: of single strokes, in pixels."""

    face: Face
    height: float
    width: float
    tracking: float = 0.0


def written(text: str, hand: Hand, draw: Random) -> Ink:
    """The text's ink with room about it, FINER times its size; the baseline is at two thirds of the height."""
    height = hand.height * FINER
    page = _Page(round(height * 3), round(height * (len(text) + 3) * 1.5), height, max(hand.width * FINER, 1.0))
    pen = height
    for sign in text:
        pen += _sign(page, pen, sign, hand, draw) + hand.tracking * height
    ink = page.ink()
    return ink[:, : round(pen + height)]


class _Page:
    """Letters by Pillow, lines by OpenCV, on one sheet."""

    def __init__(self, rows: int, columns: int, height: float, width: float) -> None:
        self.height, self.width = height, width
        self.base = rows * 2 / 3
        self._letters = Image.new("L", (columns, rows))
        self._pen = ImageDraw.Draw(self._letters)
        self._lines: list[tuple[NDArray[np.int32], int]] = []

    def letters(self, x: float, y: float, text: str, face: Outline, height: float) -> float:
        font = face.sized(height)
        self._pen.text((x, self.base - y), text, font=font, fill=255, anchor="ls")
        return float(font.getlength(text))

    def strokes(self, x: float, y: float, strokes: Iterable[Stroke], height: float) -> None:
        for stroke in strokes:
            points = np.array(stroke, np.float64) * (height, -height) + (x, self.base - y)
            self._lines.append((np.rint(points * 2**_PARTS).astype(np.int32), max(round(self.width), 1)))

    def ink(self) -> Ink:
        ink = np.array(self._letters)
        for points, width in self._lines:
            cv2.polylines(ink, [points], False, 255, width, cv2.LINE_AA, _PARTS)
        return ink


def _sign(page: _Page, x: float, sign: str, hand: Hand, draw: Random) -> float:
    """Draw a sign; how far the pen moves on."""
    if sign in _INNER:
        return _ringed(page, x, _INNER[sign], hand, draw)
    look = _look(sign, hand.face, draw)
    if not look:
        drawn = symbol(sign, draw)
        if drawn is None:
            raise ValueError(f"neither {hand.face.path.name} nor we can write {sign!r}")
        strokes, advance = drawn
        page.strokes(x + 0.04 * page.height, 0, strokes, page.height)
        return advance * page.height
    return sum(_letter(page, x, 0, letter, hand.face, page.height) for letter in look)


def _look(sign: str, face: Face, draw: Random) -> str:
    """What the font is to write for a sign; empty where it is drawn by us."""
    looks = [look for look in _LOOKS.get(sign, (sign,)) if all(letter in face.signs for letter in look)]
    plain = sign.isascii()
    if not looks or (not plain and draw.random() < _OWN.get(sign, 0.67)):
        return ""
    return draw.choice(looks)


def _letter(page: _Page, x: float, y: float, sign: str, face: Face, height: float) -> float:
    if isinstance(face, Outline):
        return page.letters(x, y, sign, face, height)
    strokes, advance = face.glyphs[sign]
    page.strokes(x, y, strokes, height)
    return advance * height


def _ringed(page: _Page, x: float, letter: str, hand: Hand, draw: Random) -> float:
    """A letter in a circle."""
    radius, size = draw.uniform(0.55, 0.72) * page.height, draw.uniform(0.55, 0.8) * page.height
    middle = 0.5 * page.height
    page.strokes(x + radius, 0, (ring(0, middle / page.height, radius / page.height),), page.height)
    if isinstance(hand.face, Outline):
        wide = hand.face.sized(size).getlength(letter)
    else:
        points = [point for stroke in hand.face.glyphs[letter][0] for point in stroke]
        wide = (min(x for x, _ in points) + max(x for x, _ in points)) * size
    _letter(page, x + radius - wide / 2, middle - size / 2, letter, hand.face, size)
    return 2 * radius + 0.15 * page.height
