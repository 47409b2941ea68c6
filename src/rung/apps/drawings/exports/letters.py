"""Decides which letters the lists of readings are written with: the Korean font of the quotations, and what stands for
signs that it lacks."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT: Final = "NanumSquareR"
_INSTEAD: Final = str.maketrans(
    {
        "⌀": "Ø",
        "∅": "Ø",
        "µ": "u",
        "−": "-",
        "↧": "depth ",
        "⌴": "cbore ",
        "⌵": "csk ",
        "⌲": "taper ",
        "⌳": "slope ",
        # The font has them, with nothing drawn.
        **{sign: f"({letter})" for sign, letter in zip("ⒺⒻⓁⓂⓅⓈⓉⓊ", "EFLMPSTU", strict=True)},
    }
)


def lettered() -> str:
    """The name of the font, known to reportlab from now on."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        with as_file(files("rung.apps.drawings.quoting").joinpath("fonts", f"{FONT}.ttf")) as path:
            pdfmetrics.registerFont(TTFont(FONT, str(path)))
    return FONT


def printable(text: str) -> str:
    """The text in signs that the font has; `?` where nothing stands for one."""
    known = pdfmetrics.getFont(lettered()).face.charToGlyph
    return "".join(sign if ord(sign) in known or sign == " " else "?" for sign in text.translate(_INSTEAD))
