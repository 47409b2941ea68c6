"""What a layout of a DXF draws: its lines and areas, and its texts as they stand, in drawing units.

ezdxf's drawing add-on takes entities apart; here are what it draws to, and an ear for the texts that pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from ezdxf.addons.drawing.backend import Backend
from ezdxf.addons.drawing.config import BackgroundPolicy, ColorPolicy, Configuration, HatchPolicy, LinePolicy
from ezdxf.addons.drawing.frontend import UniversalFrontend
from ezdxf.addons.drawing.pipeline import RenderPipeline2d
from ezdxf.addons.drawing.properties import RenderContext
from ezdxf.document import Drawing
from ezdxf.fonts import fonts
from ezdxf.layouts.layout import Layout
from ezdxf.lldxf.const import DXFError
from ezdxf.math import Vec2

from rung.apps.drawings.opening.dxf_file import DIMENSIONS
from rung.apps.drawings.opening.dxf_frames import framed
from rung.apps.drawings.opening.dxf_ink import Points, Stroke
from rung.apps.drawings.opening.dxf_squeeze import Walls
from rung.apps.drawings.opening.layer import Framed
from rung.runtime.errors import InvalidInput

LINE_MM, LEAST_LINE_MM = 0.25, 0.13
FLATNESS = 0.002
"""Of a curve's size: how far its chords may stray from it."""
MOST_ENTITIES: Final = 2_000_000
"""With every copy of a block counted: blocks of blocks of blocks are more than a sheet can show."""
DEEPEST: Final = 50
"""Blocks in blocks. One that holds itself has no end."""
LETTERED: Final = ("TEXT", "MTEXT", "ATTRIB", "ATTDEF")
_FAULTS = (DXFError, ValueError, TypeError, AttributeError, KeyError, IndexError, ArithmeticError)
"""What ezdxf raises for an entity that contradicts itself."""


@dataclass(slots=True)
class Heard:
    """A text in drawing units: its ink's corners in reading direction (top left, top right, bottom right, left).

    dimension: the number of the dimension entity that prints it; None: of none.
    """

    text: str
    corners: Points
    height: float
    framed: Framed | None = None
    dimension: int | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """y up. lacking: what could not be drawn, and how often."""

    strokes: list[Stroke]
    heard: list[Heard]
    lacking: Counter[str]


def drawn(document: Drawing, layout: Layout, *, windows: bool = True) -> Drawn:
    """What stands on the layout. windows: with what its viewports show of the model space.

    Raises InvalidInput for blocks that hold themselves or too many of each other.
    """
    plotter = _Plotter()
    pipeline = _Pipeline(plotter)
    settings = Configuration(
        background_policy=BackgroundPolicy.WHITE, color_policy=ColorPolicy.BLACK,
        hatch_policy=HatchPolicy.NORMAL, line_policy=LinePolicy.ACCURATE,
    )  # fmt: skip
    frontend = _Frontend(RenderContext(document), pipeline, settings)
    frontend.draw_layout(layout, filter_func=None if windows else _is_no_window)
    return Drawn(_between_walls(plotter.strokes, pipeline), pipeline.heard, frontend.lacking)


def _between_walls(strokes: list[Stroke], pipeline: _Pipeline) -> list[Stroke]:
    """The strokes, those of texts in another font than their own narrowed to their cells, and those texts with them."""
    if not pipeline.substituted:
        return strokes
    lettered = {place for places in pipeline.lettered for place in places}
    walls = Walls(stroke for place, stroke in enumerate(strokes) if place not in lettered)
    made = [*strokes]
    for one, places in pipeline.substituted:
        one.corners, moved = walls.squeezed(one.corners, [strokes[place] for place in places])
        made[places.start : places.stop] = moved
    return made


def _is_no_window(entity: Any) -> bool:
    return bool(entity.dxftype() != "VIEWPORT")


class _Plotter(Backend):
    """Keeps what is drawn as lines and areas."""

    def __init__(self) -> None:
        super().__init__()
        self.strokes: list[Stroke] = []

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
        """A curve, or the strokes of a letter: nothing is drawn from one of them to the next."""
        self._add(list(_flat(path)), properties)

    def draw_filled_paths(self, paths: Iterable[Any], properties: Any) -> None:
        """Letters, with their holes."""
        self._fill([line for path in paths for line in _flat(path)])

    def draw_filled_polygon(self, points: Any, properties: Any) -> None:
        """An arrow's head."""
        self._fill([_points(points.vertices())])

    def draw_image(self, image_data: Any, properties: Any) -> None:
        """Pictures lie outside the file, and are not looked for."""

    def _add(self, lines: list[Points], properties: Any) -> None:
        width = max(float(properties.lineweight or LINE_MM), LEAST_LINE_MM)
        if lines := [line for line in lines if len(line) and np.isfinite(line).all()]:
            self.strokes.append(Stroke(lines, width))

    def _fill(self, lines: list[Points]) -> None:
        if lines := [line for line in lines if len(line) > 2 and np.isfinite(line).all()]:
            self.strokes.append(Stroke(lines, None))


class _Pipeline(RenderPipeline2d):
    """Hears every text on its way to being drawn."""

    def __init__(self, plotter: _Plotter) -> None:
        super().__init__(plotter)
        self._plotter = plotter
        self.heard: list[Heard] = []
        self.framed: Framed | None = None
        self.dimension: int | None = None
        self.in_own_font = True
        self.lettered: list[range] = []
        self.substituted: list[tuple[Heard, range]] = []

    def draw_text(self, text: str, transform: Any, properties: Any, cap_height: float, dxftype: str = "TEXT") -> None:
        """As it is drawn; what a viewport cuts off is not heard."""
        before = len(self._plotter.strokes)
        super().draw_text(text, transform, properties, cap_height, dxftype)
        places = range(before, len(self._plotter.strokes))
        self.lettered.append(places)
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
        if any(spot is None for spot in spots):
            return
        found = _points(spots)
        if np.isfinite(found).all():
            height = float(np.linalg.norm(found[3] - found[0]))
            self.heard.append(Heard(" ".join(text.split()), found, height, self.framed, self.dimension))
            if not self.in_own_font and self.dimension is None:
                self.substituted.append((self.heard[-1], places))


class _Frontend(UniversalFrontend):
    """Knows whose text is drawn, and counts what cannot be drawn instead of passing over it."""

    def __init__(self, context: RenderContext, pipeline: _Pipeline, settings: Configuration) -> None:
        super().__init__(context, pipeline, settings)
        self.lacking: Counter[str] = Counter()
        self._ear = pipeline
        self._deep = self._entities = self._dimensions = 0

    def draw_entity(self, entity: Any, properties: Any) -> None:
        """As ezdxf does; one that contradicts itself costs no other."""
        self._entities += 1
        if self._entities > MOST_ENTITIES:
            raise InvalidInput(
                f"file: the DXF draws more than {MOST_ENTITIES} things, the copies of its blocks counted; save the"
                " drawing without what is not needed, or as PDF",
                field="file",
            )
        with self._within(entity):
            try:
                super().draw_entity(entity, properties)
            except _FAULTS:
                self.lacking[entity.dxftype()] += 1

    def skip_entity(self, entity: Any, msg: str) -> None:
        """What ezdxf cannot draw. What the drawing itself hides lacks nothing, and frames are drawn by `dxf_frames`."""
        if msg != "invisible" and entity.dxftype() != "TOLERANCE":
            self.lacking[entity.dxftype()] += 1

    def draw_image_entity(self, entity: Any, properties: Any) -> None:
        """The picture lies in another file, by a path that whoever sent this one chose: it is not opened."""
        self.lacking[entity.dxftype()] += 1

    @contextmanager
    def _within(self, entity: Any) -> Iterator[None]:
        before = self._ear.framed, self._ear.dimension, self._ear.in_own_font
        self._deep += 1
        if self._deep > DEEPEST:
            raise InvalidInput(
                f"file: the DXF has blocks that hold themselves, or more than {DEEPEST} in each other; explode or"
                " purge its blocks, or save it as PDF",
                field="file",
            )
        self._ear.framed = framed(entity)
        self._ear.in_own_font = _has_font(entity)
        if entity.dxftype() in DIMENSIONS:
            self._dimensions += 1
            self._ear.dimension = self._dimensions
        elif entity.dxftype() == "INSERT" and _is_elsewhere(entity):
            self.lacking[f"XREF {entity.dxf.name}"] += 1
        yield
        self._deep -= 1
        self._ear.framed, self._ear.dimension, self._ear.in_own_font = before


def _has_font(entity: Any) -> bool:
    """Whether its letters are drawn in the font that its style names."""
    if entity.dxftype() not in LETTERED:
        return True
    name, document = entity.dxf.get("style", "Standard"), entity.doc
    style = document.styles.get(name) if document and name in document.styles else None
    return style is not None and bool(fonts.font_manager.has_font(style.dxf.font))


def _is_elsewhere(insert: Any) -> bool:
    """Whether its block stands for another file, which this one only names."""
    block = insert.block()
    return block is not None and bool(block.block.dxf.get("flags", 0) & 4)


def _flat(path: Any) -> Iterator[Points]:
    for part in path.sub_paths():
        if len(part):
            yield _points(part.flattening(FLATNESS * _span(part)))


def _points(vertices: Iterable[Any]) -> Points:
    return np.array([(v.x, v.y) for v in vertices], dtype=np.float64).reshape(-1, 2)


def _span(path: Any) -> float:
    low, high = path.extents()
    return max(float(high.x - low.x), float(high.y - low.y)) or 1.0
