"""Milled, cut and bent parts, with their dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rung.lab.sheets.additions import roughness
from rung.lab.sheets.pen import Pen
from rung.lab.sheets.room import Gauge, Room, gauge
from rung.lab.sheets.truth import Point
from rung.lab.sheets.turned import FORMS, ROUND, ROW_MM, dressed_plain, polar, thread
from rung.lab.sheets.values import Dress, dressed

HALF = FORMS[0], FORMS[2]


def plate(pen: Pen, room: Room) -> Room:
    """A plate with rounded corners and four holes, dimensioned from one corner."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(30, 30, 30, 18)
    width, w = g.snapped(inner.width * rng.uniform(0.75, 0.98))
    height, h = g.snapped(inner.height * rng.uniform(0.75, 0.98))
    radius, r = g.snapped(min(w, h) * rng.uniform(0.06, 0.14))
    hole, d = g.snapped(min(w, h) * rng.uniform(0.07, 0.12))
    x, y = inner.x0, inner.y0
    _rounded(pen, x, y, w, h, r)
    a, b = g.snapped(w * 0.2)[1], g.snapped(h * 0.2)[1]
    across, c = g.snapped(w * rng.uniform(0.5, 0.6))
    along, e = g.snapped(h * rng.uniform(0.5, 0.6))
    for at in ((x + a, y + b), (x + a + c, y + b), (x + a, y + b + e), (x + a + c, y + b + e)):
        pen.circle("contour", at, d / 2)
        pen.cross(at, d / 2 + 2)
    spot = Dress(form="basic" if rng.random() < 0.4 else "plain")
    first = x + a, y + b
    low, side = y - ROW_MM, x - ROW_MM
    pen.linear((x, y + r), first, (x, low), 0, model_of(a, g), spot)
    pen.linear(first, (x + a + c, y + b), (x, low), 0, across, spot)
    pen.linear((x, y + r), (x + w, y + r), (x, low - ROW_MM), 0, width, dressed(rng, Dress(), width))
    pen.linear((x + r, y), first, (side, y), 90, model_of(b, g), spot)
    pen.linear(first, (x + a, y + b + e), (side, y), 90, along, spot)
    pen.linear((x + r, y), (x + r, y + h), (side - ROW_MM, y), 90, height, dressed(rng, Dress(), height))
    tip = polar((x + a + c, y + b + e), d / 2, 60)
    dress = thread(pen, 4) if rng.random() < 0.35 else replace(dressed_plain(pen), count=4)
    pen.leader(tip, (x + w + 3, y + h + 5), hole, dress)
    pen.leader(polar((x + w - r, y + r), r, -45), (x + w + 5, y - 3), radius, _corner(pen))
    _pocket(pen, g, (x + a + d, y + b + d), (c - 2 * d, e - 2 * d))
    return Room(x, y, x + w, y + h)


def _corner(pen: Pen) -> Dress:
    return Dress(type="radius", prefix="R", count=pen.rng.choice((1, 4)))


def _pocket(pen: Pen, g: Gauge, at: Point, size: tuple[float, float]) -> None:
    """An opening in the middle of a plate with its sides inside it, where there is room."""
    if min(size) < 22:
        return
    (width, w), (height, h) = g.snapped(size[0]), g.snapped(size[1])
    x, y = at
    pen.box("contour", x, y, x + w, y + h)
    inside = Dress()
    pen.linear((x, y + h), (x + w, y + h), (x, y + h - 6), 0, width, dressed(pen.rng, inside, width, inner=True))
    pen.linear((x, y), (x, y + h), (x + 7, y), 90, height, dressed(pen.rng, inside, height, inner=True))


def model_of(paper: float, g: Gauge) -> float:
    """The model's length of a length on paper."""
    return round(paper / g.scale, 3)


def _rounded(pen: Pen, x: float, y: float, w: float, h: float, r: float) -> None:
    pen.line("contour", (x + r, y), (x + w - r, y))
    pen.line("contour", (x + w, y + r), (x + w, y + h - r))
    pen.line("contour", (x + w - r, y + h), (x + r, y + h))
    pen.line("contour", (x, y + h - r), (x, y + r))
    for centre, start in (((x + r, y + r), 180), ((x + w - r, y + r), 270), ((x + w - r, y + h - r), 0)):
        pen.arc("contour", centre, r, start, start + 90)
    pen.arc("contour", (x + r, y + h - r), r, 90, 180)


def wedge(pen: Pen, room: Room) -> Room:
    """A block with one sloping edge: an angle, a length along the slope, heights."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(26, 26, 28, 22)
    width, w = g.snapped(inner.width * rng.uniform(0.75, 0.95))
    height, h = g.snapped(inner.height * rng.uniform(0.7, 0.9))
    s = g.snapped(w * rng.uniform(0.3, 0.45))[1]
    degrees = rng.choice((15, 20, 25, 30, 35, 40, 45))
    rise = min((w - s) * math.tan(math.radians(degrees)), h * 0.7)
    run = rise / math.tan(math.radians(degrees))
    x, y = inner.x0, inner.y0
    top_left, knee, low = (x, y + h), (x + w - run, y + h), (x + w, y + h - rise)
    pen.line("contour", (x, y), (x + w, y), low, knee, top_left, closed=True)
    pen.linear((x, y), (x + w, y), (x, y - ROW_MM), 0, width, dressed(rng, Dress(), width))
    pen.linear((x, y), top_left, (x - ROW_MM, y), 90, height, dressed(rng, Dress(), height))
    pen.linear(knee, low, polar(knee, ROW_MM, 90 - degrees), -degrees, _odd(pen, math.hypot(run, rise), g),
               Dress(form=rng.choice(HALF)))  # fmt: skip
    pen.angle(low, min(26.0, rise + 12), 180 - degrees, 180, _turn(pen))
    pen.linear((x + w, y), low, (x + w + ROW_MM, y), 90, _odd(pen, h - rise, g), Dress())
    pen.linear(top_left, knee, (x, y + h + ROW_MM), 0, _odd(pen, w - run, g), Dress())
    hole, d = g.snapped(min(s, h) * 0.35)
    at = x + s * 0.6, y + h * 0.4
    pen.circle("contour", at, d / 2)
    pen.cross(at, d / 2 + 2)
    pen.leader(polar(at, d / 2, 20), (at[0] + d / 2 + 8, at[1] + d / 2 + 2), hole, dressed_plain(pen))
    if rng.random() < 0.5:
        roughness(pen, (x + w * 0.25, y), down=True)
    return Room(x, y, x + w, y + h)


def _odd(pen: Pen, paper: float, g: Gauge) -> float:
    """A length that follows from others, to the office's decimals."""
    decimals = pen.style.decimals
    return round(paper / g.scale, 2 if decimals is None else decimals)


def _turn(pen: Pen) -> Dress:
    size = pen.rng.choice((None, None, 0.5, 1.0))
    return Dress(type="angle", upper=size, lower=None if size is None else -size, digits=1)


def bracket(pen: Pen, room: Room) -> Room:
    """An angle bracket from the side: two legs, a wall, a bend."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(28, 28, 28, 20)
    width, w = g.snapped(inner.width * rng.uniform(0.7, 0.95))
    height, h = g.snapped(inner.height * rng.uniform(0.7, 0.95))
    wall, t = g.snapped(min(w, h) * rng.uniform(0.1, 0.18))
    bend, r = g.snapped(t * rng.uniform(0.8, 1.6))
    x, y = inner.x0, inner.y0
    pen.line("contour", (x + t, y + h), (x, y + h), (x, y), (x + w, y), (x + w, y + t), (x + t + r, y + t))
    pen.arc("contour", (x + t + r, y + t + r), r, 180, 270)
    pen.line("contour", (x + t, y + t + r), (x + t, y + h))
    pen.linear((x, y), (x + w, y), (x, y - ROW_MM), 0, width, dressed(rng, Dress(), width))
    pen.linear((x, y), (x, y + h), (x - ROW_MM, y), 90, height, dressed(rng, Dress(), height))
    pen.linear((x + w, y), (x + w, y + t), (x + w + ROW_MM, y), 90, wall, Dress())
    pen.leader(
        polar((x + t + r, y + t + r), r, 225), (x + t + r + 8, y + t + r + 10), bend, Dress(type="radius", prefix="R")
    )
    hole, d = g.snapped(min(w, h) * 0.12)
    middle = x + w * 0.65
    for edge in (middle - d / 2, middle + d / 2):
        pen.line("hidden", (edge, y), (edge, y + t))
    pen.line("centre", (middle, y - 2), (middle, y + t + 2))
    pen.leader(
        (middle + d / 2, y + t), (middle + d / 2 + 6, y + t + 14), hole, replace(ROUND, count=rng.choice((1, 2, 3)))
    )
    offset = round((w * 0.65) / g.scale, 1)
    pen.linear((x, y), (middle, y), (x, y - 2 * ROW_MM), 0, offset, Dress())
    sheet = Dress(type="thickness", prefix="t")
    pen.leader((x + t, y + h * 0.8), (x + t + 7, y + h * 0.8 + 6), wall, sheet)
    return Room(x, y, x + w, y + h)


def steps(pen: Pen, room: Room) -> Room:
    """A stair of heights and lengths, all measured from one corner."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(42, 42, 16, 18)
    count = rng.randint(3, 4)
    widths = [g.snapped(inner.width / count * rng.uniform(0.7, 1.0)) for _ in range(count)]
    heights = [g.snapped(inner.height / count * rng.uniform(0.7, 1.0)) for _ in range(count)]
    x, y = inner.x0, inner.y0
    total = sum(paper for _, paper in heights)
    corners: list[Point] = [(x, y), (x, y + total)]
    at_x, at_y = x, y + total
    for (_, wide), (_, tall) in zip(widths, heights, strict=True):
        at_x += wide
        corners += [(at_x, at_y), (at_x, at_y - tall)]
        at_y -= tall
    pen.line("contour", *corners[:-1], (at_x, y), closed=True)
    _ordinates(pen, (x, y), widths, heights)
    return Room(x, y, at_x, y + total)


def _ordinates(
    pen: Pen, corner: Point, widths: Sequence[tuple[float, float]], heights: Sequence[tuple[float, float]]
) -> None:
    x, y = corner
    far, model = 0.0, 0.0
    tops = [sum(paper for _, paper in heights[place:]) for place in range(len(heights))]
    for place, (size, paper) in enumerate(widths):
        far, model = far + paper, round(model + size, 3)
        line = y - ROW_MM * (place + 1)
        pen.linear((x, y), (x + far, y), (x, line), 0, model, dressed(pen.rng, Dress(), model))
    for place in range(len(heights)):
        tall = round(sum(size for size, _ in heights[len(heights) - 1 - place :]), 3)
        top = tops[len(heights) - 1 - place]
        line = x - ROW_MM * (place + 1)
        pen.linear((x, y), (x, y + top), (line, y), 90, tall, dressed(pen.rng, Dress(), tall))
