"""Turned parts as designers draw them: outline, centre lines, hatching and every dimension that makes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rung.lab.sheets.additions import roughness
from rung.lab.sheets.pen import Pen
from rung.lab.sheets.room import Gauge, Room, gauge
from rung.lab.sheets.truth import Form, Point
from rung.lab.sheets.values import Dress, dressed

ROW_MM = 9.0
"""Between parallel dimension lines."""
FORMS: tuple[Form, ...] = ("plain", "basic", "reference")
ROUND = Dress(type="diameter", prefix="⌀")


def polar(centre: Point, radius: float, degrees: float) -> Point:
    """A point about a centre."""
    turn = math.radians(degrees)
    return centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)


def thread(pen: Pen, count: int = 1) -> Dress:
    """A metric thread, coarse or fine, with or without its class."""
    pitch = pen.rng.choice(("", "", "×1", "×1.5", "×2", "×0.75", "×1.25"))
    grade = pen.rng.choice(("", "", "-6g", "-6H", "-6h"))
    return Dress(type="thread", prefix="M", tail=pitch + grade, count=count)


def shaft(pen: Pen, room: Room) -> Room:
    """A stepped shaft lying along x, with chamfered ends and perhaps a thread."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(30, 34, 30, 20)
    count = rng.randint(3, 6)
    shares = [rng.uniform(0.7, 1.5) for _ in range(count)]
    lengths = [g.snapped(inner.width * share / sum(shares)) for share in shares]
    sizes = _sizes(pen, g, count, min(inner.height, 75))
    y = inner.middle[1]
    edges = [inner.x0]
    for _, paper in lengths:
        edges.append(edges[-1] + paper)
    radii = [paper / 2 for _, paper in sizes]
    _shaft_outline(pen, edges, radii, y)
    low, high = y - max(radii), y + max(radii)
    _chain(pen, edges, [model for model, _ in lengths], [y - radius for radius in radii], low)
    threaded = rng.random() < 0.45
    _shaft_sizes(pen, edges, sizes, y, threaded=threaded)
    _chamfers(pen, edges, radii, y)
    if threaded:
        for sign in (1, -1):
            depth = y + sign * radii[-1] * 0.87
            pen.line("contour", (edges[-2], depth), (edges[-1], depth), wide_mm=pen.style.weights.thin)
    elif rng.random() < 0.6:
        place = rng.randrange(count)
        roughness(pen, ((edges[place] + edges[place + 1]) / 2 - 2, y + radii[place]))
    if rng.random() < 0.5:
        _keyway(pen, g, edges, radii, y)
    return Room(edges[0], low, edges[-1], high)


def _sizes(pen: Pen, g: Gauge, count: int, height: float) -> list[tuple[float, float]]:
    """Diameters that rise to the thickest step and fall behind it."""
    shares = sorted(pen.rng.uniform(0.4, 0.9) for _ in range(count))
    order = shares[::2] + shares[1::2][::-1]
    return [g.snapped(share * height) for share in order]


def _shaft_outline(pen: Pen, edges: Sequence[float], radii: Sequence[float], y: float) -> None:
    for place, radius in enumerate(radii):
        pen.box("contour", edges[place], y - radius, edges[place + 1], y + radius)
    bevel = min(1.2, radii[0] * 0.2)
    pen.line("contour", (edges[0] + bevel, y - radii[0]), (edges[0] + bevel, y + radii[0]))
    pen.line("contour", (edges[-1] - bevel, y - radii[-1]), (edges[-1] - bevel, y + radii[-1]))
    pen.line("centre", (edges[0] - 4, y), (edges[-1] + 4, y))


def _chain(pen: Pen, edges: Sequence[float], models: Sequence[float], bottoms: Sequence[float], low: float) -> None:
    """Lengths one beside the other, and the whole below."""
    line = low - ROW_MM
    for place, model in enumerate(models):
        a, b = (edges[place], bottoms[place]), (edges[place + 1], bottoms[place])
        pen.linear(a, b, (edges[place], line), 0, model, dressed(pen.rng, Dress(), model))
    total = round(sum(models), 3)
    ends = (edges[0], bottoms[0]), (edges[-1], bottoms[-1])
    pen.linear(*ends, (edges[0], line - ROW_MM), 0, total, dressed(pen.rng, Dress(), total))
    if len(models) > 3:
        part = round(sum(models[:2]), 3)
        ends = (edges[0], bottoms[0]), (edges[2], bottoms[1])
        pen.linear(*ends, (edges[0], line - 2 * ROW_MM), 0, part, dressed(pen.rng, Dress(), part))


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
        dress = thread(pen) if threaded and place == len(sizes) - 1 else dressed(pen.rng, ROUND, model)
        pen.linear((foot, y - paper / 2), (foot, y + paper / 2), (x, y), 90, model, dress)


def _chamfers(pen: Pen, edges: Sequence[float], radii: Sequence[float], y: float) -> None:
    for corner, side in (((edges[0], y + radii[0]), -1), ((edges[-1], y + radii[-1]), 1)):
        size = pen.rng.choice((0.5, 1.0, 1.5, 2.0, 3.0))
        dress = pen.rng.choice((Dress(type="chamfer", prefix="C"), Dress(type="chamfer", tail="×45°")))
        pen.leader(corner, (corner[0] + side * 6, corner[1] + 7), size, dress)
    if len(radii) > 2 and pen.rng.random() < 0.6:
        corner = edges[1], y + min(radii[0], radii[1])
        fillet = Dress(type="radius", prefix="R")
        pen.leader(corner, (corner[0] + 5, y + max(radii) + 6), pen.rng.choice((0.4, 0.5, 1.0, 2.0)), fillet)


def _keyway(pen: Pen, g: Gauge, edges: Sequence[float], radii: Sequence[float], y: float) -> None:
    """A slot in the longest step, its length above the shaft."""
    place = max(range(len(radii)), key=lambda one: edges[one + 1] - edges[one])
    length, long = g.snapped((edges[place + 1] - edges[place]) * 0.6)
    r = min(radii[place] * 0.35, long / 3)
    x0 = (edges[place] + edges[place + 1] - long) / 2
    pen.line("contour", (x0 + r, y - r), (x0 + long - r, y - r))
    pen.line("contour", (x0 + r, y + r), (x0 + long - r, y + r))
    pen.arc("contour", (x0 + r, y), r, 90, 270)
    pen.arc("contour", (x0 + long - r, y), r, 270, 90)
    line = y + max(radii) + ROW_MM * 0.7
    pen.linear((x0, y), (x0 + long, y), (x0, line), 0, length, dressed(pen.rng, Dress(), length))


def flange(pen: Pen, room: Room) -> Room:
    """A round flange from the front: bore, bolt circle, holes."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(32, 26, 32, 18)
    centre = inner.middle
    outer, radius = g.halved(min(inner.width, inner.height) * 0.95)
    bolt, bolt_radius = g.halved(radius * 2 * rng.uniform(0.68, 0.76))
    bore, bore_radius = g.halved(radius * 2 * rng.uniform(0.25, 0.45))
    hole, hole_radius = g.halved(radius * rng.uniform(0.13, 0.2))
    count = rng.choice((4, 6, 8))
    turn = rng.choice((0.0, 180 / count))
    for layer, size in (("contour", radius), ("contour", bore_radius), ("centre", bolt_radius)):
        pen.circle(layer, centre, size)  # type: ignore[arg-type]
    pen.cross(centre, radius + 2.5)
    for place in range(count):
        at = polar(centre, bolt_radius, turn + 360 * place / count)
        pen.circle("contour", at, hole_radius)
        pen.cross(at, hole_radius + 1.5)
    low, (x, y) = centre[1] - radius, centre
    pen.linear((x - radius, y), (x + radius, y), (x, low - ROW_MM), 0, outer, dressed(rng, ROUND, outer))
    nearest = min(range(count), key=lambda one: abs((turn + 360 * one / count) - 40))
    tip = polar(polar(centre, bolt_radius, turn + 360 * nearest / count), hole_radius, 40)
    dress = thread(pen, count) if rng.random() < 0.3 else replace(dressed_plain(pen), count=count)
    pen.leader(tip, (x + radius * 0.95 + 4, y + radius * 0.9 + 4), hole, dress)
    pcd = replace(ROUND, prefix=rng.choice(("PCD", "⌀", "⌀")), form=rng.choice(("plain", "reference")))
    pen.leader(polar(centre, bolt_radius, 152), (x - radius * 0.95 - 3, y + radius * 0.8), bolt, pcd)
    pen.leader(
        polar(centre, bore_radius, -40), (x + radius * 0.95 + 4, y - radius * 0.75), bore,
        replace(ROUND, fit=rng.choice(("", "H7", "H8"))),
    )  # fmt: skip
    if turn == 0 and count > 4:
        pen.angle(centre, bolt_radius, 180 - 360 / count, 180, Dress(type="angle"))
    return Room(x - radius, low, x + radius, y + radius)


def dressed_plain(pen: Pen) -> Dress:
    """A diameter as leaders carry it: plain or symmetric."""
    size = pen.rng.choice((None, None, None, 0.1, 0.2, 0.05))
    return replace(ROUND, upper=size, lower=None if size is None else -size, digits=2)


def bush(pen: Pen, room: Room) -> Room:
    """A bush with a collar in section, hatched, along x."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(32, 30, 32, 16)
    length, w = g.snapped(min(inner.width, 80) * rng.uniform(0.7, 1.0))
    outer, h = g.snapped(min(inner.height, 90) * rng.uniform(0.75, 1.0))
    bore, b = g.snapped(h * rng.uniform(0.3, 0.45))
    neck, n = g.snapped(b + (h - b) * rng.uniform(0.4, 0.7))
    collar, c = g.snapped(w * rng.uniform(0.25, 0.4))
    x, y = inner.middle
    x0, x1 = x - w / 2, x + w / 2
    for sign in (1, -1):
        ring = [
            (x0, y + sign * b / 2), (x1, y + sign * b / 2), (x1, y + sign * n / 2), (x0 + c, y + sign * n / 2),
            (x0 + c, y + sign * h / 2), (x0, y + sign * h / 2),
        ]  # fmt: skip
        pen.hatch(ring)
        pen.line("contour", *ring, closed=True)
    for at in (x0, x1):
        pen.line("contour", (at, y - b / 2), (at, y + b / 2))
    pen.line("centre", (x0 - 4, y), (x1 + 4, y))
    low = y - h / 2
    pen.linear((x0, low), (x0 + c, low), (x0, low - ROW_MM), 0, collar, dressed(rng, Dress(), collar))
    pen.linear((x0, low), (x1, y - n / 2), (x0, low - 2 * ROW_MM), 0, length, dressed(rng, Dress(), length))
    pen.linear((x1, y - b / 2), (x1, y + b / 2), (x1 + ROW_MM, y), 90, bore, dressed(rng, ROUND, bore, inner=True))
    pen.linear((x1, y - n / 2), (x1, y + n / 2), (x1 + 2 * ROW_MM, y), 90, neck, dressed(rng, ROUND, neck))
    pen.linear((x0, low), (x0, y + h / 2), (x0 - ROW_MM, y), 90, outer, dressed(rng, ROUND, outer))
    edge = Dress(type="chamfer", prefix="C") if rng.random() < 0.5 else Dress(type="radius", prefix="R")
    pen.leader((x0 + c, y + n / 2), (x0 + c + 6, y + h / 2 + 4), rng.choice((0.5, 1.0, 2.0)), edge)
    if rng.random() < 0.6:
        roughness(pen, (x0 + c + (w - c) * 0.6, y + n / 2))
    return Room(x0, low, x1, y + h / 2)


def cone(pen: Pen, room: Room) -> Room:
    """A tapered plug with a round nose: an angle, a taper, a spherical radius."""
    rng, g = pen.rng, gauge(pen.rng, pen.style.decimals)
    inner = room.within(28, 28, 26, 18)
    length, w = g.snapped(inner.width * rng.uniform(0.75, 0.95))
    thick, h = g.snapped(min(inner.height, 80) * rng.uniform(0.7, 0.95))
    thin, t = g.snapped(h * rng.uniform(0.45, 0.7))
    straight, s = g.snapped(w * rng.uniform(0.3, 0.45))
    y, x0 = inner.middle[1], inner.x0
    x1, bend = x0 + w, x0 + s
    upper = ((x0, y + h / 2), (bend, y + h / 2), (x1, y + t / 2), (x1, y - t / 2), (bend, y - h / 2), (x0, y - h / 2))
    pen.line("contour", *upper, closed=True)
    pen.line("contour", (bend, y - h / 2), (bend, y + h / 2))
    pen.line("centre", (x0 - 4, y), (x1 + 4, y))
    low = y - h / 2
    pen.linear((x0, low), (bend, low), (x0, low - ROW_MM), 0, straight, dressed(rng, Dress(), straight))
    pen.linear((x0, low), (x1, y - t / 2), (x0, low - 2 * ROW_MM), 0, length, dressed(rng, Dress(), length))
    pen.linear((x0, low), (x0, y + h / 2), (x0 - ROW_MM, y), 90, thick, dressed(rng, ROUND, thick))
    pen.linear((x1, y - t / 2), (x1, y + t / 2), (x1 + ROW_MM, y), 90, thin, dressed(rng, ROUND, thin))
    slope = ((bend + x1) / 2, y + (h + t) / 4)
    taper = Dress(type="taper", tail=f":{rng.choice((5, 10, 12, 20, 50))}")
    pen.leader(slope, (slope[0] + 5, y + h / 2 + 6), 1, taper)
    return Room(x0, low, x1, y + h / 2)
