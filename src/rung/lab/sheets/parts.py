"""Machine parts as designers draw them: outline, centre lines, hatching and every dimension that makes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from rung.lab.sheets.pen import Pen
from rung.lab.sheets.room import Gauge, Room, gauge
from rung.lab.sheets.truth import Form, Point
from rung.lab.sheets.values import Dress, dressed

ROW_MM = 9.0
"""Between parallel dimension lines."""
Part = Callable[[Pen, Room], Room]
"""Draws into a room and gives the box that the part itself takes, without its dimensions."""
FORMS: tuple[Form, ...] = ("plain", "basic", "reference")
ROUND = Dress(type="diameter", prefix="⌀")


def shaft(pen: Pen, room: Room) -> Room:
    """A stepped shaft lying along x, with chamfered ends and perhaps a thread."""
    rng, g = pen.rng, gauge(pen.rng)
    inner = room.within(26, 34, 26, 14)
    count = rng.randint(3, 5)
    shares = [rng.uniform(0.6, 1.6) for _ in range(count)]
    lengths = [g.snapped(inner.width * share / sum(shares)) for share in shares]
    sizes = [g.snapped(rng.uniform(0.35, 0.85) * min(inner.height, 70)) for _ in range(count)]
    x, y = inner.x0, inner.middle[1]
    edges = [x]
    for _, paper in lengths:
        edges.append(edges[-1] + paper)
    _shaft_outline(pen, edges, [paper / 2 for _, paper in sizes], y)
    pen.line("centre", (edges[0] - 5, y), (edges[-1] + 5, y))
    low = y - max(paper for _, paper in sizes) / 2
    _chain(pen, edges, [model for model, _ in lengths], [y - paper / 2 for _, paper in sizes], low)
    threaded = rng.random() < 0.45
    _shaft_sizes(pen, edges, sizes, y, threaded=threaded)
    high = y + max(paper for _, paper in sizes) / 2
    _chamfer(pen, (edges[0], y + sizes[0][1] / 2), g, -1)
    if threaded:
        depth = sizes[-1][1] / 2 * 0.87
        for sign in (1, -1):
            pen.line("dimension", (edges[-2], y + sign * depth), (edges[-1], y + sign * depth))
    return Room(edges[0], low, edges[-1], high)


def _shaft_outline(pen: Pen, edges: Sequence[float], radii: Sequence[float], y: float) -> None:
    for place, radius in enumerate(radii):
        pen.box("contour", edges[place], y - radius, edges[place + 1], y + radius)
    bevel = min(1.2, radii[0] * 0.2)
    pen.line("contour", (edges[0] + bevel, y - radii[0]), (edges[0] + bevel, y + radii[0]))


def _chain(pen: Pen, edges: Sequence[float], models: Sequence[float], bottoms: Sequence[float], low: float) -> None:
    """Lengths one beside the other, and the whole below."""
    line = low - ROW_MM
    for place, model in enumerate(models):
        a, b = (edges[place], bottoms[place]), (edges[place + 1], bottoms[place])
        pen.linear(a, b, (edges[place], line), 0, model, dressed(pen.rng, Dress(), model))
    total = round(sum(models), 3)
    ends = (edges[0], bottoms[0]), (edges[-1], bottoms[-1])
    pen.linear(*ends, (edges[0], line - ROW_MM), 0, total, dressed(pen.rng, Dress(), total))


def _shaft_sizes(
    pen: Pen, edges: Sequence[float], sizes: Sequence[tuple[float, float]], y: float, *, threaded: bool
) -> None:
    """Diameters beside the ends: those of the left half to the left, of the right half to the right."""
    half = (len(sizes) + 1) // 2
    for place, (model, paper) in enumerate(sizes):
        left = place < half
        row = place if left else len(sizes) - 1 - place
        x = edges[0] - ROW_MM * (row + 1) if left else edges[-1] + ROW_MM * (row + 1)
        foot = edges[place] if left else edges[place + 1]
        dress = dressed(pen.rng, ROUND, model)
        if threaded and place == len(sizes) - 1:
            dress = thread(pen, model)
        pen.linear((foot, y - paper / 2), (foot, y + paper / 2), (x, y), 90, model, dress)


def thread(pen: Pen, nominal: float) -> Dress:
    """A metric thread of that size, coarse or fine, with or without its class."""
    pitch = pen.rng.choice(("", "×1", "×1.5", "×2", "×0.75", "×1.25"))
    grade = pen.rng.choice(("", "", "-6g", "-6H", "-6h"))
    return Dress(type="thread", prefix="M", tail=pitch + grade if nominal else "")


def _chamfer(pen: Pen, corner: Point, g: Gauge, side: int) -> None:
    size = pen.rng.choice((0.5, 1.0, 1.5, 2.0, 3.0))
    knee = corner[0] + side * 7, corner[1] + 8
    dress = pen.rng.choice(
        (Dress(type="chamfer", prefix="C"), Dress(type="chamfer", tail="×45°"), Dress(type="chamfer", prefix="C"))
    )
    pen.leader(corner, knee, size, dress)


def flange(pen: Pen, room: Room) -> Room:
    """A round flange from the front: bore, bolt circle, holes."""
    rng, g = pen.rng, gauge(pen.rng)
    inner = room.within(30, 26, 30, 16)
    centre = inner.middle
    outer, radius = g.halved(min(inner.width, inner.height) * 0.95)
    bolt, bolt_radius = g.halved(radius * 2 * rng.uniform(0.68, 0.76))
    bore, bore_radius = g.halved(radius * 2 * rng.uniform(0.25, 0.45))
    hole, hole_radius = g.halved(radius * rng.uniform(0.13, 0.2))
    count = rng.choice((4, 6, 8))
    pen.circle("contour", centre, radius)
    pen.circle("contour", centre, bore_radius)
    pen.circle("centre", centre, bolt_radius)
    pen.cross(centre, radius + 4)
    turn = rng.choice((0, 180 / count))
    for place in range(count):
        at = polar(centre, bolt_radius, turn + 360 * place / count)
        pen.circle("contour", at, hole_radius)
        pen.cross(at, hole_radius + 1.5)
    low = centre[1] - radius
    pen.linear(
        (centre[0] - radius, centre[1]), (centre[0] + radius, centre[1]), (centre[0], low - ROW_MM), 0, outer,
        dressed(rng, ROUND, outer),
    )  # fmt: skip
    at = polar(
        centre, bolt_radius, turn + 360 / count * (count // 4 if turn else 0) if count > 4 else turn + 360 / count
    )
    tip = polar(at, hole_radius, 45)
    pen.leader(tip, polar(tip, 11 + radius * 0.2, 40), hole, replace(ROUND, count=count))
    form = rng.choice(FORMS)
    pen.diameter(centre, bolt_radius, 180 - 65 + rng.uniform(-8, 8), bolt, replace(ROUND, form=form))
    pen.diameter(centre, bore_radius, rng.choice((-35, -145)), bore, dressed(rng, ROUND, bore, inner=True))
    return Room(centre[0] - radius, low, centre[0] + radius, centre[1] + radius)


def polar(centre: Point, radius: float, degrees: float) -> Point:
    """A point about a centre."""
    turn = math.radians(degrees)
    return centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)


def bush(pen: Pen, room: Room) -> Room:
    """A bush or a hub in section, hatched, along x."""
    rng, g = pen.rng, gauge(pen.rng)
    inner = room.within(24, 26, 24, 14)
    length, w = g.snapped(min(inner.width, 80) * rng.uniform(0.6, 1.0))
    outer, h = g.snapped(min(inner.height, 90) * rng.uniform(0.7, 1.0))
    bore, b = g.snapped(h * rng.uniform(0.35, 0.6))
    x, y = inner.middle
    x0, x1 = x - w / 2, x + w / 2
    for sign in (1, -1):
        ring = [(x0, y + sign * b / 2), (x1, y + sign * b / 2), (x1, y + sign * h / 2), (x0, y + sign * h / 2)]
        pen.hatch(ring)
        pen.line("contour", *ring, closed=True)
    pen.line("contour", (x0, y - b / 2), (x0, y + b / 2))
    pen.line("contour", (x1, y - b / 2), (x1, y + b / 2))
    pen.line("centre", (x0 - 4, y), (x1 + 4, y))
    pen.linear((x0, y - h / 2), (x1, y - h / 2), (x0, y - h / 2 - ROW_MM), 0, length, dressed(rng, Dress(), length))
    pen.linear((x0, y - b / 2), (x0, y + b / 2), (x0 - ROW_MM, y), 90, bore, dressed(rng, ROUND, bore, inner=True))
    pen.linear((x1, y - h / 2), (x1, y + h / 2), (x1 + ROW_MM * 1.3, y), 90, outer, dressed(rng, ROUND, outer))
    return Room(x0, y - h / 2, x1, y + h / 2)


def plate(pen: Pen, room: Room) -> Room:
    """A plate with rounded corners and four holes, dimensioned from one corner."""
    rng, g = pen.rng, gauge(pen.rng)
    inner = room.within(30, 30, 22, 18)
    width, w = g.snapped(inner.width * rng.uniform(0.7, 0.98))
    height, h = g.snapped(inner.height * rng.uniform(0.7, 0.98))
    radius, r = g.snapped(min(w, h) * rng.uniform(0.06, 0.14))
    hole, d = g.snapped(min(w, h) * rng.uniform(0.07, 0.12))
    across, a = g.snapped(w * rng.uniform(0.5, 0.66))
    along, b = g.snapped(h * rng.uniform(0.5, 0.62))
    x, y = inner.x0, inner.y0
    _rounded(pen, x, y, w, h, r)
    x_off, y_off = g.snapped((w - a) / 2)[1], g.snapped((h - b) / 2)[1]
    for at in ((x_off, y_off), (x_off + a, y_off), (x_off, y_off + b), (x_off + a, y_off + b)):
        pen.circle("contour", (x + at[0], y + at[1]), d / 2)
        pen.cross((x + at[0], y + at[1]), d / 2 + 2)
    spot = Dress(form="basic" if rng.random() < 0.4 else "plain")
    pen.linear((x, y + r), (x + x_off, y + y_off), (x, y - ROW_MM), 0, g_model(x_off, g), spot)
    pen.linear((x + x_off, y + y_off), (x + x_off + a, y + y_off), (x, y - ROW_MM), 0, across, spot)
    pen.linear((x, y + r), (x + w, y + r), (x, y - 2 * ROW_MM), 0, width, dressed(rng, Dress(), width))
    pen.linear((x + r, y), (x + x_off, y + y_off), (x - ROW_MM, y), 90, g_model(y_off, g), spot)
    pen.linear((x + x_off, y + y_off), (x + x_off, y + y_off + b), (x - ROW_MM, y), 90, along, spot)
    pen.linear((x + r, y), (x + r, y + h), (x - 2 * ROW_MM, y), 90, height, dressed(rng, Dress(), height))
    tip = polar((x + x_off + a, y + y_off + b), d / 2, 60)
    dress = replace(thread(pen, hole), count=4) if rng.random() < 0.35 else replace(ROUND, count=4)
    pen.leader(tip, (tip[0] + 6, y + h + 7), hole, dress)
    pen.radius((x + r, y + h - r), r, 135, radius, Dress(type="radius", prefix="R", count=rng.choice((1, 4))))
    return Room(x, y, x + w, y + h)


def g_model(paper: float, g: Gauge) -> float:
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
    rng, g = pen.rng, gauge(pen.rng)
    inner = room.within(26, 26, 24, 22)
    width, w = g.snapped(inner.width * rng.uniform(0.7, 0.95))
    height, h = g.snapped(inner.height * rng.uniform(0.6, 0.9))
    degrees = rng.choice((15, 20, 25, 30, 35, 40, 45))
    s = g.snapped(w * rng.uniform(0.3, 0.5))[1]
    rise = min((w - s) * math.tan(math.radians(degrees)), h * 0.7)
    run = rise / math.tan(math.radians(degrees))
    x, y = inner.x0, inner.y0
    top_left, knee = (x, y + h), (x + w - run, y + h)
    low = (x + w, y + h - rise)
    pen.line("contour", (x, y), (x + w, y), low, knee, top_left, closed=True)
    pen.linear((x, y), (x + w, y), (x, y - ROW_MM), 0, width, dressed(rng, Dress(), width))
    pen.linear((x, y), top_left, (x - ROW_MM, y), 90, height, dressed(rng, Dress(), height))
    slope = round(math.hypot(run, rise) / g.scale, 2)
    angle = math.degrees(math.atan2(-rise, run))
    away = polar(knee, ROW_MM, angle + 90)
    pen.linear(knee, low, away, angle, slope, Dress(form=rng.choice(("plain", "reference"))))
    pen.line("dimension", low, (low[0] + 1, low[1]))
    pen.angle(low, min(24.0, rise + 12), 180 + angle + 0.0, 180, _angle_dress(pen))
    pen.linear((x + w, y), low, (x + w + ROW_MM, y), 90, round((h - rise) / g.scale, 2), Dress())
    hole, d = g.snapped(min(s, h) * 0.3)
    at = x + s * 0.5, y + h * 0.45
    pen.circle("contour", at, d / 2)
    pen.cross(at, d / 2 + 2)
    pen.diameter(at, d / 2, 30, hole, dressed(rng, ROUND, hole, inner=True))
    return Room(x, y, x + w, y + h)


def _angle_dress(pen: Pen) -> Dress:
    size = pen.rng.choice((None, None, 0.5, 1.0))
    return Dress(type="angle", upper=size, lower=None if size is None else -size, digits=1)


PARTS: tuple[Part, ...] = (shaft, flange, bush, plate, wedge)
