"""Decides where each piece stands in the truck: a heuristic in the order in which packers work, tried from six starts.

Every piece stays upright and is turned about the vertical only. One after the other is set down where it finds room
nearest the cab: against walls and pieces that stand already, lowered from above until it rests. At least three quarters
of its base rest on something, nothing stands on a piece that bears nothing, and what must stand on the floor does.
Pieces are their boxes, in whole millimetres; weights and axles are not reckoned with.

The start decides much, so six are tried for each truck (which piece comes first, which corner is preferred), the one
that loads most is taken, and of equals the one that takes least of the length. No library does it better that could be
had: docs/dependencies.md has the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Sides = tuple[float, float, float]

SUPPORT: Final = 0.75
"""Of a piece's base."""
WORK: Final = 400_000_000
"""Pairs of a place and a standing piece that are looked at before the starts that are left are passed over: about ten
seconds of one core, and far more than one truck takes. The first start of each truck is always made."""
WORK_OF_ONE: Final = 200_000_000
"""As many in one start: then what has found no place yet waits for the next truck."""
ROWS: Final = 2_000_000
"""Pairs at a time: what they take lies in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """One piece, in millimetres. on_floor: it must stand there. bears: others may stand on it."""

    width: int
    depth: int
    height: int
    on_floor: bool = False
    bears: bool = True

    @property
    def volume(self) -> int:
        """Cubic millimetres."""
        return self.width * self.depth * self.height


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a piece stands: [x0, y0, z0, x1, y1, z1], x across the truck, y from the cab to the door, z up."""

    item: int
    low: tuple[int, int, int]
    high: tuple[int, int, int]


@dataclass(slots=True)
class Filling:
    """A truck as it is being filled. spots: in the order in which they were found. rows: their corners, [N, 6]."""

    space: tuple[int, int, int]
    spots: list[Spot] = field(default_factory=list)
    rows: Whole = field(default_factory=lambda: np.empty((0, 6), np.int64))
    bears: list[bool] = field(default_factory=list)
    looked_at: int = 0

    def put(self, item: int, cargo: Cargo, low: Sequence[int], width: int, depth: int) -> None:
        """The piece stands there from now on."""
        high = (low[0] + width, low[1] + depth, low[2] + cargo.height)
        self.spots.append(Spot(item, (low[0], low[1], low[2]), high))
        self.rows = np.vstack((self.rows, [*low, *high]))
        self.bears.append(cargo.bears)

    @property
    def volume(self) -> int:
        """Of what stands there, in cubic millimetres."""
        sides = self.rows[:, 3:] - self.rows[:, :3]
        return int(sides.prod(axis=1).sum())

    @property
    def length(self) -> int:
        """How far from the cab it is filled."""
        return int(self.rows[:, 4].max(initial=0))


Order = Callable[[Cargo], tuple[int, ...]]
Preference = Callable[[Whole, Whole, Whole, int], tuple[Whole, ...]]
"""(x, y, z of each place, depth of the piece) -> what is to be small, the weightiest first."""


def _large_first(one: Cargo) -> tuple[int, ...]:
    return (-one.volume,)


def _broad_first(one: Cargo) -> tuple[int, ...]:
    return (-one.width * one.depth,)


def _floor_first(one: Cargo) -> tuple[int, ...]:
    return (not one.on_floor, -one.width * one.depth)


def _tall_first(one: Cargo) -> tuple[int, ...]:
    return (-one.height, -one.volume)


def _corner(x: Whole, y: Whole, z: Whole, depth: int) -> tuple[Whole, ...]:
    return y, x, z


def _short(x: Whole, y: Whole, z: Whole, depth: int) -> tuple[Whole, ...]:
    return y + depth, z, x


def _low(x: Whole, y: Whole, z: Whole, depth: int) -> tuple[Whole, ...]:
    return z, y + depth, x


STARTS: Final[tuple[tuple[Order, Preference], ...]] = (
    (_large_first, _corner),
    (_large_first, _short),
    (_large_first, _low),
    (_floor_first, _corner),
    (_broad_first, _corner),
    (_tall_first, _short),
)
"""The first loads 98 % of the best of 24 on average of 36 drawn removals; the others are best in most of the rest."""


def pack(
    items: Sequence[Sides], truck: Sides, most: int = 1, handling: Sequence[tuple[bool, bool]] = ()
) -> dict[str, Any]:
    """How the pieces lie in up to `most` trucks of that load space, one filled after the other.

    items: (width, depth, height) of each; truck: (width, length, height), inside; millimetres. handling: for each piece
    (must stand on the floor, bears others); none: neither must any, and all bear.
    Answers {"placements": [{item, truck, x_mm, y_mm, z_mm, width_mm, depth_mm, height_mm}], "left": [item]}: in the
    order of loading, truck by truck; x across from the left, y from the cab to the door, z from the floor.
    """
    cargo = [_cargo(sides, how) for sides, how in zip(items, handling or [(False, True)] * len(items), strict=True)]
    space = (int(truck[0]), int(truck[1]), int(truck[2]))
    left, placements, looked_at = list(range(len(cargo))), [], 0
    for number in range(most):
        filled, looked_at = fill(space, cargo, left, looked_at)
        if not filled.spots:
            break
        placements += [_placement(spot, number) for spot in in_loading_order(filled.spots)]
        loaded = {spot.item for spot in filled.spots}
        left = [item for item in left if item not in loaded]
    return {"placements": placements, "left": left}


def _cargo(sides: Sides, how: tuple[bool, bool]) -> Cargo:
    """A part of a millimetre counts as a whole one."""
    width, depth, height = (math.ceil(side) for side in sides)
    return Cargo(width=width, depth=depth, height=height, on_floor=how[0], bears=how[1])


def _placement(spot: Spot, truck: int) -> Mapping[str, float]:
    names = ("width_mm", "depth_mm", "height_mm")
    corner = {name: float(value) for name, value in zip(("x_mm", "y_mm", "z_mm"), spot.low, strict=True)}
    sides = {name: float(high - low) for name, low, high in zip(names, spot.low, spot.high, strict=True)}
    return {"item": spot.item, "truck": truck, **corner, **sides}


def fill(
    space: tuple[int, int, int], cargo: Sequence[Cargo], which: Sequence[int], looked_at: int = 0
) -> tuple[Filling, int]:
    """One truck with as much of `which` (numbers of cargo) as goes in by the best start; and what was looked at."""
    best = None
    for order, preference in STARTS:
        if best is not None and (looked_at > WORK or len(best.spots) == len(which)):
            break
        made = _from_start(space, cargo, sorted(which, key=lambda item: (*order(cargo[item]), item)), preference)
        looked_at += made.looked_at
        if best is None or (made.volume, -made.length) > (best.volume, -best.length):
            best = made
    assert best is not None
    return best, looked_at


def _from_start(
    space: tuple[int, int, int], cargo: Sequence[Cargo], which: Sequence[int], preference: Preference
) -> Filling:
    filling, refused = Filling(space), set()
    for item in which:
        one = cargo[item]
        if filling.looked_at > WORK_OF_ONE:
            break
        if one in refused:  # its like found no room, and there is less now
            continue
        spot = _best_spot(filling, one, preference)
        if spot is None:
            refused.add(one)
        else:
            filling.put(item, one, *spot)
    return filling


def _best_spot(filling: Filling, one: Cargo, preference: Preference) -> tuple[tuple[int, int, int], int, int] | None:
    """Its lower corner, its width and its depth as it stands there; None: no room."""
    best: tuple[tuple[int, ...], tuple[int, int, int], int, int] | None = None
    for width, depth in dict.fromkeys(((one.width, one.depth), (one.depth, one.width))):
        x, y, z = _spots(filling, one, width, depth)
        if not x.size:
            continue
        keys = preference(x, y, z, depth)
        at = np.lexsort(keys[::-1])[0]
        found = tuple(int(key[at]) for key in keys)
        if best is None or found < best[0]:
            best = (found, (int(x[at]), int(y[at]), int(z[at])), width, depth)
    return None if best is None else best[1:]


def _spots(filling: Filling, one: Cargo, width: int, depth: int) -> tuple[Whole, Whole, Whole]:
    """Every place against walls and standing pieces where it fits and rests, as (x, y, z) of its lower corners."""
    rows, (across, along, up) = filling.rows, filling.space
    xs = _within(np.concatenate(([0, across - width], rows[:, 3], rows[:, 0] - width)), across - width)
    ys = _within(np.concatenate(([0], rows[:, 4], rows[:, 1])), along - depth)
    step = max(1, ROWS // max(xs.size * max(len(rows), 1), 1))
    found = [_resting(filling, one, xs, ys[at : at + step], width, depth) for at in range(0, ys.size, step)]
    filling.looked_at += xs.size * ys.size * max(len(rows), 1)
    kept = [(x, y, z) for x, y, z in found if x.size]
    if not kept:
        return (np.empty(0, np.int64),) * 3
    x, y, z = (np.concatenate(part) for part in zip(*kept, strict=True))
    inside = z + one.height <= up
    return x[inside], y[inside], z[inside]


def _within(values: Whole, most: int) -> Whole:
    """Without repeats, from 0 to `most`."""
    once: Whole = np.unique(values)
    return once[(once >= 0) & (once <= most)]


def _resting(filling: Filling, one: Cargo, xs: Whole, ys: Whole, width: int, depth: int) -> tuple[Whole, Whole, Whole]:
    """The places among xs x ys where it comes to rest as it should when it is lowered from above."""
    rows = filling.rows
    x, y = (grid.ravel() for grid in np.meshgrid(xs, ys))
    over_x = np.minimum(x[:, None] + width, rows[:, 3]) - np.maximum(x[:, None], rows[:, 0])
    over_y = np.minimum(y[:, None] + depth, rows[:, 4]) - np.maximum(y[:, None], rows[:, 1])
    over = (over_x > 0) & (over_y > 0)
    z = np.where(over, rows[:, 5], 0).max(axis=1, initial=0)
    bearing = over & (rows[:, 5] == z[:, None])
    rests = np.where(bearing, over_x * over_y, 0).sum(axis=1) >= SUPPORT * width * depth
    borne = ~(bearing & ~np.array(filling.bears, bool)).any(axis=1)
    good = (z == 0) | (rests & borne & (not one.on_floor))
    return x[good], y[good], z[good]


def in_loading_order(spots: Sequence[Spot]) -> list[Spot]:
    """So that each piece is carried in straight from the door, and set on what stands there already.

    Of those that could come next, the one nearest the cab. Where some lock each other in, as bricks may, the nearest
    one breaks the ring: somebody has to lift it over.
    """
    waits_for = {one: {other for other in spots if other is not one and _comes_before(other, one)} for one in spots}
    ordered: list[Spot] = []
    while waits_for:
        free = [one for one, others in waits_for.items() if not others]
        chosen = min(free or waits_for, key=lambda one: (one.low[1], one.low[2], one.low[0]))
        del waits_for[chosen]
        for others in waits_for.values():
            others.discard(chosen)
        ordered.append(chosen)
    return ordered


def _comes_before(first: Spot, then: Spot) -> bool:
    """Whether `then` rests on `first` or stands between it and the door."""
    across = _overlap(first, then, 0)
    under = across and _overlap(first, then, 1) and first.high[2] <= then.low[2]
    behind = across and _overlap(first, then, 2) and first.high[1] <= then.low[1]
    return under or behind


def _overlap(one: Spot, other: Spot, axis: int) -> bool:
    return one.low[axis] < other.high[axis] and other.low[axis] < one.high[axis]
