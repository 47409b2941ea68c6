"""DXF to grey pixels, with the texts of its entities as they stand: dimensions, notes, attributes of blocks.

ezdxf's drawing add-on takes entities apart; here are what it draws to, and an ear for the texts that pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from ezdxf.addons.drawing.backend import Backend
from ezdxf.addons.drawing.config import BackgroundPolicy, ColorPolicy, Configuration, HatchPolicy, LinePolicy
from ezdxf.addons.drawing.frontend import UniversalFrontend
from ezdxf.addons.drawing.pipeline import RenderPipeline2d
from ezdxf.addons.drawing.properties import RenderContext
from ezdxf.document import Drawing
from ezdxf.layouts.layout import Layout
from ezdxf.math import Vec2
from numpy.typing import NDArray

from rung.apps.drawings.opening.dxf_file import document_of
from rung.apps.drawings.opening.dxf_frames import draw_frames, framed
from rung.apps.drawings.opening.layer import Framed, LayerText, fitting
from rung.runtime.errors import InvalidInput

MM_PER_INCH = 25.4
UNIT_MM = {1: 25.4, 2: 304.8, 4: 1.0, 5: 10.0, 6: 1000.0}
"""$INSUNITS to millimetres; what is not here, or not said, counts as millimetres."""
MARGIN = 0.02
"""Of the longer side, left white round what is drawn."""
LEGIBLE_PX = 20.0
"""Capitals are drawn at least so high, where the pixels allow it: 2.5 mm at 200 dpi."""
MOST_TIMES = 3.0
LINE_MM, LEAST_LINE_MM = 0.25, 0.13
SHIFT = 4
FLATNESS = 0.002
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Stroke:
    """One or more lines of drawing units. width_mm: of the pen; None: filled."""

    lines: list[Points]
    width_mm: float | None


class _Plotter(Backend):
    """Keeps what is drawn as lines and areas."""

    def __init__(self) -> None:
        super().__init__()
        self.strokes: list[_Stroke] = []

    def clear(self) -> None:
        """Begin again."""
        self.strokes.clear()

    def set_background(self, color: str) -> None:
        """The paper is white."""

    def draw_point(self, pos: Any, properties: Any) -> None:
        """A dot as long as nothing."""
        self._add([_points([pos, pos])], properties)

    def draw_line(self, start: Any, end: Any, properties: Any) -> None:
        """A line."""
        self._add([_points([start, end])], properties)

    def draw_solid_lines(self, lines: Iterable[tuple[Any, Any]], properties: Any) -> None:
        """Many lines of one pen, such as a hatch."""
        self._add([_points(pair) for pair in lines], properties)

    def draw_path(self, path: Any, properties: Any) -> None:
        """A curve."""
        self._add([_points(path.flattening(FLATNESS * _span(path)))], properties)

    def draw_filled_paths(self, paths: Iterable[Any], properties: Any) -> None:
        """Letters, with their holes."""
        lines = [_points(path.flattening(FLATNESS * _span(path))) for path in paths if len(path)]
        self._fill(lines)

    def draw_filled_polygon(self, points: Any, properties: Any) -> None:
        """An arrow's head."""
        self._fill([_points(points.vertices())])

    def draw_image(self, image_data: Any, properties: Any) -> None:
        """Pictures lie outside the file, and are not looked for."""

    def _add(self, lines: list[Points], properties: Any) -> None:
        width = max(float(properties.lineweight or LINE_MM), LEAST_LINE_MM)
        if lines := [line for line in lines if len(line)]:
            self.strokes.append(_Stroke(lines, width))

    def _fill(self, lines: list[Points]) -> None:
        if lines := [line for line in lines if len(line) > 2]:
            self.strokes.append(_Stroke(lines, None))


@dataclass(slots=True)
class _Heard:
    """A text in drawing units: its ink's corners in reading direction (top left, top right, bottom right, left)."""

    text: str
    corners: Points
    height: float
    framed: Framed | None = None


class _Pipeline(RenderPipeline2d):
    """Hears every text on its way to being drawn."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.heard: list[_Heard] = []
        self._framed: Framed | None = None

    def enter_entity(self, entity: Any, properties: Any) -> None:
        """Whatever is drawn from now on is of that entity."""
        super().enter_entity(entity, properties)
        self._framed = framed(entity)

    def draw_text(self, text: str, transform: Any, properties: Any, cap_height: float, dxftype: str = "TEXT") -> None:
        """As it is drawn; what a viewport cuts off is not heard."""
        super().draw_text(text, transform, properties, cap_height, dxftype)
        if not text.strip():
            return
        try:
            ink = self.text_engine.get_text_path(text, properties.font or self.default_font_face, cap_height)
            x, y = np.array([(v.x, v.y) for v in ink.extents()]).T
        except (RuntimeError, ValueError):
            return
        corners = [(x[0], y[1]), (x[1], y[1]), (x[1], y[0]), (x[0], y[0])]
        placed = [transform.transform((a, b, 0)) for a, b in corners]
        spots = [self.clipping_portal.clip_point(Vec2(one)) for one in placed]
        if not any(spot is None for spot in spots):
            found = _points(spots)
            height = float(np.linalg.norm(found[3] - found[0]))
            self.heard.append(_Heard(" ".join(text.split()), found, height, self._framed))


@dataclass(slots=True)
class Drawn:
    """A layout's lines and texts in drawing units, y up."""

    strokes: list[_Stroke]
    heard: list[_Heard]
    unit_mm: float
    low: Points = field(default_factory=lambda: np.zeros(2))
    high: Points = field(default_factory=lambda: np.zeros(2))


def render(
    data: bytes, dpi: float, most_pixels: int, text_layer: bool
) -> tuple[NDArray[np.uint8], float, list[LayerText]]:
    """(uint8 [H, W], the dpi that it was rendered at, its texts). Raises InvalidInput for a damaged or empty file."""
    drawn = _drawn(document_of(data))
    side = (drawn.high - drawn.low) * drawn.unit_mm / MM_PER_INCH
    margin = MARGIN * float(side.max())
    width, height = side + 2 * margin
    used = fitting(width, height, _legible(drawn, dpi), most_pixels)
    scale = used * drawn.unit_mm / MM_PER_INCH
    shape = (max(round(height * used), 1), max(round(width * used), 1))
    left, top = drawn.low[0] - margin * used / scale, drawn.high[1] + margin * used / scale

    def placed(points: Points) -> Points:
        return np.column_stack(((points[:, 0] - left) * scale, (top - points[:, 1]) * scale))

    canvas = np.full(shape, 255, np.uint8)
    for stroke in drawn.strokes:
        _ink(canvas, stroke, placed, used)
    texts = [_layer_text(one, placed(one.corners), scale) for one in drawn.heard] if text_layer else []
    return canvas, used, texts


def _drawn(document: Drawing) -> Drawn:
    """The model space, or the first layout with anything on it. Raises InvalidInput where all are empty."""
    draw_frames(document)
    unit = UNIT_MM.get(int(document.header.get("$INSUNITS", 0)), 1.0)
    for layout in _layouts(document):
        plotter = _Plotter()
        pipeline = _Pipeline(plotter)
        settings = Configuration(
            background_policy=BackgroundPolicy.WHITE, color_policy=ColorPolicy.BLACK,
            hatch_policy=HatchPolicy.NORMAL, line_policy=LinePolicy.ACCURATE,
        )  # fmt: skip
        UniversalFrontend(RenderContext(document), pipeline, settings).draw_layout(layout)
        if plotter.strokes:
            spots = np.concatenate([line for stroke in plotter.strokes for line in stroke.lines])
            return Drawn(plotter.strokes, pipeline.heard, unit, spots.min(axis=0), spots.max(axis=0))
    raise InvalidInput("file: the DXF holds nothing that is drawn: its model space and layouts are empty", field="file")


def _layouts(document: Drawing) -> list[Layout]:
    return [document.modelspace(), *(document.layout(name) for name in document.layout_names() if name != "Model")]


def _legible(drawn: Drawn, dpi: float) -> float:
    """The dpi at which texts are high enough to be read, at least the one that was asked for."""
    heights = [one.height * drawn.unit_mm / MM_PER_INCH for one in drawn.heard if one.height > 0]
    return min(max(dpi, LEGIBLE_PX / float(np.median(heights))), MOST_TIMES * dpi) if heights else dpi


def _ink(canvas: NDArray[np.uint8], stroke: _Stroke, placed: Any, dpi: float) -> None:
    lines = [np.round((placed(line) - 0.5) * 2**SHIFT).astype(np.int32) for line in stroke.lines]
    if stroke.width_mm is None:
        cv2.fillPoly(canvas, lines, 0, cv2.LINE_AA, SHIFT)
    else:
        width = max(1, round(stroke.width_mm / MM_PER_INCH * dpi))
        cv2.polylines(canvas, lines, False, 0, width, cv2.LINE_AA, SHIFT)


def _layer_text(heard: _Heard, corners: Points, scale: float) -> LayerText:
    polygon = tuple((float(x), float(y)) for x, y in corners)
    return LayerText(text=heard.text, polygon=polygon, height=heard.height * scale, framed=heard.framed)


def _points(vertices: Iterable[Any]) -> Points:
    return np.array([(v.x, v.y) for v in vertices], dtype=np.float64).reshape(-1, 2)


def _span(path: Any) -> float:
    low, high = path.extents()
    return max(float(high.x - low.x), float(high.y - low.y)) or 1.0
