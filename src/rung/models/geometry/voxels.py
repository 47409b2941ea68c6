"""The space that a thing fills: its surface as voxels, flooded from outside; what the flood does not reach is inside.

The box is what a van needs, this is what a weight needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rung.models.geometry.cloud import Flags, Floats

FINEST: Final = 96
"""Voxels along the longest side, at most."""
COARSEST: Final = 12
THINNEST: Final = 6
"""Voxels across the shortest side, at least: a screen is no thicker than it is, so voxels are flat where things are."""

PER_VOXEL: Final = 6.0
"""Points that a voxel of the surface should hold on average: of evenly strewn ones every 400th voxel is empty then, and
holes of one voxel are closed before the flood."""


def filled_volume(points: Floats) -> float:
    """Cubic units that the closed surface of these points holds.

    Zero for a flat cloud or fewer than four points. An open surface gives little more than its own voxels.
    """
    if len(points) < 4:
        return 0.0
    low, high = points.min(axis=0), points.max(axis=0)
    if float((high - low).min()) <= 0:
        return 0.0
    voxel = (high - low) / np.maximum((high - low) / (high - low).max() * fineness(points), THINNEST)
    return cells(_shell(points, low, voxel)) * float(voxel.prod())


def cells(shell: Flags) -> float:
    """Voxels within the surface `shell`, bool [X, Y, Z] with two empty layers round it: those that the flood wets from
    one side count half, since on average half of such a voxel lies inside."""
    body = ~outside(shell)
    rim = body & grown(~body)
    return float(body.sum() - 0.5 * rim.sum())


def fineness(points: Floats) -> int:
    """Voxels along the longest side: as fine as the points still close the surface of their box."""
    sides = points.max(axis=0) - points.min(axis=0)
    a, b, c = (sides / sides.max()).tolist()
    faces = 2 * (a * b + b * c + a * c)
    return int(np.clip((len(points) / (PER_VOXEL * faces)) ** 0.5, COARSEST, FINEST))


def _shell(points: Floats, low: Floats, voxel: Floats) -> Flags:
    """bool [X, Y, Z]: voxels with a point in them, two empty layers round all. The outermost faces run through the
    middle of their voxels, so that these are half inside as all others are on average."""
    cells = ((points - low) / voxel + 2.5).astype(np.int32)
    shape = tuple((cells.max(axis=0) + 3).tolist())
    shell = np.zeros(shape, np.bool_)
    shell.reshape(-1)[np.ravel_multi_index(tuple(cells.T), shape)] = True
    return shell


def outside(shell: Flags) -> Flags:
    """bool like `shell`: what a ball three voxels wide reaches from the corner, so that it passes no smaller hole."""
    return grown(flooded(grown(shell))) & ~shell


def grown(flags: Flags) -> Flags:
    """With the neighbours through faces."""
    more = flags.copy()
    for axis in range(3):
        old, new = np.moveaxis(flags, axis, 0), np.moveaxis(more, axis, 0)
        new[1:] |= old[:-1]
        new[:-1] |= old[1:]
    return more


def flooded(walls: Flags) -> Flags:
    """bool like `walls`: what can be reached from the corner through faces without crossing a wall.

    Sweeps along the axes, both ways, until nothing is new: a few rounds for anything that is no maze.
    """
    free = ~walls
    wet = np.zeros_like(walls)
    wet[0, 0, 0] = free[0, 0, 0]
    before = -1
    while (now := int(wet.sum())) != before:
        before = now
        for water, open_ in _layers(wet, free):
            for one in range(1, len(water)):
                water[one] |= water[one - 1] & open_[one]
    return wet


def _layers(wet: Flags, free: Flags) -> Iterator[tuple[Flags, Flags]]:
    """Views of both, one per direction: along each axis, forth and back."""
    for axis in range(3):
        water, open_ = np.moveaxis(wet, axis, 0), np.moveaxis(free, axis, 0)
        yield water, open_
        yield water[::-1], open_[::-1]
