"""Decides which layer of ours an entity of somebody else's DXF file is of, by its type, its line type and its layer's
name: a rule, and so no better than how the file was drawn."""

from __future__ import annotations

import re
from typing import Final

DIMENSIONS: Final = frozenset({"DIMENSION", "ARC_DIMENSION", "LEADER", "MULTILEADER", "MLEADER", "TOLERANCE"})
TEXTS: Final = frozenset({"TEXT", "MTEXT", "ATTRIB", "ATTDEF"})
FILLS: Final = frozenset({"HATCH", "MPOLYGON", "SOLID", "WIPEOUT"})

_NAMED: Final = (
    ("dimension", re.compile(r"dim|mass|maß|bema|quot|cota|치수", re.IGNORECASE)),
    ("dimension", re.compile(r"leader|지시선", re.IGNORECASE)),
    ("border", re.compile(r"border|frame|title|rahmen|sheet|^sht|format|cartouche|도곽|표제", re.IGNORECASE)),
    ("table", re.compile(r"tabl|_form$|표$", re.IGNORECASE)),
    ("symbol", re.compile(r"sym(bol)?s?$|심볼|기호", re.IGNORECASE)),
    ("hatch", re.compile(r"hatch|schraff|hat$|^hat|해치", re.IGNORECASE)),
    ("centre", re.compile(r"cent|cen$|axis|achs|mitte|axe|중심", re.IGNORECASE)),
    ("hidden", re.compile(r"hid|verdeckt|cach|은선|숨은", re.IGNORECASE)),
    ("table", re.compile(r"te?xt?$|^te?xt|문자", re.IGNORECASE)),
)
_LINES: Final = (
    ("centre", re.compile(r"cent|chain|dashdot|mitte|axes", re.IGNORECASE)),
    ("hidden", re.compile(r"hid|verdeckt", re.IGNORECASE)),
)


def layer_of(kind: str, layer: str, linetype: str, *, form: bool = False) -> str:
    """One of the generator's layers, for an entity's DXF type, its layer's name and its line type (resolved).

    form: whether it inserts a block that has letters beside its lines, as sheets' forms, lists and marks do; the lines
    on a layer of texts rule them too. The letters of every entity are `text`, whatever this says. What no rule knows is
    `contour`: the part itself is what a drawing consists of when all else is taken away.
    """
    if kind in DIMENSIONS:
        return "dimension"
    if kind in TEXTS:
        return "text"
    if kind in FILLS:
        return "hatch"
    by_layer = next((name for name, pattern in _NAMED if pattern.search(layer)), None)
    by_line = next((name for name, pattern in _LINES if pattern.search(linetype)), None)
    return by_layer or by_line or ("table" if form else "contour")
