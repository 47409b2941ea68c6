"""Signs that a sheet gets after everything else: marks of finish, balloons and welding symbols, where there is room.

They are drawn from a random stream of their own, so that a sheet without them is the same sheet.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ezdxf.entities.line import Line
from ezdxf.entities.lwpolyline import LWPolyline

from rung.lab.sheets.finish import VARIANTS, finish
from rung.lab.sheets.notes import Note
from rung.lab.sheets.pen import Pen
from rung.lab.sheets.room import Room
from rung.lab.sheets.stand import sign
from rung.lab.sheets.truth import Point
from rung.lab.sheets.welds import weld, weld_of

LEAST_MM = 9.0
"""Of an edge that a mark stands on."""
TRIES = {"finish": 12, "weld": 9, "balloon": 4}
"""Of each kind on a view; what does not fit falls away."""
Edge = tuple[Point, Point]


def signed(pen: Pen, seed: int) -> None:
    """Signs on every view that is drawn. Those that cross something are told apart later, as everything else is."""
    pen = replace(pen, rng=random.Random(f"{seed}:signs"))
    edges = contours(pen)
    views = [area for area in pen.areas if area.kind == "view"]
    number = 1
    for view in views:
        x, y = [corner[0] for corner in view.polygon], [corner[1] for corner in view.polygon]
        box = Room(min(x), min(y), max(x), max(y))
        own = [edge for edge in edges if all(_inside(end, box) for end in edge)]
        if not own:
            continue
        for _ in range(_some(pen, "finish")):
            _finish(pen, own)
        for _ in range(_some(pen, "weld")):
            _weld(pen, pen.rng.choice(own), box)
        for _ in range(_some(pen, "balloon")):
            _balloon(pen, box, str(number))
            number += 1


def _some(pen: Pen, kind: str) -> int:
    return pen.rng.randint(0, TRIES[kind]) if pen.rng.random() < pen.style.marking.much else 0


def contours(pen: Pen) -> list[Edge]:
    """Straight edges of parts that are long enough, each from its left (lower) end."""
    chains = []
    for entity in pen.space.query("LINE LWPOLYLINE"):
        if entity.dxf.layer != "contour":
            continue
        if isinstance(entity, Line):
            chains.append([entity.dxf.start, entity.dxf.end])
        elif isinstance(entity, LWPolyline):
            ends = list(entity.vertices())
            chains.append([*ends, *(ends[:1] if entity.closed else ())])
    edges = [_edge(one, other) for chain in chains for one, other in pairwise(chain)]
    return [edge for edge in edges if math.dist(*edge) >= LEAST_MM]


def _edge(one: Sequence[float], other: Sequence[float]) -> Edge:
    a, b = (one[0], one[1]), (other[0], other[1])
    return (a, b) if a <= b else (b, a)


def _inside(point: Point, box: Room) -> bool:
    return box.x0 - 0.1 <= point[0] <= box.x1 + 0.1 and box.y0 - 0.1 <= point[1] <= box.y1 + 0.1


def _along(edge: Edge, share: float) -> Point:
    (x0, y0), (x1, y1) = edge
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share


def _degrees(edge: Edge) -> float:
    (x0, y0), (x1, y1) = edge
    return math.degrees(math.atan2(y1 - y0, x1 - x0))


def _finish(pen: Pen, edges: Sequence[Edge]) -> None:
    """A mark on an edge, on a line that carries an edge on, or on the shelf of a leader."""
    rng = pen.rng
    variant = rng.choice(VARIANTS)
    said = rng.choice(pen.style.marking.said)
    edge = rng.choice(edges)
    how = rng.choice(("edge", "edge", "edge", "extension", "leader"))
    away = rng.choice((-1, 1))
    turn = _degrees(edge)
    tip = _along(edge, rng.uniform(0.15, 0.85))
    at, degrees = tip, turn
    if how == "extension":
        tip, out = (edge[1], 1) if away > 0 else (edge[0], -1)
        reach = pen.text_mm * 4 * out
        at = tip[0] + math.cos(math.radians(turn)) * reach, tip[1] + math.sin(math.radians(turn)) * reach
    elif how == "leader":
        knee = tip[0] + away * rng.uniform(5, 12), tip[1] + rng.choice((-1, 1)) * rng.uniform(6, 14)
        at, degrees = (knee[0] + away * pen.text_mm * 1.2, knee[1]), 0.0
    with sign(pen, at, "surface", variant, degrees=degrees, lift=0.8) as stand:
        if how == "extension":
            end = at[0] + (at[0] - tip[0]) * 0.4, at[1] + (at[1] - tip[1]) * 0.4
            stand.lead(tip, end, end="none")
        elif how == "leader":
            stand.lead(tip, knee, (at[0] + away * pen.text_mm * 1.2, at[1]))
        finish(stand, variant, said)


def _weld(pen: Pen, edge: Edge, box: Room) -> None:
    rng, asked = pen.rng, weld_of(pen.rng)
    tip = _along(edge, rng.choice((0.0, 1.0, rng.uniform(0.2, 0.8))))
    away = rng.choice((-1, 1))
    up = 1 if tip[1] > box.middle[1] else -1
    knee = tip[0] + away * rng.uniform(5, 14), tip[1] + up * rng.uniform(7, 18)
    with sign(pen, knee, "weld", asked.joint, spare=0.8) as stand:
        stand.lead(tip, knee)
        weld(stand, asked, away)


def _balloon(pen: Pen, box: Room, number: str) -> None:
    """A part's number in a circle, its leader towards the circle's middle."""
    rng, marking = pen.rng, pen.style.marking
    radius = pen.text_mm * marking.balloon
    tip = box.x0 + box.width * rng.uniform(0.1, 0.9), box.y0 + box.height * rng.uniform(0.15, 0.9)
    if rng.random() < 0.6:
        at = tip[0] + rng.uniform(-15, 15), box.y1 + rng.uniform(8, 16)
    else:
        at = (box.x1 + rng.uniform(8, 20) if rng.random() < 0.5 else box.x0 - rng.uniform(8, 20)), tip[1] + 8
    long = math.dist(tip, at)
    edge = at[0] + (tip[0] - at[0]) * radius / long, at[1] + (tip[1] - at[1]) * radius / long
    with sign(pen, at, "balloon", "circle") as stand:
        stand.lead(tip, edge, end=marking.end)
        stand.circle((0, 0), radius)
        wide = pen.width_of(number, pen.text_mm)
        stand.text(Note(text=number, alphabet="text", role="label", name="balloon"), (-wide / 2, 0), pen.text_mm)
