"""Takes TOLERANCE entities (GD&T frames as AutoCAD keeps them) apart into walls and texts, which ezdxf does not.

An entity has its frame as one string: rows parted by `^J`, cells by `%%v`, signs as letters of the font GDT. What is
drawn of it here stands where the entity is and says in each cell what the entity says.
Sources: the DXF reference (TOLERANCE), and the letters of Autodesk's font gdt (`GDT_FONT`).
"""

from __future__ import annotations

import re
from typing import Any

from ezdxf.document import Drawing
from ezdxf.math import Vec3
from ezdxf.tools.text_size import text_size

from rung.apps.drawings.opening.layer import Framed
from rung.models.notation.frame import clean_cell
from rung.models.notation.symbols import GDT_FONT

AS_DRAWN = str.maketrans({"⏊": "⊥", "⫽": "∥", "Ⓛ": "(L)", "Ⓜ": "(M)", "Ⓟ": "(P)", "Ⓢ": "(S)"})
"""Signs that hardly any font has, by what means the same (`clean_cell`) and is there."""
_GDT = re.compile(r"\{\\[Ff](?:ai|am)?(?:gdt|GDT|Gdt)(?:\.shx)?[^;]*;([^}]*)\}")
_OTHER = re.compile(r"\{\\[FfHWQC][^;]*;([^}]*)\}|\\[FfHWQC][^;]*;")
STYLE, FONT = "RUNG_FRAMES", "DejaVuSans.ttf"
"""A font that has many of the signs. What a font lacks is drawn as an empty box; the cell says the same."""
HIGH = 2.0
"""Of the letters' height: a row of a frame."""
APP = "RUNG_FRAMES"
"""Under which each text drawn here keeps where it stands."""
GAP = 0.5
"""Of it: paper on either side of a cell's text."""
LETTERS = 2.5


def cells_of(content: str) -> list[list[str]]:
    """Its rows from the top down, each with what its cells say; cells at the end that say nothing are left out."""
    rows = []
    for row in re.split(r"\^J|\\P|\n", content):
        cells = [_plain(cell) for cell in row.split("%%v")]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            rows.append(cells)
    return rows


def _plain(cell: str) -> str:
    text = _GDT.sub(lambda found: "".join(GDT_FONT.get(letter, letter) for letter in found[1]), cell)
    text = _OTHER.sub(lambda found: found[1] or "", text)
    return clean_cell(text)


def draw_frames(document: Drawing) -> None:
    """Each TOLERANCE of the model, the layouts and the blocks, drawn beside itself in the same place and layer."""
    found = [(block, one) for block in document.blocks for one in block.query("TOLERANCE")]
    if found and STYLE not in document.styles:
        document.styles.add(STYLE, font=FONT)
    if found and APP not in document.appids:
        document.appids.add(APP)
    for number, (block, one) in enumerate(found):
        _draw(block, one, document, number)


def framed(entity: Any) -> Framed | None:
    """Where a text that is drawn stands in a TOLERANCE, also in a block's copy of it; None: it is of none."""
    if not entity.has_xdata(APP):
        return None
    number, row, cell, cells = (int(tag.value) for tag in entity.get_xdata(APP))
    return number, row, cell, cells


def _draw(block: Any, entity: Any, document: Drawing, number: int) -> None:
    """The frame begins at the middle of its first row's left wall, as AutoCAD has it."""
    size = _letters(entity, document)
    along = Vec3(entity.dxf.x_axis_vector).normalize()
    down = Vec3(along.y, -along.x, 0)
    start = Vec3(entity.dxf.insert) - down * (HIGH * size / 2)
    layer = {"layer": entity.dxf.layer}
    letters = {"style": STYLE, **layer}
    for row, cells in enumerate(cells_of(entity.dxf.content)):
        corner = start
        for cell, text in enumerate(cells):
            said = text.translate(AS_DRAWN)
            made = block.add_text(said, height=size, rotation=along.angle_deg, dxfattribs=letters)
            made.set_xdata(APP, [(1071, place) for place in (number, row, cell, len(cells))])
            inner = max(text_size(made).width, size) + 2 * GAP * size
            made.set_placement(corner + down * (HIGH + 1) / 2 * size + along * GAP * size)
            far, below = along * inner, down * HIGH * size
            walls = [corner, corner + far, corner + far + below, corner + below]
            block.add_lwpolyline([(one.x, one.y) for one in walls], close=True, dxfattribs=layer)
            corner += far
        start += down * HIGH * size


def _letters(entity: Any, document: Drawing) -> float:
    """Height of its letters in drawing units: its dimension style's, by that style's scale."""
    name = entity.dxf.get("dimstyle", "Standard")
    style = document.dimstyles.get(name) if name in document.dimstyles else None
    height = float(style.dxf.get("dimtxt", LETTERS)) if style is not None else LETTERS
    scale = float(style.dxf.get("dimscale", 1.0)) if style is not None else 1.0
    return (height or LETTERS) * (scale or 1.0)
