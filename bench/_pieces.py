"""The furniture that stands in the rooms: each kind drawn by a size, with variations of its own.

A piece's own axes: width along x, height along y from the floor, depth along z with its front towards +z. Sizes are
those of furniture that is sold, and never those of the app's class table: each piece differs from the table's size of
its class by a tenth at least in one measure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from _solids import Solid, block, cushion, pole
from rung.apps.furniture.classes import table

Rng = np.random.Generator
Size = tuple[float, float, float]
"""Width, depth, height in metres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """label: what a detector with COCO's classes calls it; empty: COCO has no such class.

    low, high: the sizes that are drawn. wall: stands with its back to a wall.
    """

    name: str
    label: str
    low: Size
    high: Size
    make: Callable[[Size, Rng], list[Solid]]
    wall: bool = True


def sofa(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    arm, seat, back = rng.uniform(0.12, 0.22), rng.uniform(0.38, 0.45), rng.uniform(0.16, 0.24)
    seats = 2 if w < 1.75 else 3
    inner = (w - 2 * arm) / seats
    parts = [
        block((w, seat - 0.16, d), (0, 0.08, 0), "fabric", bevel=0.03),
        block((w, h - 0.12, back), (0, 0.1, -d / 2 + back / 2), "fabric", bevel=0.05),
        *(
            block((arm, rng.uniform(0.52, 0.6), d), (s * (w - arm) / 2, 0.08, 0), "fabric", bevel=0.045)
            for s in (-1, 1)
        ),
        *(
            pole(0.022, 0.09, (x, 0, z), "wood")
            for x in (-w / 2 + 0.08, w / 2 - 0.08)
            for z in (-d / 2 + 0.08, d / 2 - 0.08)
        ),
    ]
    for i in range(seats):
        x = -w / 2 + arm + inner * (i + 0.5)
        parts.append(cushion((inner * 0.98, 0.17, d - back - 0.02), (x, seat - 0.1, back / 2), "fabric", roundness=7))
        tall = h - seat - 0.02
        parts.append(cushion((inner * 0.94, tall, 0.17), (x, seat + 0.02, -d / 2 + back + 0.06), "fabric", roundness=5))
    if rng.random() < 0.6:
        parts.append(cushion((0.4, 0.38, 0.14), (w / 2 - arm - 0.28, seat + 0.06, 0.02), "accent", roundness=3))
    top = max(p.points[:, 1].max() for p in parts)
    return [_scaled(p, h / top) for p in parts]


def _scaled(solid: Solid, by: float) -> Solid:
    return Solid(solid.points * np.array([1, by, 1]), solid.material, solid.smooth)


def bed(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    lower, length = rng.uniform(0.24, 0.32), d - 0.06
    parts = [
        block((w, h, 0.06), (0, 0, -d / 2 + 0.03), "wood", bevel=0.015),
        block((w, lower, length), (0, 0.06, 0.03), "wood", bevel=0.01),
        cushion((w - 0.06, 0.22, length - 0.05), (0, lower + 0.04, 0.02), "linen", roundness=10),
        cushion((w - 0.01, 0.15, length * 0.66), (0, lower + 0.15, d * 0.165), "fabric", roundness=8),
        *(
            pole(0.03, 0.07, (x, 0, z), "wood")
            for x in (-w / 2 + 0.08, w / 2 - 0.08)
            for z in (-d / 2 + 0.1, d / 2 - 0.1)
        ),
    ]
    pillows = 1 if w < 1.2 else 2
    for i in range(pillows):
        x = (i - (pillows - 1) / 2) * w * 0.47
        parts.append(cushion((min(0.66, w * 0.44), 0.15, 0.4), (x, lower + 0.22, -d / 2 + 0.33), "linen", roundness=3))
    return parts


def chair(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    seat, leg = rng.uniform(0.43, 0.47), rng.uniform(0.016, 0.022)
    parts = [block((w, 0.035, d), (0, seat - 0.035, 0), "wood", bevel=0.012)]
    for x in (-w / 2 + leg, w / 2 - leg):
        parts.append(pole(leg, seat - 0.03, (x, 0, d / 2 - leg), "wood", foot=leg * 0.7))
        parts.append(pole(leg, h, (x, 0, -d / 2 + leg), "wood", foot=leg * 0.8))
    if rng.random() < 0.5:
        parts.append(cushion((w * 0.92, 0.06, d * 0.9), (0, seat - 0.02, 0.01), "fabric", roundness=6))
    rails = 3 if rng.random() < 0.5 else 1
    tall = 0.07 if rails == 3 else (h - seat) * 0.5
    for i in range(rails):
        y = h - tall - i * 0.13 - 0.01
        parts.append(block((w - 2 * leg, tall, 0.02), (0, y, -d / 2 + leg), "wood"))
    return parts


def dining_table(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    top, leg, inset = rng.uniform(0.025, 0.045), rng.uniform(0.03, 0.045), rng.uniform(0.03, 0.1)
    corners = [
        (x, z) for x in (-w / 2 + inset + leg, w / 2 - inset - leg) for z in (-d / 2 + inset + leg, d / 2 - inset - leg)
    ]
    legs = [pole(leg, h - top, (x, 0, z), "wood2", foot=leg * 0.6) for x, z in corners]
    apron = block((w - 2 * inset - 2 * leg, 0.07, d - 2 * inset - 2 * leg), (0, h - top - 0.07, 0), "wood2")
    return [block((w, top, d), (0, h - top, 0), "wood", bevel=0.01), *legs, apron]


def coffee_table(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    parts = dining_table(size, rng)
    return [*parts, block((w * 0.8, 0.02, d * 0.75), (0, h * 0.3, 0), "wood")]


def desk(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    wide = rng.uniform(0.36, 0.45)
    side = 1 if rng.random() < 0.5 else -1
    x = side * (w / 2 - wide / 2)
    parts = [
        block((w, 0.03, d), (0, h - 0.03, 0), "wood"),
        block((wide, h - 0.03, d - 0.04), (x, 0, -0.01), "wood"),
        block((0.03, h - 0.03, d - 0.04), (-side * (w / 2 - 0.015), 0, -0.01), "wood"),
        block((w - wide, 0.3, 0.02), (-side * wide / 2, h - 0.36, -d / 2 + 0.05), "wood"),
    ]
    tall = (h - 0.09) / 3
    for i in range(3):
        parts += _front((x, 0.03 + i * tall, d / 2 - 0.034), (wide - 0.02, tall - 0.012), "wood2")
    return parts


def _front(at: Size, size: tuple[float, float], material: str, *, knob: bool = True) -> list[Solid]:
    """A door or a drawer's front, 1.4 cm thick, at (x, y, z of its back)."""
    x, y, z = at
    front = block((size[0], size[1], 0.014), (x, y, z + 0.007), material, bevel=0.004)
    if not knob:
        return [front]
    return [front, block((min(0.12, size[0] * 0.3), 0.014, 0.02), (x, y + size[1] / 2, z + 0.02), "metal", bevel=0.004)]


def drawer(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    rows, columns = int(rng.integers(3, 6)), 1 if w < 0.9 else 2
    body = d - 0.03
    parts = [block((w, h, body), (0, 0, -0.015), "wood")]
    tall, wide = (h - 0.1) / rows, (w - 0.02) / columns
    for row in range(rows):
        for column in range(columns):
            x = -w / 2 + 0.01 + wide * (column + 0.5)
            parts += _front((x, 0.06 + row * tall, body / 2 - 0.015), (wide - 0.012, tall - 0.014), "wood2")
    return parts


def nightstand(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    leg, body = rng.uniform(0.1, 0.18), d - 0.03
    parts = [block((w, h - leg, body), (0, leg, -0.015), "wood")]
    parts += [
        pole(0.016, leg, (x, 0, z), "wood")
        for x in (-w / 2 + 0.03, w / 2 - 0.03)
        for z in (-d / 2 + 0.03, d / 2 - 0.06)
    ]
    tall = (h - leg - 0.03) / 2
    for row in range(2):
        parts += _front((0, leg + 0.012 + row * tall, body / 2 - 0.015), (w - 0.03, tall - 0.014), "wood2")
    return parts


def wardrobe(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    doors, body = 2 if w < 1.25 else 3, d - 0.04
    parts = [block((w, h, body), (0, 0, -0.02), "wood")]
    wide = (w - 0.02) / doors
    for i in range(doors):
        x = -w / 2 + 0.01 + wide * (i + 0.5)
        parts += _front((x, 0.08, body / 2 - 0.02), (wide - 0.008, h - 0.1), "wood2", knob=False)
        side = 1 if i % 2 == 0 else -1
        parts.append(block((0.014, 0.22, 0.03), (x + side * wide * 0.4, h * 0.45, body / 2), "metal", bevel=0.004))
    return parts


def bookshelf(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    shelves, board = max(3, round(h / 0.36)), 0.022
    parts = [block((board, h, d), (s * (w - board) / 2, 0, 0), "wood", bevel=0.003) for s in (-1, 1)]
    parts.append(block((w, h, 0.012), (0, 0, -d / 2 + 0.006), "wood", bevel=0.002))
    room = (h - board - 0.05) / shelves
    for i in range(shelves + 1):
        parts.append(block((w, board, d), (0, min(0.05 + i * room, h - board), 0), "wood", bevel=0.003))
    for i in range(shelves):
        x, end = -w / 2 + 0.04, w / 2 - 0.05 - rng.uniform(0, 0.4) * w
        while x < end:
            thick = rng.uniform(0.018, 0.05)
            tall = rng.uniform(0.6, 0.88) * (room - board)
            deep = d * rng.uniform(0.55, 0.8)
            place = (x + thick / 2, 0.05 + i * room + board, -d / 2 + 0.02 + deep / 2)
            parts.append(block((thick, tall, deep), place, f"book{int(rng.integers(0, 5))}", bevel=0.002))
            x += thick + 0.003
    return parts


def tv_stand(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    leg, body = rng.uniform(0.08, 0.15), d - 0.02
    parts = [block((w, h - leg, body), (0, leg, -0.01), "wood")]
    parts += [
        pole(0.018, leg, (x, 0, z), "wood2") for x in (-w / 2 + 0.1, w / 2 - 0.1) for z in (-d / 2 + 0.06, d / 2 - 0.08)
    ]
    wide = (w - 0.02) / 3
    for i in range(3):
        parts += _front(
            (-w / 2 + 0.01 + wide * (i + 0.5), leg + 0.01, body / 2 - 0.014),
            (wide - 0.01, h - leg - 0.03),
            "wood2",
            knob=False,
        )
    return parts


def tv(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    foot = 0.07
    return [
        block((w, h - foot, 0.035), (0, foot, -0.02), "black", bevel=0.008),
        block((w - 0.024, h - foot - 0.024, 0.004), (0, foot + 0.012, -0.002), "screen", bevel=0.001),
        *(block((0.03, foot, d), (s * w * 0.32, 0, 0), "black", bevel=0.005) for s in (-1, 1)),
    ]


def refrigerator(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    body = d - 0.07
    parts = [block((w, h - 0.03, body), (0, 0.03, -0.035), "white", bevel=0.012)]
    if w < 0.75:
        split = h * rng.uniform(0.3, 0.4)
        doors = [(0.0, 0.05, w, split - 0.05), (0.0, split + 0.01, w, h - split - 0.01)]
    else:
        doors = [(s * w / 4, 0.05, w / 2 - 0.004, h - 0.05) for s in (-1, 1)]
    for x, y, wide, tall in doors:
        parts.append(block((wide, tall, 0.055), (x, y, body / 2 - 0.035 + 0.029), "white", bevel=0.015))
        handle = x + (0.16 if x < 0 else -0.16) if w >= 0.75 else w / 2 - 0.06
        parts.append(block((0.02, min(0.4, tall * 0.6), 0.025), (handle, y + tall * 0.2, d / 2 - 0.0125), "metal"))
    parts.append(block((w - 0.06, 0.03, body - 0.1), (0, 0, -0.03), "black"))
    return parts


def cabinet(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    body = d - 0.03
    parts = [block((w, h, body), (0, 0, -0.015), "wood")]
    for s in (-1, 1):
        parts += _front((s * w / 4, 0.06, body / 2 - 0.015), (w / 2 - 0.016, h - 0.09), "wood2")
    return parts


def microwave(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    return [
        block((w, h, d - 0.02), (0, 0, -0.01), "white", bevel=0.01),
        block((w * 0.72, h - 0.03, 0.02), (-w * 0.13, 0.015, d / 2 - 0.012), "black", bevel=0.006),
        block((w * 0.2, h - 0.05, 0.012), (w * 0.37, 0.025, d / 2 - 0.014), "metal", bevel=0.004),
    ]


def potted_plant(size: Size, rng: Rng) -> list[Solid]:
    w, d, h = size
    pot = min(0.4, h * 0.32)
    parts = [pole(w * 0.3, pot, (0, 0, 0), "clay", foot=w * 0.2)]
    parts.append(pole(0.015, h * 0.25, (0, pot - 0.02, 0), "wood"))
    for _ in range(46):
        turn, rise = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 1.0)
        reach = np.array([np.cos(turn) * w / 2, (h - pot) * rise * 0.9, np.sin(turn) * d / 2]) * rng.uniform(0.55, 1.0)
        parts.append(_leaf(np.array([0, pot, 0.0]), reach, rng))
    return fitted(parts, size)


def _leaf(root: np.ndarray, reach: np.ndarray, rng: Rng) -> Solid:
    """A flat lens from near the stem to where it reaches."""
    length = float(np.linalg.norm(reach))
    ahead = reach / length
    across = np.cross(ahead, [0.0, 1.0, 0.0])
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    up = np.cross(across, ahead)
    t = np.linspace(0.25, 1.0, 7)
    wide = np.sin((t - 0.25) / 0.75 * np.pi) * length * 0.16 + 0.002
    middle = root + np.outer(t * length, ahead) - np.outer((t**2) * length * 0.18, [0, 1, 0])
    points = [middle + np.outer(wide * s, across) + up * r for s in (-1, 1) for r in (-0.002, 0.002)]
    return Solid(np.concatenate(points), f"leaf{int(rng.integers(0, 3))}", smooth=True)


def fitted(parts: list[Solid], size: Size) -> list[Solid]:
    """Stretched to be exactly so wide, deep and high, on the floor, in the middle."""
    every = np.concatenate([p.points for p in parts])
    low, high = every.min(axis=0), every.max(axis=0)
    by = np.array([size[0], size[2], size[1]]) / (high - low)
    shift = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    return [Solid((p.points - shift) * by, p.material, p.smooth) for p in parts]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="sofa", label="couch", low=(1.35, 0.76, 0.7), high=(2.35, 0.98, 0.88), make=sofa),
        Kind(name="bed", label="bed", low=(0.9, 1.95, 0.75), high=(1.85, 2.15, 1.2), make=bed),
        Kind(name="chair", label="chair", low=(0.39, 0.42, 0.78), high=(0.52, 0.56, 1.0), make=chair, wall=False),
        Kind(
            name="dining_table",
            label="dining table",
            low=(0.75, 0.68, 0.7),
            high=(1.7, 0.95, 0.77),
            make=dining_table,
            wall=False,
        ),
        Kind(
            name="coffee_table", label="", low=(0.6, 0.42, 0.32), high=(1.05, 0.6, 0.42), make=coffee_table, wall=False
        ),
        Kind(name="desk", label="", low=(0.95, 0.5, 0.7), high=(1.6, 0.72, 0.76), make=desk),
        Kind(name="drawer", label="", low=(0.5, 0.38, 0.7), high=(1.25, 0.52, 1.25), make=drawer),
        Kind(name="nightstand", label="", low=(0.36, 0.32, 0.42), high=(0.58, 0.46, 0.62), make=nightstand),
        Kind(name="wardrobe", label="", low=(0.78, 0.5, 1.75), high=(1.7, 0.64, 2.2), make=wardrobe),
        Kind(name="bookshelf", label="", low=(0.5, 0.22, 1.1), high=(1.05, 0.36, 2.1), make=bookshelf),
        Kind(name="tv_stand", label="", low=(1.1, 0.34, 0.38), high=(1.8, 0.48, 0.58), make=tv_stand),
        Kind(name="tv", label="tv", low=(0.8, 0.2, 0.52), high=(1.35, 0.28, 0.82), make=tv),
        Kind(
            name="refrigerator", label="refrigerator", low=(0.55, 0.58, 1.3), high=(0.9, 0.75, 1.95), make=refrigerator
        ),
        Kind(name="cabinet", label="", low=(0.6, 0.35, 0.75), high=(1.2, 0.48, 1.05), make=cabinet),
        Kind(name="microwave", label="microwave", low=(0.44, 0.33, 0.25), high=(0.56, 0.45, 0.31), make=microwave),
        Kind(
            name="potted_plant", label="potted plant", low=(0.45, 0.45, 0.7), high=(0.8, 0.8, 1.45), make=potted_plant
        ),
    )
}
"""By the name of its class in the app's table."""


def usual(name: str) -> list[Size]:
    """The sizes of that class in the app's table, metres."""
    kind = next(one for one in table().classes if one.name == name)
    return [tuple(float(v) for v in np.exp(size.log) / 1000) for size in kind.sizes]  # type: ignore[misc]


def drawn_size(kind: Kind, rng: Rng) -> Size:
    """A size of that kind that is none of the class table's."""
    while True:
        share = np.clip(rng.uniform(0, 1) + rng.normal(0, 0.25, 3), 0, 1)  # large ones are large in all measures
        size = np.array(kind.low) + share * (np.array(kind.high) - np.array(kind.low))
        if all(np.abs(size / np.array(one) - 1).max() >= 0.1 for one in usual(kind.name)):
            return float(size[0]), float(size[1]), float(size[2])
