"""Decides what stands where in a room: its size, its pieces, where the light comes from, where the camera stands.

Metres; x to the right, y up; the back wall is z = 0, the camera looks from the front wall (z = depth) into the room.
Everything follows from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from _pieces import KINDS, Kind, drawn_size, fitted
from _solids import Points, Solid, block, extents, volume, yaw_matrix

Rng = np.random.Generator

SETS = {
    "living": ("sofa", "tv_stand", "coffee_table", "bookshelf", "potted_plant", "cabinet"),
    "bedroom": ("bed", "wardrobe", "nightstand", "drawer", "chair"),
    "dining": ("dining_table", "chair", "chair", "cabinet", "refrigerator", "potted_plant"),
    "study": ("desk", "chair", "bookshelf", "drawer", "sofa"),
}
ON_TOP = {"tv_stand": "tv", "cabinet": "microwave"}
"""What may stand on what."""
CLEAR = 1.5
"""Metres round the camera in which nothing stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece where it stands. width, depth, height in its own axes, metres; filled: cubic metres of its solids."""

    id: str
    kind: Kind
    solids: tuple[Solid, ...]
    yaw: float
    width: float
    depth: float
    height: float
    filled: float

    @property
    def box_volume(self) -> float:
        return self.width * self.depth * self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """At `eye`, looking at `target`; fov: degrees across the picture's width; roll: radians about the way it looks."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov: float
    roll: float

    @property
    def axes(self) -> tuple[Points, Points, Points]:
        """To the right in the picture, up in it, and ahead: unit vectors."""
        ahead = np.array(self.target) - np.array(self.eye)
        ahead /= np.linalg.norm(ahead)
        level = np.cross(ahead, [0.0, 1.0, 0.0])
        level /= np.linalg.norm(level)
        upright = np.cross(level, ahead)
        right = np.cos(self.roll) * level + np.sin(self.roll) * upright
        return right, np.cross(right, ahead), ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """width, depth, height: of the room. window: the wall where light comes in. lamp: whether the ceiling's is on."""

    seed: int
    set: str
    width: float
    depth: float
    height: float
    window: str
    lamp: bool
    pieces: tuple[Piece, ...]
    camera: Camera


@dataclass(frozen=True, slots=True)
class _Spot:
    x: float
    y: float
    z: float
    yaw: float


def room(seed: int) -> Room:
    """The room of that seed."""
    rng = np.random.default_rng(seed)
    names = tuple(SETS)
    chosen = names[seed % len(names)]
    width, depth, height = rng.uniform(3.3, 4.6), rng.uniform(4.0, 5.2), rng.uniform(2.4, 2.75)
    eye = (width * rng.uniform(0.22, 0.78), rng.uniform(1.15, 1.7), depth - 0.25)
    roll = rng.normal(0, 0.025)  # nobody holds a telephone quite level
    pieces = _furnished(chosen, (width, depth), eye, rng)
    middle = np.mean([np.concatenate([s.points for s in piece.solids]).mean(axis=0) for piece in pieces], axis=0)
    target = (float(middle[0] * 0.6 + width * 0.2), float(rng.uniform(0.6, 0.85)), float(min(middle[2], depth * 0.45)))
    return Room(
        seed=seed,
        set=chosen,
        width=width,
        depth=depth,
        height=height,
        window=str(rng.choice(["left", "right"])),
        lamp=bool(rng.random() < 0.6),
        pieces=tuple(pieces),
        camera=Camera(eye=eye, target=target, fov=float(rng.uniform(62, 74)), roll=float(roll)),
    )


def _furnished(chosen: str, floor: tuple[float, float], eye: tuple[float, float, float], rng: Rng) -> list[Piece]:
    """Pieces that do not touch each other; one that finds no place is left out."""
    pieces: list[Piece] = []
    taken: list[Points] = []
    for name in SETS[chosen]:
        kind = KINDS[name]
        solids, size = _made(kind, rng)
        spot = _place(kind, size, floor, eye, taken, rng)
        if spot is None:
            continue
        taken.append(_footprint(size, spot, 0.04))
        pieces.append(_stood(str(len(pieces)), kind, solids, spot))
        if name in ON_TOP and rng.random() < 0.85:
            upper, over = KINDS[ON_TOP[name]], _Spot(spot.x, size[2], spot.z, spot.yaw)
            above, measures = _made(upper, rng)
            if measures[0] < size[0] and measures[1] < size[1]:
                pieces.append(_stood(str(len(pieces)), upper, above, over))
    return pieces


def _made(kind: Kind, rng: Rng) -> tuple[list[Solid], tuple[float, float, float]]:
    size = drawn_size(kind, rng)
    return fitted(kind.make(size, rng), size), size


def _stood(id: str, kind: Kind, solids: list[Solid], spot: _Spot) -> Piece:
    width, height, depth = extents(solids)
    where = (spot.x, spot.y, spot.z)
    return Piece(
        id=id,
        kind=kind,
        solids=tuple(solid.turned(spot.yaw).moved(where) for solid in solids),
        yaw=spot.yaw,
        width=width,
        depth=depth,
        height=height,
        filled=volume(solids),
    )


def _place(
    kind: Kind,
    size: tuple[float, float, float],
    floor: tuple[float, float],
    eye: tuple[float, float, float],
    taken: list[Points],
    rng: Rng,
) -> _Spot | None:
    for _ in range(150):
        spot = _at_wall(size, floor, rng) if kind.wall else _free(floor, rng)
        print_ = _footprint(size, spot, 0.0)
        inside = (print_ > 0.01).all() and (print_ < np.array(floor) - 0.01).all()
        far = np.hypot(*(print_ - np.array([eye[0], eye[2]])).T).min() > CLEAR
        if inside and far and not any(overlap(print_, other) for other in taken):
            return spot
    return None


def _at_wall(size: tuple[float, float, float], floor: tuple[float, float], rng: Rng) -> _Spot:
    """The back wall more often than the sides, where a camera sees a piece worse."""
    width, depth = floor
    gap, wall = rng.uniform(0.02, 0.06), rng.choice(["back", "back", "left", "right"])
    if wall == "back":
        return _Spot(rng.uniform(size[0] / 2, width - size[0] / 2), 0.0, size[1] / 2 + gap, rng.normal(0, 0.01))
    z = rng.uniform(size[0] / 2, max(depth * 0.62, size[0] / 2 + 0.01))
    if wall == "left":
        return _Spot(size[1] / 2 + gap, 0.0, z, np.pi / 2 + rng.normal(0, 0.01))
    return _Spot(width - size[1] / 2 - gap, 0.0, z, -np.pi / 2 + rng.normal(0, 0.01))


def _free(floor: tuple[float, float], rng: Rng) -> _Spot:
    width, depth = floor
    return _Spot(rng.uniform(0.5, width - 0.5), 0.0, rng.uniform(0.6, depth * 0.6), rng.uniform(-np.pi, np.pi))


def _footprint(size: tuple[float, float, float], spot: _Spot, margin: float) -> Points:
    """The corners on the floor, [4, 2] as (x, z), in their order round it."""
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (np.array([size[0], size[1]]) / 2 + margin)
    corners = np.stack([half[:, 0], np.zeros(4), half[:, 1]], axis=1) @ yaw_matrix(spot.yaw).T
    return corners[:, [0, 2]] + np.array([spot.x, spot.z])


def overlap(one: Points, other: Points) -> bool:
    """Whether two convex outlines meet: no side of either separates them."""
    for outline in (one, other):
        for i in range(len(outline)):
            side = outline[(i + 1) % len(outline)] - outline[i]
            normal = np.array([-side[1], side[0]])
            a, b = one @ normal, other @ normal
            if a.max() <= b.min() or b.max() <= a.min():
                return False
    return True


def shell(room: Room, rng: Rng) -> list[Solid]:
    """What belongs to the room itself and is no furniture: skirting boards, a rug, a picture on the wall, a door."""
    w, d = room.width, room.depth
    parts = [
        block((w, 0.08, 0.014), (w / 2, 0, 0.008), "trim", bevel=0.003),
        block((0.014, 0.08, d), (0.008, 0, d / 2), "trim", bevel=0.003),
        block((0.014, 0.08, d), (w - 0.008, 0, d / 2), "trim", bevel=0.003),
    ]
    if rng.random() < 0.6:
        parts.append(
            block((rng.uniform(1.4, 2.0), 0.012, rng.uniform(1.0, 1.5)), (w / 2, 0, d * 0.45), "rug", bevel=0.004)
        )
    if rng.random() < 0.8:
        wide, tall = rng.uniform(0.4, 0.8), rng.uniform(0.35, 0.6)
        x, y = rng.uniform(0.6, w - 0.6), rng.uniform(1.65, 1.8)
        parts.append(block((wide + 0.05, tall + 0.05, 0.025), (x, y - 0.025, 0.014), "black", bevel=0.004))
        parts.append(block((wide, tall, 0.006), (x, y, 0.03), "painting", bevel=0.001))
    if room.window == "left":
        parts.append(block((0.03, 2.05, 0.85), (w - 0.015, 0, d * 0.72), "trim", bevel=0.006))
    return parts
