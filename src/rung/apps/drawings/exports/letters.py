"""Decides which letters the lists of readings are written with: reportlab's own Vera, and what stands for signs that it
lacks."""

from __future__ import annotations

from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT: Final = "Vera"
_INSTEAD: Final = str.maketrans(
    {"⌀": "Ø", "□": "[]", "↧": "depth ", "⌴": "cbore ", "⌵": "csk ", "⌲": "taper ", "⌳": "slope ", "⌒": "arc "}
)


def lettered() -> str:
    """The name of the font, known to reportlab from now on."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, f"{FONT}.ttf"))
    return FONT


def printable(text: str) -> str:
    """The text in signs that the font has; `?` where nothing stands for one."""
    known = pdfmetrics.getFont(lettered()).face.charToGlyph
    return "".join(sign if ord(sign) in known else "?" for sign in text.translate(_INSTEAD))
