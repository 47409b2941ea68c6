"""Puts the signs that letters of AutoCAD's font gdt stand for in their place: `{\\Fgdt;n}25` is a diameter of 25."""

from __future__ import annotations

import re
from typing import Any, Final

from ezdxf.document import Drawing

from rung.apps.drawings.opening.dxf_frames import AS_DRAWN
from rung.models.notation.symbols import DIAMETER, GDT_FONT

_SWITCH: Final = re.compile(r"\\f(?:ai|am)?gdt[^;]*;([^\\{};]*)", re.IGNORECASE)
"""To that font within a text, and what is written in it. Inventor's is aigdt, Mechanical's amgdt."""
_FONT: Final = re.compile(r"(?:ai|am)?gdt", re.IGNORECASE)


def put_signs(document: Drawing) -> None:
    """Each text of the model space, the papers and the blocks, those of dimensions among them."""
    styles = {style.dxf.name.lower() for style in document.styles if _FONT.match(style.dxf.get("font", ""))}
    for block in document.blocks:
        for one in block.query("MTEXT"):
            _put(one, styles)
        for one in block.query("TEXT ATTRIB"):
            if one.dxf.get("style", "").lower() in styles:
                one.dxf.text = _signs(one.dxf.text)


def _put(text: Any, styles: set[str]) -> None:
    if text.dxf.get("style", "").lower() in styles and "\\" not in text.text:
        text.text = _signs(text.text)
    text.text = _SWITCH.sub(lambda found: _signs(found[1]), text.text)


def _signs(letters: str) -> str:
    made = "".join(GDT_FONT.get(letter, letter) for letter in letters)
    return made.translate(AS_DRAWN).replace(DIAMETER, "Ø")
