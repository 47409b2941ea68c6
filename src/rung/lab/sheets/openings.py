"""Windows, doors and walls as architects draw them: for practice only, no split that is measured has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from rung.lab.sheets.pen import Pen
from rung.lab.sheets.room import Room
from rung.lab.sheets.truth import Point
from rung.lab.sheets.values import Dress

ROW_MM = 7.0
"""Between parallel dimension lines."""


def window(pen: Pen, room: Room) -> Room:
    """A window from the front: frame, casements, panes with the marks of their glass, chains of dimensions."""
    rng = pen.rng
    inner = room.within(26, 16, 12, 24)
    w, h = inner.width * rng.uniform(0.7, 1), inner.height * rng.uniform(0.6, 1)
    box = Room(inner.x0, inner.y0, inner.x0 + w, inner.y0 + h)
    frame = rng.uniform(0.8, 2.5)
    _nested(pen, box, (0.0, frame))
    across = _shared(pen, box.x0 + frame, box.x1 - frame, rng.randint(1, 4))
    up = _shared(pen, box.y0 + frame, box.y1 - frame, rng.randint(1, 3))
    for left, right in pairwise(across):
        for low, high in pairwise(up):
            _casement(pen, Room(left, low, right, high))
    _chains(pen, box, [box.x0, *across[1:-1], box.x1], [box.y0, *up[1:-1], box.y1])
    for _ in range(rng.randint(0, 3)):
        _circled(pen, (box.x0 + w * rng.random(), box.y1 + 3 * ROW_MM))
    return box


def wall(pen: Pen, room: Room) -> Room:
    """A section through a wall, a sill and a frame of drawn metal: small outlines, filled in many ways."""
    rng = pen.rng
    inner = room.within(24, 14, 14, 22)
    box = Room(inner.x0, inner.y0, inner.x0 + inner.width * rng.uniform(0.6, 1), inner.y1)
    layers = _shared(pen, box.x0, box.x1, rng.randint(2, 5))
    for left, right in pairwise(layers):
        part = Room(left, box.y0, right, box.y0 + box.height * rng.uniform(0.5, 1))
        pen.box("contour", part.x0, part.y0, part.x1, part.y1)
        rng.choice((_lines, _bricks, _waves, _crumbs, _profile, _profile))(pen, part)
    _chains(pen, box, layers, [box.y0, box.y1])
    return box


def _shared(pen: Pen, first: float, last: float, count: int) -> list[float]:
    """Places that part a length into so many unequal pieces, its ends among them."""
    shares = [pen.rng.choice((1.0, 1.0, pen.rng.uniform(0.5, 1.6))) for _ in range(count)]
    places = [first]
    for share in shares:
        places.append(places[-1] + (last - first) * share / sum(shares))
    return [*places[:-1], last]


def _nested(pen: Pen, box: Room, insets: Sequence[float]) -> None:
    for inset in insets:
        if min(box.width, box.height) > 2 * inset + 1:
            pen.box("contour", box.x0 + inset, box.y0 + inset, box.x1 - inset, box.y1 - inset)


def _casement(pen: Pen, box: Room) -> None:
    rng = pen.rng
    inset = rng.uniform(0.6, 1.8)
    _nested(pen, box, rng.choice(((inset,), (0.0, inset), (0.5, inset + 0.5, inset + 1.2))))
    (x, y), way = box.middle, rng.random()
    if way < 0.3:  # which way it opens
        side = rng.choice((box.x0, box.x1))
        pen.line(rng.choice(("contour", "hidden")), (side, box.y0), (box.x0 + box.x1 - side, y), (side, box.y1))
    elif way < 0.5:
        pen.line("contour", (box.x0, box.y0), (x, box.y1), (box.x1, box.y0))
    elif way < 0.75:
        size = rng.uniform(1.5, 5)
        for step in range(rng.randint(2, 5)):
            pen.line("hatch", (x + step, y - size), (x + step + size, y))
    elif way < 0.9:
        pen.label(rng.choice("FGT"), (x, y), pen.text_mm * rng.uniform(0.4, 1), align="middle")
    if rng.random() < 0.4:  # a handle
        pen.box("contour", box.x0 + 1.2, y - 1.5, box.x0 + 1.9, y + 1.5)
        pen.arc("contour", (box.x0 + 1.55, y), rng.uniform(0.5, 1.2), 180, 360)


def _chains(pen: Pen, box: Room, across: Sequence[float], up: Sequence[float]) -> None:
    """Lengths above and beside, the whole outside them."""
    scale = pen.rng.choice((10.0, 20.0, 50.0))
    for row, places in ((1, across), (2, (across[0], across[-1]))):
        for a, b in pairwise(places):
            line = (a, box.y1 + row * ROW_MM)
            pen.linear((a, box.y1), (b, box.y1), line, 0, round((b - a) * scale), Dress())
    for row, places in ((1, up), (2, (up[0], up[-1]))):
        for a, b in pairwise(places):
            line = (box.x0 - row * ROW_MM, a)
            pen.linear((box.x0, a), (box.x0, b), line, 90, round((b - a) * scale), Dress())


def _circled(pen: Pen, at: Point) -> None:
    """A mark of what is listed elsewhere: two words in a circle, parted by a line."""
    radius = pen.text_mm * 1.8
    pen.circle("symbol", at, radius)
    pen.line("symbol", (at[0] - radius, at[1]), (at[0] + radius, at[1]))
    pen.label(str(pen.rng.randint(1, 20)), (at[0], at[1] + radius / 2), pen.text_mm * 0.8, align="middle")
    pen.label(pen.rng.choice(("W", "SD", "FSD", "AW")), (at[0], at[1] - radius / 2), pen.text_mm * 0.8, align="middle")


def _lines(pen: Pen, box: Room) -> None:
    ring = ((box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1))
    pen.hatch(ring)


def _bricks(pen: Pen, box: Room) -> None:
    tall, wide = pen.rng.uniform(1.2, 3), pen.rng.uniform(3, 6)
    for row in range(1, int(box.height / tall)):
        y = box.y0 + row * tall
        pen.line("hatch", (box.x0, y), (box.x1, y))
        for column in range(1, int(box.width / wide)):
            x = box.x0 + (column + row % 2 / 2) * wide
            pen.line("hatch", (x, y), (x, min(y + tall, box.y1)))


def _waves(pen: Pen, box: Room) -> None:
    """Insulation: a zigzag, or the loops of wool."""
    step, half, (x, _) = pen.rng.uniform(1, 2.5), min(box.width, 6) / 2 - 0.2, box.middle
    count = int(box.height / step)
    if pen.rng.random() < 0.5 and count > 2:
        pen.line("hatch", *((x + half * (-1) ** one, box.y0 + one * step) for one in range(count)))
        return
    for one in range(1, count):
        side = (-1) ** one
        pen.arc("hatch", (x + side * half / 2, box.y0 + one * step), step / 2, 90 - 90 * side - 90, 180 - 90 * side)


def _crumbs(pen: Pen, box: Room) -> None:
    """Concrete: triangles and dots."""
    for _ in range(min(120, int(box.width * box.height / 12))):
        x, y = box.x0 + box.width * pen.rng.random(), box.y0 + box.height * pen.rng.random()
        size, turn = pen.rng.uniform(0.2, 1.0), pen.rng.uniform(0, 360)
        corners = [
            (x + size * math.cos(math.radians(turn + 120 * one)), y + size * math.sin(math.radians(turn + 120 * one)))
            for one in range(3)
        ]
        pen.line("hatch", *corners, closed=True)


def _profile(pen: Pen, box: Room) -> None:
    """Drawn metal: closed outlines of many short steps, one beside the other, their walls double."""
    rng, y = pen.rng, box.y0 + 1
    while y < box.y1 - 6:
        wide, tall, lip = min(box.width - 1, rng.uniform(3, 9)), rng.uniform(2.5, 6), rng.uniform(0.4, 1.0)
        x = box.x0 + 0.5
        steps = [
            (x, y), (x + wide, y), (x + wide, y + tall / 3), (x + wide - lip, y + tall / 3), (x + wide - lip, y + lip),
            (x + lip, y + lip), (x + lip, y + tall - lip), (x + wide / 2, y + tall - lip), (x + wide / 2, y + tall),
            (x, y + tall),
        ]  # fmt: skip
        pen.line("contour", *steps, closed=True)
        if rng.random() < 0.5:
            pen.arc("contour", (x + wide * 0.75, y + tall), rng.uniform(0.4, 1.2), 0, rng.choice((180, 270, 359)))
        y += tall + rng.uniform(0.3, 4)
