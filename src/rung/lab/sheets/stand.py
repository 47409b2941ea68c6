"""Where a sign stands on paper, turned, and the pen that draws it there as one unit that may not be crossed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rung.lab.sheets.dimensioning import DIMENSIONS, LETTERS, weight
from rung.lab.sheets.notes import Note
from rung.lab.sheets.pen import Pen, corners
from rung.lab.sheets.truth import Point, Polygon, TrueArea

ROUND_STEPS = 32


@dataclass
class Stand:
    """Draws in millimetres about a point, y up from what the sign stands on.

    at: the point on paper. degrees: by which all is turned against the clock. near, far: corners of what was drawn so
    far of the sign itself, in its own frame; what leads to it is not of it.
    """

    pen: Pen
    at: Point
    degrees: float = 0.0
    near: Point = (math.inf, math.inf)
    far: Point = (-math.inf, -math.inf)
    lettered: list[Point] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    strokes: list[str] = field(default_factory=list)

    @property
    def look(self) -> dict[str, object]:
        """How its lines are drawn: as thick as that office's symbols."""
        marking = self.pen.style.marking
        wide = self.pen.style.weights.text if marking.as_text else self.pen.style.weights.thin
        return {"layer": "symbol", "lineweight": weight(wide)}

    def on_paper(self, point: Point) -> Point:
        """Of a point of the sign's own frame."""
        turn = math.radians(self.degrees)
        x, y = point
        return (
            self.at[0] + x * math.cos(turn) - y * math.sin(turn),
            self.at[1] + x * math.sin(turn) + y * math.cos(turn),
        )

    def line(self, *points: Point, closed: bool = False, dashed: bool = False) -> None:
        """A stroke of the sign."""
        look = {**self.look, **({"linetype": "DASHED", "ltscale": 7.0} if dashed else {})}
        made = self.pen.space.add_lwpolyline([self.on_paper(one) for one in points], close=closed, dxfattribs=look)
        self._grown(points, made.dxf.handle)

    def circle(self, middle: Point, radius: float) -> None:
        """A whole circle of the sign."""
        made = self.pen.space.add_circle(self.on_paper(middle), radius, dxfattribs=self.look)
        x, y = middle
        self._grown(((x - radius, y - radius), (x + radius, y + radius)), made.dxf.handle)

    def solid(self, *points: Point) -> None:
        """A filled triangle of the sign."""
        made = self.pen.space.add_solid([self.on_paper(one) for one in points], dxfattribs={"layer": "symbol"})
        self._grown(points, made.dxf.handle)

    def text(self, note: Note, at: Point, height: float, *, shown: str = "", right: bool = False) -> float:
        """One line of text, its middle at that height; gives its width. right: it ends there."""
        shown = shown or note.text
        wide = self.pen.width_of(shown, height)
        x, y = at
        left = x - wide if right else x
        handle = self.pen.text(
            note, self.on_paper((left, y)), height, angle=self.degrees, lettering=LETTERS, shown=shown
        )
        self.texts.append(note.text)
        self.lettered += [(left, y - height * 0.5), (left + wide, y + height * 0.5)]
        self.strokes.append(handle)
        return wide

    def lead(self, *points: Point, end: str = "arrow") -> None:
        """A leader, from its tip; not of the sign. Points on paper. end: `arrow`, `dot` or `none`."""
        space, (tip, *_) = self.pen.space, points
        if end == "arrow":
            space.add_leader(list(points), dimstyle=DIMENSIONS, dxfattribs={"layer": "symbol"})
            return
        space.add_lwpolyline(points, dxfattribs=self.look)
        if end == "dot":
            turns = [math.tau * step / ROUND_STEPS for step in range(ROUND_STEPS)]
            ring = [(tip[0] + 0.5 * math.cos(turn), tip[1] + 0.5 * math.sin(turn)) for turn in turns]
            space.add_hatch(dxfattribs={"layer": "symbol"}).paths.add_polyline_path(ring, is_closed=True)

    def box(self) -> Polygon:
        """Round the sign's strokes, on paper."""
        return tuple(self.on_paper(one) for one in corners(*self.near, *self.far))

    def room(self, lift: float, spare: float) -> Polygon:
        """Round the sign and its letters, with paper to spare; from `lift` above what it stands on, if it stands."""
        x = [self.near[0], self.far[0], *(one[0] for one in self.lettered)]
        y = [self.near[1], self.far[1], *(one[1] for one in self.lettered)]
        low = min(y) + lift if lift else min(y) - spare
        return tuple(self.on_paper(one) for one in corners(min(x) - spare, low, max(x) + spare, max(y) + spare))

    def _grown(self, points: Sequence[Point], handle: str) -> None:
        x, y = [one[0] for one in points], [one[1] for one in points]
        self.near = min(self.near[0], *x), min(self.near[1], *y)
        self.far = max(self.far[0], *x), max(self.far[1], *y)
        self.strokes.append(handle)


@contextmanager
def sign(
    pen: Pen, at: Point, kind: str, variant: str, *, degrees: float = 0.0, lift: float = 0.0, spare: float = 0.5
) -> Iterator[Stand]:
    """What is drawn inside is one sign of that kind, which nothing may cross that comes before or after it, but up to
    `lift` above what it stands on. spare: millimetres of paper that it keeps around itself, else."""
    stand = Stand(pen, at, degrees)
    with pen.unit():
        yield stand
    handle = stand.strokes[-1]
    said = " ".join(stand.texts)
    pen.areas.append(
        TrueArea(kind="symbol", label=kind, variant=variant, text=said, polygon=stand.box(), handle=handle)
    )
    pen.clear[handle] = stand.room(lift, spare)
