"""Draws as architects do: windows and fronts with chains of dimensions, many of them shorter than their own figures.

A figure that does not fit between its extension lines stays where it is, over them; goes up, out of its row; goes
beside; or is moved away and pointed at with a line: which of these, an office does by habit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rung.lab.sheets.pen import PANEL, Pen
from rung.lab.sheets.room import Room
from rung.lab.sheets.truth import Point
from rung.lab.sheets.values import Dress

Side = Literal["below", "above", "left", "right"]
Squeezed = Literal["stays", "rises", "beside", "pointed"]
HABITS: tuple[tuple[int, ...], ...] = ((8, 1, 1, 0), (2, 6, 1, 1), (2, 1, 4, 3))
"""Weights of the ways of Squeezed; an office has one of these habits a sheet."""
SCALES: Final = 1 / 25, 1 / 30, 1 / 40, 1 / 50
ROOMS_MM: Final = (75, 70), (90, 80)
"""Least paper of one of them, width and height."""
STEP_MM: Final = 5
"""Of the model: the last figure of architects' lengths is 0 or 5."""
ROW: Final = 2.6
"""Heights of the text from one row of a stack to the next."""
FIRST: Final = 3.0
"""Heights of the text from the thing to its first row."""
AIR: Final = 0.3
"""Heights of the text: with less beside it a figure is squeezed."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Lengths in millimetres of the model, one after another; the chains that show them, finest first."""

    finest: tuple[int, ...]
    coarser: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Chains:
    """Rows of dimensions on one side of a thing. corner: where they begin; scale: paper over model."""

    pen: Pen
    scale: float
    habit: tuple[int, ...]

    def rows(self, corner: Point, spans: Spans, side: Side) -> None:
        """The finest row next to the thing, the coarser ones behind it."""
        for place, row in enumerate((spans.finest, *spans.coarser)):
            away = (FIRST + ROW * place) * self.pen.text_mm
            self._row(corner, row, side, away if side in ("above", "right") else -away)

    def _row(self, corner: Point, row: Sequence[int], side: Side, away: float) -> None:
        x, y = corner
        level = side in ("below", "above")
        at = 0.0
        for place, model in enumerate(row):
            long = model * self.scale
            ends = ((x + at, y), (x + at + long, y)) if level else ((x, y + at), (x, y + at + long))
            base = (x, y + away) if level else (x + away, y)
            move, inside = self._placed(model, long, first=place == 0, last=place == len(row) - 1)
            self.pen.linear(
                *ends, base, 0 if level else 90, model, Dress(),
                how={"dimtix": int(inside)}, move=_turned(move, level=level), pointed=move[1] > self.pen.text_mm * 2,
            )  # fmt: skip
            at += long

    def _placed(self, model: int, long: float, *, first: bool, last: bool) -> tuple[Point, bool]:
        """(along the row, up from it) by which its figure moves from the middle; whether it is kept in its row."""
        tall = self.pen.text_mm
        wide = self.pen.width_of(str(model), tall)
        if wide + AIR * tall <= long:
            return (0.0, 0.0), True
        ways: tuple[Squeezed, ...] = ("stays", "rises", "beside", "pointed")
        match self.pen.rng.choices(ways, self.habit)[0]:
            case "rises":
                return (0.0, 0.0), False
            case "beside" if first or last:
                return ((-1 if first else 1) * ((long + wide) / 2 + AIR * tall), 0.8 * tall), True
            case "pointed":
                return (self.pen.rng.choice((-1, 1)) * (wide / 2 + tall), tall * 2.2), True
            case _:
                return (0.0, 0.0), True


def _turned(move: Point, *, level: bool) -> Point:
    """The move on paper, of a row that reads to the right or upwards."""
    return move if level else (-move[1], move[0])


def window(pen: Pen, room: Room) -> Room:
    """A window of panes in its wall, with chains below and on one side, and its mark."""
    chains = _chains(pen)
    inner = room.within(*_margins(pen, 4))
    columns, rows = _panes(pen, inner.width / chains.scale), _panes(pen, inner.height / chains.scale)
    x, y = inner.x0, inner.y0
    _leaves(pen, (x, y), columns, rows, chains.scale)
    wide, tall = sum(columns.finest) * chains.scale, sum(rows.finest) * chains.scale
    chains.rows((x, y), columns, "below")
    chains.rows((x, y), rows, "left")
    if pen.rng.random() < 0.4:
        chains.rows((x, y + tall), Spans(columns.coarser[0], columns.coarser[1:]), "above")
    mark = pen.rng.choice(("AW", "PW", "SD", "WD", "AG")) + f"-{pen.rng.randint(1, 30):02d}"
    at = x + wide / 2, room.y0 + pen.text_mm * 1.5
    pen.label(mark, at, pen.text_mm * 1.4, align="middle", lettering=PANEL)
    return Room(x, y, x + wide, y + tall)


def front(pen: Pen, room: Room) -> Room:
    """A stretch of a front: piers and openings between grid lines with bubbles, storeys on its side."""
    chains = _chains(pen)
    inner = room.within(*_margins(pen, 5))
    columns, rows = _bays(pen, inner.width / chains.scale), _storeys(pen, inner.height / chains.scale)
    x, y = inner.x0, inner.y0
    wide, tall = sum(columns.finest) * chains.scale, sum(rows.finest) * chains.scale
    pen.box("contour", x, y, x + wide, y + tall)
    at = x
    for place, model in enumerate(columns.finest):
        if place % 2:
            pen.box("contour", at, y + tall * 0.3, at + model * chains.scale, y + tall * 0.8)
        at += model * chains.scale
    chains.rows((x, y), columns, "below")
    chains.rows((x + wide, y), rows, "right")
    _bubbles(pen, (x, y), columns.coarser[0], chains.scale)
    return Room(x, y, x + wide, y + tall)


PARTS = (window, window, front)


def _chains(pen: Pen) -> Chains:
    return Chains(pen, pen.rng.choice(SCALES), pen.rng.choice(HABITS))


def _margins(pen: Pen, rows: int) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of what the chains of a thing need."""
    deep = (FIRST + ROW * rows) * pen.text_mm
    return deep, deep + pen.text_mm, deep, deep


def _stepped(pen: Pen, least: int, most: int) -> int:
    return pen.rng.randrange(least, most + 1, STEP_MM)


def _panes(pen: Pen, room: float) -> Spans:
    """Gap, frame, pane, mullion, pane, frame, gap: what fits into so many millimetres of the model."""
    gap, frame, mullion = _stepped(pen, 10, 30), _stepped(pen, 40, 100), _stepped(pen, 50, 150)
    panes: list[int] = []
    left = room - 2 * (gap + frame)
    while left > 400 and len(panes) < 5:
        panes.append(min(_stepped(pen, 300, 1200), int(left) // STEP_MM * STEP_MM))
        left -= panes[-1] + mullion
    panes = panes or [max(200, int(left) // STEP_MM * STEP_MM)]
    inside = [part for pane in panes for part in (mullion, pane)][1:]
    clear = sum(inside) + 2 * frame
    return Spans((gap, frame, *inside, frame, gap), ((gap, clear, gap), (clear + 2 * gap,)))


def _bays(pen: Pen, room: float) -> Spans:
    """Pier, opening, pier, ... and the grid that goes through the piers."""
    bays: list[tuple[int, int]] = []
    left = room - 300
    while left > 700 and len(bays) < 8:
        bays.append((_stepped(pen, 100, 400), _stepped(pen, 300, 1500)))
        left -= sum(bays[-1])
    bays = [one for place, one in enumerate(bays) if sum(map(sum, bays[: place + 1])) <= room - 100] or [(150, 400)]
    last = _stepped(pen, 100, 300)
    finest = (*(part for bay in bays for part in bay), last)
    grid = (*(sum(bay) for bay in bays[:-1]), sum(bays[-1]) + last)
    return Spans(finest, (grid, (sum(finest),)))


def _storeys(pen: Pen, room: float) -> Spans:
    """Slab, height, slab, steps of a stair: heights on one side."""
    slab, step = _stepped(pen, 100, 250), _stepped(pen, 150, 180)
    steps = (step,) * pen.rng.randint(2, 5)
    high = max(300, int(room - 2 * slab - sum(steps)) // STEP_MM * STEP_MM)
    return Spans((slab, *steps, high, slab), ((slab, sum(steps) + high, slab), (2 * slab + sum(steps) + high,)))


def _leaves(pen: Pen, corner: Point, columns: Spans, rows: Spans, scale: float) -> None:
    """The wall's opening and the panes, with the lines that tell how they open."""
    x, y = corner
    pen.box("contour", x, y, x + sum(columns.finest) * scale, y + sum(rows.finest) * scale)
    for left, right in _spread(columns.finest, scale):
        for low, high in _spread(rows.finest, scale):
            pen.box("contour", x + left, y + low, x + right, y + high)
            if pen.rng.random() < 0.5:
                middle = (low + high) / 2
                pen.line("hidden", (x + left, y + low), (x + right, y + middle), (x + left, y + high))


def _spread(spans: Sequence[int], scale: float) -> list[tuple[float, float]]:
    """Where the panes of a row of `_panes` begin and end."""
    ends = [sum(spans[:place]) * scale for place in range(len(spans) + 1)]
    return [(ends[place], ends[place + 1]) for place in range(2, len(spans) - 2, 2)]


def _bubbles(pen: Pen, corner: Point, grid: Sequence[int], scale: float) -> None:
    """Grid lines through a stack of three rows, with their numbers in circles."""
    x, y = corner
    size = pen.text_mm
    foot = y - (FIRST + ROW * 2.4) * size
    at = x
    for place, model in enumerate((*grid, 0)):
        pen.line("centre", (at, y), (at, foot))
        with pen.unit():
            pen.circle("dimension", (at, foot - 1.4 * size), 1.4 * size)
            pen.label(_name(place), (at, foot - 1.4 * size), size, align="middle", lettering=PANEL)
        at += model * scale


def _name(place: int) -> str:
    return f"X{place + 1}"
