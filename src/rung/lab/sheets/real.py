"""Drawings that others made in CAD, cut into sheets: what their dimension entities print, and where.

The truth is what the file says. A dimension's text is that of its geometry block, which the CAD program wrote; it is
true in the letters of another font where the file's own is not installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ezdxf import recover
from ezdxf.document import Drawing
from ezdxf.entities.dimension import Dimension
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.entities.insert import Insert
from ezdxf.entities.mtext import MText
from ezdxf.entities.text import Text
from numpy.typing import NDArray

from rung.lab.sheets.ink import Corners, Mark, ink_polygons, inked
from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.raster import MM, View, labels_of, picture_of, to_pixels
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.truth import DimensionValue, SheetTruth, TrueDimension, TrueText
from rung.lab.sheets.typefaces import ready
from rung.lab.strokes.entities import TEXTS, layer_of
from rung.models import notation

SUBSTITUTE = "NanumGothic.ttf"
"""Letters for fonts that are not installed: it has Hangul, which the default has not."""
CAPITALS_MM = 3.0
"""The middle dimension of a drawing is shown with letters so high, as on paper."""
WINDOW_MM = 420.0, 297.0
EDGE_PX = 4.0
LEAST = 3
"""Windows with fewer dimensions are not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealDrawing:
    """A drawing's marks and what its texts say, by handle. others: texts that are no dimension entity.

    layers: of every entity, which of LAYERS it is of by the rule of `layer_of`.
    """

    name: str
    marks: list[Mark]
    dimensions: dict[str, str]
    others: dict[str, str]
    layers: dict[str, str]


def opened(path: Path) -> RealDrawing:
    """The model space. Raises what ezdxf raises for a file that is no DXF."""
    document, _ = recover.readfile(path)
    ready({SUBSTITUTE: "가0"})
    _lettered(document)
    dimensions, others = {}, {}
    for entity in document.modelspace():
        if isinstance(entity, Dimension):
            if (text := _printed(entity)) and notation.parse(text) is not None:
                dimensions[entity.dxf.handle] = text
        elif isinstance(entity, DXFGraphic) and entity.dxftype() in ("TEXT", "MTEXT", "INSERT"):
            others[entity.dxf.handle] = _said(entity)
    # Commas of a whole drawing are one habit: 3,000 is three metres where no 2,5 stands beside it.
    thousands = notation.parts_thousands(dimensions.values())
    dimensions = {handle: text.replace(",", "") if thousands else text for handle, text in dimensions.items()}
    return RealDrawing(
        name=path.stem, marks=inked(document), dimensions=dimensions, others=others, layers=_layers(document)
    )


def _layers(document: Drawing) -> dict[str, str]:
    """By handle. A line type that is the layer's is looked up there."""
    types = {layer.dxf.name: layer.dxf.get("linetype", "") for layer in document.layers}
    found = {}
    for entity in document.modelspace():
        layer, line = entity.dxf.get("layer", "0"), entity.dxf.get("linetype", "BYLAYER")
        resolved = types.get(layer, "") if line.upper() == "BYLAYER" else line
        form = isinstance(entity, Insert) and _lettered_block(entity)
        found[entity.dxf.handle] = layer_of(entity.dxftype(), layer, resolved, form=form)
    return found


def _lettered_block(entity: Insert) -> bool:
    """Whether letters stand in the block or beside it."""
    block = entity.block()
    return bool(entity.attribs) or (block is not None and any(one.dxftype() in TEXTS for one in block))


def _lettered(document: Drawing) -> None:
    for style in document.styles:
        style.dxf.font = SUBSTITUTE


def _printed(entity: Dimension) -> str:
    for part in entity.virtual_entities():
        if isinstance(part, MText):
            return _stacked(" ".join(part.plain_text(split=True)).strip())
        if part.dxftype() == "TEXT":
            return str(part.dxf.text).strip()
    return ""


def _stacked(text: str) -> str:
    """MTEXT parts what it stacks by a caret; a zero above has no sign there, and a space in its place."""
    return text.replace(" 0^", "+0/").replace("^ ", "/").replace("^", "/")


def _said(entity: DXFGraphic) -> str:
    match entity:
        case MText():
            return " ".join(entity.plain_text(split=True))
        case Text():
            return str(entity.dxf.text)
        case _:
            return ""


def windows(drawing: RealDrawing, dpi: float) -> Iterator[Page]:
    """Pieces of the drawing as large as an A3 sheet, those with dimensions, from the left.

    The texts of other entities stand in the truth as texts: what is read of them is neither right nor made up.
    Dimensions that an edge cuts are texts too.
    """
    inks = ink_polygons(drawing.marks)
    centres = {handle: np.mean(inks[handle], axis=0) for handle in drawing.dimensions if handle in inks}
    heights = [np.linalg.norm(np.subtract(inks[one][1], inks[one][2])) for one in centres]
    if not heights:
        return
    scale = CAPITALS_MM / MM * dpi / float(np.median(heights))
    boxes = _boxes(drawing.marks)
    for place, (left, top) in enumerate(_grid(list(centres.values()), scale, dpi)):
        width, height = (round(side / MM * dpi) for side in WINDOW_MM)
        view = View(left=left, top=top, width=width, height=height, scale=scale, pen=dpi / MM)
        page = _page(drawing, view, inks, boxes, dpi, f"{drawing.name}-{place:02d}")
        if len(page.truth.dimensions) >= LEAST:
            yield page


def _grid(centres: Sequence[NDArray[np.float64]], scale: float, dpi: float) -> list[tuple[float, float]]:
    """Upper left corners of the windows of a grid in which a dimension stands."""
    wide, tall = (side / MM * dpi / scale for side in WINDOW_MM)
    low = np.min(centres, axis=0) - np.array((wide, tall)) * 0.1
    cells = {tuple(np.floor((one - low) / (wide, tall)).astype(int)) for one in centres}
    return [(float(low[0] + x * wide), float(low[1] + (y + 1) * tall)) for x, y in sorted(cells)]


def _boxes(marks: Sequence[Mark]) -> NDArray[np.float64]:
    """f64 [N, 4]: left, low, right, high of each mark."""
    return np.array([(*np.min(ends, axis=0), *np.max(ends, axis=0)) for ends in map(_ends, marks)])


def _ends(mark: Mark) -> NDArray[np.float64]:
    return np.concatenate([(line.min(0), line.max(0)) for line in mark.lines])


def _page(
    drawing: RealDrawing, view: View, inks: dict[str, Corners], boxes: NDArray[np.float64], dpi: float, name: str
) -> Page:
    right, low = view.left + view.width / view.scale, view.top - view.height / view.scale
    seen = (boxes[:, 0] < right) & (boxes[:, 2] > view.left) & (boxes[:, 1] < view.top) & (boxes[:, 3] > low)
    marks = [mark for mark, here in zip(drawing.marks, seen, strict=True) if here]
    placed = {handle: to_pixels(inks[handle], view) for handle in {mark.handle for mark in marks} & inks.keys()}
    dimensions, texts = [], []
    for handle, polygon in placed.items():
        text = drawing.dimensions.get(handle)
        if text is not None and _whole(polygon, view):
            dimensions.append(TrueDimension(value=_value(text), polygon=polygon))
        else:
            said = text or drawing.others.get(handle, "")
            texts.append(TrueText(text=said, alphabet="text", polygon=polygon))
    truth = SheetTruth(name=name, dpi=dpi, dimensions=tuple(dimensions), texts=tuple(texts))
    return Page(picture=picture_of(marks, view), truth=truth, labels=_labels(drawing, marks, view), dpi=dpi)


def _labels(drawing: RealDrawing, marks: Sequence[Mark], view: View) -> NDArray[np.uint8]:
    """1 + the place in LAYERS of what each pixel is of. Letters lie over lines, as they are read."""

    def of(mark: Mark) -> int:
        layer = "text" if mark.angle is not None else drawing.layers.get(mark.handle, "contour")
        return 1 + LAYERS.index(layer)

    return labels_of(sorted(marks, key=lambda mark: mark.angle is not None), view, of)


def _whole(polygon: Corners, view: View) -> bool:
    return all(EDGE_PX <= x <= view.width - EDGE_PX and EDGE_PX <= y <= view.height - EDGE_PX for x, y in polygon)


def _value(text: str) -> DimensionValue:
    """What the notation makes of the print: here there is no other truth of the meaning."""
    found = notation.parse(text)
    assert found is not None
    return DimensionValue(text=found.text, type=found.type, nominal=found.nominal or 0.0)  # type: ignore[arg-type]
