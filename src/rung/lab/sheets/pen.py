"""Draws on a sheet's model space and writes down what every text says."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from ezdxf.document import Drawing
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.enums import TextEntityAlignment
from ezdxf.filemanagement import new
from ezdxf.fonts import fonts
from ezdxf.layouts.layout import Modelspace
from ezdxf.units import MM

from rung.lab.sheets.dimensioning import BOX, DIMENSIONS, LETTERS, arguments, boxed, dimension_style, weight
from rung.lab.sheets.ink import SIGN, Mark
from rung.lab.sheets.notes import Group, Note
from rung.lab.sheets.style import Style
from rung.lab.sheets.truth import Point, Polygon, TrueArea
from rung.lab.sheets.values import Dress, padded, printed, value_of

PANEL, SYMBOLS = "PANEL", "SYMBOLS"
Layer = Literal["contour", "hidden", "centre", "hatch", "dimension", "text", "table", "border", "symbol"]
LAYERS: tuple[Layer, ...] = ("contour", "hidden", "centre", "hatch", "dimension", "text", "table", "border", "symbol")
"""What a stroke is of: its entity's layer, or `text` for the letters of any entity."""
Align = Literal["left", "middle", "right"]
ALIGNED = {
    "left": TextEntityAlignment.MIDDLE_LEFT,
    "middle": TextEntityAlignment.MIDDLE_CENTER,
    "right": TextEntityAlignment.MIDDLE_RIGHT,
}


@dataclass
class Pen:
    """style: whose habits. rng: of this sheet. notes: by the handle of the entity that prints the text.

    groups: of cells. units: handles of entities that stay or go together, those that matter most first. clear: what
    nothing may cross, by the handle of an entity of it.
    """

    style: Style
    rng: random.Random
    text_mm: float
    document: Drawing
    notes: dict[str, Note] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    units: list[tuple[str, ...]] = field(default_factory=list)
    areas: list[TrueArea] = field(default_factory=list)
    clear: dict[str, Polygon] = field(default_factory=dict)

    @property
    def space(self) -> Modelspace:
        """Where everything is drawn, in millimetres of paper."""
        return self.document.modelspace()

    @property
    def kept(self) -> dict[str, Polygon]:
        """What nothing may cross, by the handle of an entity of it: boxes of feature control frames, and signs."""
        frames = {one.cells[0].handles[0]: one.box for one in self.groups if one.kind == "frame"}
        return frames | self.clear

    @contextmanager
    def unit(self, *, first: bool = False) -> Iterator[None]:
        """What is drawn inside belongs together: it stays or goes as one. first: the others give way to it."""
        before = len(self.space)
        yield
        handles = tuple(one.dxf.handle for one in list(self.space)[before:])
        self.units.insert(0 if first else len(self.units), handles)

    def drop(self, handles: Collection[str]) -> None:
        """Take entities back, and what was written down of them."""
        for handle in handles:
            entity = self.document.entitydb.get(handle)
            if isinstance(entity, DXFGraphic):
                self.space.delete_entity(entity)
        self.notes = {handle: note for handle, note in self.notes.items() if handle not in handles}
        self.groups = [one for one in self.groups if not any(h in handles for cell in one.cells for h in cell.handles)]
        self.areas = [area for area in self.areas if area.handle not in handles]

    # --- lines --------------------------------------------------------------------------------------------

    def line(self, layer: Layer, *points: Point, closed: bool = False, wide_mm: float | None = None) -> None:
        """A polyline, or a line between two points; as wide as its layer's lines are unless wide_mm says otherwise."""
        how = _on(layer) if wide_mm is None else {**_on(layer), "lineweight": weight(wide_mm)}
        if len(points) == 2:
            self.space.add_line(points[0], points[1], dxfattribs=how)
        else:
            self.space.add_lwpolyline(points, close=closed, dxfattribs=how)

    def box(self, layer: Layer, x0: float, y0: float, x1: float, y1: float) -> None:
        """A rectangle along the axes."""
        self.line(layer, (x0, y0), (x1, y0), (x1, y1), (x0, y1), closed=True)

    def circle(self, layer: Layer, centre: Point, radius: float) -> None:
        """A whole circle."""
        self.space.add_circle(centre, radius, dxfattribs=_on(layer))

    def arc(self, layer: Layer, centre: Point, radius: float, start: float, end: float) -> None:
        """From start to end against the clock, in degrees."""
        self.space.add_arc(centre, radius, start, end, dxfattribs=_on(layer))

    def cross(self, centre: Point, reach: float) -> None:
        """Centre lines of something round."""
        x, y = centre
        self.line("centre", (x - reach, y), (x + reach, y))
        self.line("centre", (x, y - reach), (x, y + reach))

    def hatch(self, *rings: Sequence[Point]) -> None:
        """Hatched in the office's way; further rings are holes."""
        angle, apart = self.style.hatch
        hatch = self.space.add_hatch(dxfattribs=_on("hatch"))
        # a definition of our own: ezdxf's patterns come out a little different from call to call
        step = -apart * _sin(angle), apart * _cos(angle)
        hatch.set_pattern_fill("SECTION", definition=[[angle, (0.0, 0.0), step, []]])
        for ring in rings:
            hatch.paths.add_polyline_path(ring, is_closed=True)

    def solid(self, layer: Layer, *points: Point) -> None:
        """A filled triangle or square."""
        self.space.add_solid(points, dxfattribs=_on(layer))

    # --- text ---------------------------------------------------------------------------------------------

    def text(
        self,
        note: Note,
        at: Point,
        height: float,
        *,
        angle: float = 0.0,
        align: Align = "left",
        lettering: str = LETTERS,
        shown: str | None = None,
    ) -> str:
        """One line of text. shown: what is printed, where that is not the canonical text. Gives its handle."""
        entity = self.space.add_text(
            note.text if shown is None else shown,
            height=height,
            rotation=angle,
            dxfattribs={
                **_on("text"),
                "style": lettering,
                "width": self.style.width,
                "oblique": self.style.oblique,
            },
        )
        entity.set_placement(at, align=ALIGNED[align])
        self.notes[entity.dxf.handle] = note
        return str(entity.dxf.handle)

    def sign(self, note: Note, strokes: Sequence[Sequence[Point]], at: Point, size: float) -> str:
        """A sign that no font has: a block of strokes in a square of one. at: its lower left. Gives its handle."""
        name = f"{SIGN}{ord(note.text):X}"
        if name not in self.document.blocks:
            block = self.document.blocks.new(name)
            for stroke in strokes:
                block.add_lwpolyline(stroke)
        made = self.space.add_blockref(name, at, dxfattribs={**_on("text"), "xscale": size, "yscale": size})
        self.notes[made.dxf.handle] = note
        return str(made.dxf.handle)

    def width_of(self, text: str, height: float, font: str = "") -> float:
        """Of lettering, in millimetres; font: the office's own unless it is named."""
        return float(fonts.make_font(font or self.style.font, height, self.style.width).text_width(text))

    def label(self, text: str, at: Point, height: float, **how: Any) -> str:
        """Words that are no dimension."""
        return self.text(Note(text=text, alphabet="text", role="label"), at, height, **how)

    # --- dimensions -----------------------------------------------------------------------------------------

    def linear(
        self,
        a: Point,
        b: Point,
        base: Point,
        angle: float,
        nominal: float,
        dress: Dress,
        *,
        how: Mapping[str, Any] | None = None,
        move: Point = (0.0, 0.0),
        pointed: bool = False,
    ) -> None:
        """The distance of a and b along `angle`; the dimension line passes through base.

        how: settings of the dimension's style that it alone has. move: of its text, from where it would stand; pointed:
        a line leads back from there.
        """
        factor = nominal / abs((b[0] - a[0]) * _cos(angle) + (b[1] - a[1]) * _sin(angle))
        given = arguments(self.style, self.text_mm, nominal, dress, factor)
        given["override"] |= how or {}
        made = self.space.add_linear_dim(base, a, b, angle=angle, **given, dxfattribs=_on("dimension"))
        if any(move):
            made.set_location(move, leader=pointed, relative=True)
        self._written(made, nominal, dress)

    def angle(self, apex: Point, reach: float, start: float, end: float, dress: Dress) -> None:
        """Between two directions in degrees, `reach` from their apex."""
        made = self.space.add_angular_dim_cra(
            apex,
            radius=reach * 0.7,
            start_angle=start,
            end_angle=end,
            distance=reach * 0.3,
            **arguments(self.style, self.text_mm, end - start, dress),
            dxfattribs=_on("dimension"),
        )
        self._written(made, end - start, dress)

    def leader(self, tip: Point, knee: Point, nominal: float, dress: Dress) -> None:
        """A note with an arrow: text beside the knee, on its far side from the tip."""
        value = value_of(nominal, dress, self.style)
        away = 1.0 if knee[0] >= tip[0] else -1.0
        shelf = (knee[0] + away * self.text_mm, knee[1])
        note = Note(text=value.text, alphabet="dimension", role="dimension", value=value)
        at = (shelf[0] + away * self.text_mm * 0.4, knee[1])
        shown = printed(value.text, self.style, dress.count)
        with self.unit():
            self.space.add_leader(
                (tip, knee, shelf), dimstyle=DIMENSIONS, override={"dimldrblk": ""}, dxfattribs=_on("dimension")
            )
            self.text(note, at, self.text_mm, align="left" if away > 0 else "right", shown=shown)

    def _written(self, made: Any, nominal: float, dress: Dress) -> None:
        if dress.upper is not None and dress.lower is not None and not dress.limits:
            made.set_tolerance(
                dress.upper,
                -dress.lower,
                hfactor=1.0 if dress.upper == -dress.lower else self.style.tolerance_share,
                dec=dress.digits,
                trailing_zeros=padded(dress),
            )
        made.render()
        if dress.form == "basic":
            boxed(made, self.text_mm * BOX)
        self.units.append((made.dimension.dxf.handle,))
        value = value_of(nominal, dress, self.style)
        self.notes[made.dimension.dxf.handle] = Note(
            text=value.text, alphabet="dimension", role="dimension", value=value
        )


def label_of(mark: Mark) -> int:
    """1 + the place in LAYERS."""
    return 1 + LAYERS.index("text" if mark.angle is not None else mark.layer)


def corners(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """A box along the axes as a polygon: top left, top right, bottom right, bottom left (y up)."""
    return (x0, y1), (x1, y1), (x1, y0), (x0, y0)


def pen_of(style: Style, rng: random.Random) -> Pen:
    """A pen on an empty sheet, with the office's layers, letters and dimension style."""
    document = new("R2010", setup=["linetypes"])
    document.units = MM
    text_mm = round(rng.uniform(*style.text_mm), 1)
    weights = {"contour": style.weights.thick, "border": style.weights.thick, "text": style.weights.text}
    for layer in LAYERS:
        kind = {"hidden": "DASHED", "centre": "CENTER"}.get(layer, "Continuous")
        wide = weight(weights.get(layer, style.weights.thin))
        document.layers.add(layer, lineweight=wide, linetype=kind)
    document.layers.get("0").dxf.lineweight = weight(style.weights.text)
    document.header["$LTSCALE"] = 0.35
    for name, font in ((LETTERS, style.font), (PANEL, style.panel_font), (SYMBOLS, style.symbol_font)):
        document.styles.add(name, font=font).dxf.width = style.width
    dimension_style(document, style, text_mm)
    return Pen(style=style, rng=rng, text_mm=text_mm, document=document)


def _on(layer: Layer) -> dict[str, Any]:
    return {"layer": layer}


def _cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def _sin(degrees: float) -> float:
    return math.sin(math.radians(degrees))
