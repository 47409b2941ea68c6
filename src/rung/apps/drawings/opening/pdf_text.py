"""The text layer of a PDF page as lines, each with its polygon.

Invisible text (render mode 3) is left out: it is what another program's recognition took a scan for.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from rung.apps.drawings.opening.layer import Corner, LayerText

INVISIBLE = 3
FINE = 16
"""PDFium tells device pixels as whole numbers: they are asked for on a grid this many times as fine."""
CAPITALS, DESCENT = 0.72, 0.05
"""Heights as shares of the font's size, for texts that run at a slant: no tight box of a letter says them."""
GAP = 0.9
"""Of the font's size: a wider gap begins another text."""
BASELINE = 0.25
"""Of the font's size: how far a letter may stand off the line of its text."""
SAME_SIZE = 0.15


@dataclass(frozen=True, slots=True)
class _Letter:
    """One sign, in pixels of the page. along: unit vector of its reading direction. box: x0, y0, x1, y1."""

    sign: str
    at: Corner
    along: Corner
    size: float
    box: tuple[float, float, float, float]


def layer_of(page: Any, width: int, height: int) -> list[LayerText]:
    """The visible texts of a page that is rendered to width x height pixels."""
    text = page.get_textpage()
    try:
        letters = [_letter(page, text, number, width, height) for number in range(text.count_chars())]
    finally:
        text.close()
    return [found for line in _lines(letters) if (found := _text(line)) is not None]


def _letter(page: Any, text: Any, number: int, width: int, height: int) -> _Letter | None:
    """None where a line ends or a sign is not seen."""
    code = pdfium.FPDFText_GetUnicode(text, number)
    sign = chr(code) if 0x20 <= code < 0x110000 and not 0xD800 <= code < 0xE000 and code != 0xFFFE else ""
    if not sign or _hidden(text, number):
        return None

    def placed(x: float, y: float) -> Corner:
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page, 0, 0, width * FINE, height * FINE, 0, x, y, across, down)
        return across.value / FINE, down.value / FINE

    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    pdfium.FPDFText_GetCharBox(text, number, left, right, bottom, top)
    pdfium.FPDFText_GetCharOrigin(text, number, x, y)
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, number, matrix)
    size = pdfium.FPDFText_GetFontSize(text, number) * (math.hypot(matrix.c, matrix.d) or 1.0)
    slant = math.atan2(matrix.b, matrix.a)
    at = placed(x.value, y.value)
    ahead = placed(x.value + math.cos(slant) * size, y.value + math.sin(slant) * size)
    length = math.dist(at, ahead) or 1.0
    corners = (placed(left.value, bottom.value), placed(right.value, top.value))
    box = (*map(min, zip(*corners, strict=True)), *map(max, zip(*corners, strict=True)))
    return _Letter(sign, at, ((ahead[0] - at[0]) / length, (ahead[1] - at[1]) / length), length, box)  # type: ignore[arg-type]


def _hidden(text: Any, number: int) -> bool:
    owner = pdfium.FPDFText_GetTextObject(text, number)
    return bool(owner) and pdfium.FPDFTextObj_GetTextRenderMode(owner) == INVISIBLE


def _lines(letters: Iterable[_Letter | None]) -> Iterable[list[_Letter]]:
    """Letters that follow each other on one line."""
    line: list[_Letter] = []
    for letter in letters:
        if line and (letter is None or not _follows(line[-1], letter)):
            yield line
            line = []
        if letter is not None:
            line.append(letter)
    if line:
        yield line


def _follows(last: _Letter, letter: _Letter) -> bool:
    if last.along[0] * letter.along[0] + last.along[1] * letter.along[1] < 0.99:
        return False
    step = (letter.at[0] - last.at[0], letter.at[1] - last.at[1])
    ahead = step[0] * last.along[0] + step[1] * last.along[1]
    aside = abs(step[1] * last.along[0] - step[0] * last.along[1])
    size = max(last.size, letter.size)
    if aside > BASELINE * size or not (last.sign == " " or letter.sign == " " or _alike(last, letter)):
        return False
    return -0.5 * size < ahead < _advance(last) + GAP * size


def _alike(last: _Letter, letter: _Letter) -> bool:
    """Smaller letters beside larger ones are a tolerance, and a text of their own."""
    return abs(last.size - letter.size) <= SAME_SIZE * max(last.size, letter.size)


def _advance(letter: _Letter) -> float:
    """How far its ink reaches from where it stands, along the line."""
    x0, y0, x1, y1 = letter.box
    reach = [
        (x - letter.at[0]) * letter.along[0] + (y - letter.at[1]) * letter.along[1] for x in (x0, x1) for y in (y0, y1)
    ]
    return max(0.0, *reach)


def _text(line: list[_Letter]) -> LayerText | None:
    """None where the line says nothing."""
    seen = [letter for letter in line if not letter.sign.isspace()]
    if not seen:
        return None
    first, along = seen[0], seen[0].along
    down = (-along[1], along[0])
    straight = max(map(abs, along)) > 0.999
    size = max(letter.size for letter in seen)
    reach = [_extent(letter, first.at, along, straight) for letter in seen]
    slanting = [(-CAPITALS * size, DESCENT * size)]
    drop = [_extent(letter, first.at, down, True) for letter in seen] if straight else slanting
    start, end = min(low for low, _ in reach), max(high for _, high in reach)
    top, bottom = min(low for low, _ in drop), max(high for _, high in drop)

    def corner(ahead: float, below: float) -> Corner:
        return (
            first.at[0] + ahead * along[0] + below * down[0],
            first.at[1] + ahead * along[1] + below * down[1],
        )

    polygon = (corner(start, top), corner(end, top), corner(end, bottom), corner(start, bottom))
    text = "".join(letter.sign for letter in line).strip()
    return LayerText(text=" ".join(text.split()), polygon=polygon, height=CAPITALS * size)


def _extent(letter: _Letter, origin: Corner, axis: Corner, straight: bool) -> tuple[float, float]:
    """How far it reaches along an axis through `origin`. Boxes lie along the page: at a slant they are too large."""
    if not straight:
        at = (letter.at[0] - origin[0]) * axis[0] + (letter.at[1] - origin[1]) * axis[1]
        return at, at + 0.55 * letter.size
    x0, y0, x1, y1 = letter.box
    seen = [(x - origin[0]) * axis[0] + (y - origin[1]) * axis[1] for x in (x0, x1) for y in (y0, y1)]
    return min(seen), max(seen)
