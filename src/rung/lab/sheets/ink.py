"""What ezdxf's drawing add-on draws of a DXF file, kept as marks that know which entity made them.

Places are in the drawing's own units, y up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from ezdxf.addons.drawing.backend import Backend, BkPath2d, BkPoints2d, ImageData
from ezdxf.addons.drawing.config import Configuration
from ezdxf.addons.drawing.frontend import Frontend
from ezdxf.addons.drawing.properties import BackendProperties, RenderContext
from ezdxf.document import Drawing
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.entities.insert import Insert
from ezdxf.entities.mtext import MText
from ezdxf.entities.text import Text
from ezdxf.math import Vec2
from numpy.typing import NDArray

SIGN = "SIGN_"
"""Begins the names of blocks that are a letter: signs that no font has."""
Points = NDArray[np.float64]
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One pen stroke or one filled letter. lines: f64 [N, 2] each, in drawing units; a fill has its holes among them.

    width_mm: of the pen on paper; 0 for a fill. layer, handle: of the top entity, as a DIMENSION, not of the lines and
    letters in it. angle: of letters, in degrees, counted from the x axis against the clock; None for what is no letter.
    """

    lines: tuple[Points, ...]
    width_mm: float
    layer: str
    handle: str
    angle: float | None = None

    @property
    def filled(self) -> bool:
        """Whether the lines bound an area."""
        return self.width_mm == 0


class Ink(Backend):
    """Collects marks."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []

    def _add(self, lines: tuple[Points, ...], width_mm: float, properties: BackendProperties) -> None:
        top = self.entity_stack[0][0]
        layer = top.dxf.layer
        letters: DXFGraphic | None = next(
            (one for one, _ in reversed(self.entity_stack) if isinstance(one, MText | Text)), None
        )
        if letters is None and isinstance(top, Insert) and top.dxf.name.startswith(SIGN):
            letters = top
        angle = None if letters is None else _turn(letters)
        self.marks.append(Mark(lines, width_mm, layer, properties.handle, angle))

    def draw_line(self, start: Vec2, end: Vec2, properties: BackendProperties) -> None:
        """One straight stroke."""
        self._add((np.array(((start.x, start.y), (end.x, end.y))),), properties.lineweight, properties)

    def draw_solid_lines(self, lines: Iterable[tuple[Vec2, Vec2]], properties: BackendProperties) -> None:
        """The dashes of a line, or the lines of a hatch."""
        parts = tuple(np.array(((a.x, a.y), (b.x, b.y))) for a, b in lines)
        if parts:
            self._add(parts, properties.lineweight, properties)

    def draw_path(self, path: BkPath2d, properties: BackendProperties) -> None:
        """A curve, or a letter of a stroke font."""
        if len(path):
            self._add(self._flat([path]), properties.lineweight, properties)

    def draw_filled_paths(self, paths: Iterable[BkPath2d], properties: BackendProperties) -> None:
        """Filled letters, or a filled arrow."""
        lines = self._flat(paths)
        if lines:
            self._add(lines, 0.0, properties)

    def draw_filled_polygon(self, points: BkPoints2d, properties: BackendProperties) -> None:
        """An arrow's head."""
        self._add((np.array([(v.x, v.y) for v in points.vertices()]),), 0.0, properties)

    def draw_point(self, pos: Vec2, properties: BackendProperties) -> None:
        """A dot as wide as the pen."""
        self.draw_line(pos, pos, properties)

    def draw_image(self, image_data: ImageData, properties: BackendProperties) -> None:
        """Sheets hold no pictures."""

    def set_background(self, color: str) -> None:
        """Paper is white."""

    def clear(self) -> None:
        """Take everything back."""
        self.marks.clear()

    def finalize(self) -> None:
        """Nothing is left to do."""

    def _flat(self, paths: Iterable[BkPath2d]) -> tuple[Points, ...]:
        found = []
        for path in paths:
            for part in path.to_path().sub_paths() if path.has_sub_paths else (path,):
                corners = [(v.x, v.y) for v in part.flattening(self.config.max_flattening_distance)]
                if len(corners) > 1:
                    found.append(np.array(corners))
        return tuple(found)


def _turn(letters: DXFGraphic) -> float:
    return float(letters.get_rotation() if isinstance(letters, MText) else letters.dxf.get("rotation", 0.0))


def inked(document: Drawing) -> list[Mark]:
    """All marks of the model space, in the order in which they are drawn."""
    ink = Ink()
    config = Configuration(max_flattening_distance=0.02, lineweight_scaling=1.0, min_lineweight=0.05)
    Frontend(RenderContext(document), ink, config).draw_layout(document.modelspace())
    return ink.marks


def ink_polygons(marks: Sequence[Mark], units_mm: float = 1.0) -> dict[str, Corners]:
    """The tight box of each text entity's letters, in its reading direction, by its entity's handle.

    Four corners: top left, top right, bottom right, bottom left. units_mm: drawing units in a millimetre of paper:
    half the pen's width belongs to the ink.
    """
    letters: dict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        if mark.angle is not None:
            letters[mark.handle].append(mark)
    return {handle: _tight(parts, units_mm) for handle, parts in letters.items()}


def _tight(parts: Sequence[Mark], units_mm: float) -> Corners:
    turn = np.radians(parts[0].angle or 0.0)
    along = np.array((np.cos(turn), np.sin(turn)))
    up = np.array((-along[1], along[0]))
    points = np.concatenate([line for mark in parts for line in mark.lines])
    pen = max(mark.width_mm for mark in parts) / 2 * units_mm
    x, y = points @ along, points @ up
    x0, x1, y0, y1 = x.min() - pen, x.max() + pen, y.min() - pen, y.max() + pen
    corners = ((x0, y1), (x1, y1), (x1, y0), (x0, y0))
    return tuple((float(a * along[0] + b * up[0]), float(a * along[1] + b * up[1])) for a, b in corners)
