"""How an office's dimensions look: their style in the DXF file, their text, line widths, and the box of basic ones."""

from __future__ import annotations

from typing import Any

from ezdxf.document import Drawing
from ezdxf.math import Vec2
from ezdxf.tools.text_size import mtext_size

from rung.lab.sheets.style import Style
from rung.lab.sheets.values import Dress, limit_texts, printed

DIMENSIONS = "RUNG"
LETTERS = "LETTERS"
BOX = 0.4
"""Between a basic dimension's text and its box, in heights of the text."""
WEIGHTS = (5, 9, 13, 15, 18, 20, 25, 30, 35, 40, 50, 53, 60, 70, 80, 90, 100)
"""Line widths that DXF knows, in hundredths of a millimetre."""


def weight(millimetres: float) -> int:
    """The nearest line width that DXF knows, in hundredths of a millimetre."""
    return min(WEIGHTS, key=lambda one: abs(one - millimetres * 100))


def boxed(made: Any, gap: float) -> None:
    """The box of a basic dimension, so far from its text, drawn into the dimension's own block; a CAD program that
    draws the dimension anew does it by the negative gap."""
    block = made.dimension.get_geometry_block()
    letters = next(one for one in block if one.dxftype() == "MTEXT")
    size = mtext_size(letters)
    middle, turn = Vec2(letters.dxf.insert), letters.get_rotation()
    wide, tall = size.total_width / 2 + gap, letters.dxf.char_height / 2 + gap
    ends = (
        Vec2(x, y).rotate_deg(turn) + middle for x, y in ((-wide, tall), (wide, tall), (wide, -tall), (-wide, -tall))
    )
    block.add_lwpolyline([(end.x, end.y) for end in ends], close=True, dxfattribs={"layer": "0"})
    made.dimstyle_attribs["dimgap"] = -gap
    made.commit()


def dimension_style(document: Drawing, style: Style, text_mm: float) -> None:
    """Put that office's dimension style into the document."""
    made = document.dimstyles.new(DIMENSIONS)
    made.dxf.dimtxsty = LETTERS
    made.dxf.dimtxt = text_mm
    made.dxf.dimasz = style.arrow_mm
    made.dxf.dimexe, made.dxf.dimexo, made.dxf.dimgap = 1.5, 0.8, text_mm * 0.3
    made.dxf.dimtad = 1 if style.above else 0
    made.dxf.dimtih = made.dxf.dimtoh = int(style.upright)
    made.dxf.dimdec, made.dxf.dimadec = 3 if style.decimals is None else style.decimals, 1
    made.dxf.dimzin, made.dxf.dimazin = 8 if style.decimals is None else 0, 2
    made.dxf.dimdsep = ord(style.comma)
    made.dxf.dimtol, made.dxf.dimtolj, made.dxf.dimtfac = 0, 1, style.tolerance_share
    made.dxf.dimtix, made.dxf.dimtofl, made.dxf.dimtmove = 0, 1, 0
    made.dxf.dimlwd = made.dxf.dimlwe = weight(style.weights.thin)
    if style.arrow == "tick":
        made.dxf.dimtsz = style.arrow_mm * 0.7
    else:
        made.set_arrows(blk=style.arrow)


def arguments(style: Style, text_mm: float, nominal: float, dress: Dress, factor: float = 1.0) -> dict[str, Any]:
    """What all dimensions are drawn with; `<>` stands for what ezdxf measures, times factor."""
    text = "<>"
    if dress.limits:
        high, low = (printed(one, style) for one in limit_texts(nominal, dress))
        text = f"{{\\H{style.tolerance_share + 0.1:.2f}x;\\S{high}^ {low};}}"
    count = f"{dress.count}{style.times}" if dress.count > 1 else ""
    text = count + printed(dress.prefix, style) + text + printed(dress.tail + dress.fit, style)
    if dress.form == "reference":
        text = f"({text})"
    override: dict[str, Any] = {"dimlfac": factor}
    if dress.form == "basic":  # ezdxf draws no box, so there is room left for ours
        override["dimgap"] = text_mm * BOX * 2
    elif dress.limits or (dress.upper is not None and dress.upper != -(dress.lower or 0)):
        override["dimgap"] = text_mm * (0.3 + 0.8 * style.tolerance_share)
    return {"text": text, "dimstyle": DIMENSIONS, "override": override}
