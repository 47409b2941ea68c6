"""Fits one cubic Bézier curve to each path by least squares, all at once; cuts paths that no such curve follows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.corners import SHORTEST, cut_at
from rung.models.strokes.tracing import Paths

Doubles = NDArray[np.float64]

FARTHEST: Final = 2.0
"""Pixels that a point of a path may lie off its curve. The published method cuts at corners only; an outline with
rounded corners is then one stroke, whose curve cuts across them."""
ROUNDS: Final = 5
"""A path may be cut into two each time: 32 pieces."""


def followed(paths: Paths) -> Paths:
    """The paths, those cut in two where they are farthest from their curve that leave it by more than FARTHEST."""
    for _ in range(ROUNDS):
        cuts = _worst(paths)
        if not cuts.size:
            break
        paths = cut_at(paths, cuts)
    return paths


def _worst(paths: Paths) -> NDArray[np.int64]:
    """For each path that leaves its curve the point, not near its ends, where it is farthest from it."""
    if not len(paths.counts):
        return np.empty(0, np.int64)
    owner, t = paths.owner, parameters(paths)[:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], axis=1)
    off = np.hypot(*((weights[:, :, None] * fitted(paths)[owner]).sum(axis=1) - paths.points).T)
    place = np.arange(len(off))
    room = np.minimum(place - paths.starts[:-1][owner], paths.starts[1:][owner] - 1 - place)
    off = np.where(room >= SHORTEST, off, 0.0)
    order = np.lexsort((off, owner))  # the farthest of each path comes last
    last = order[paths.starts[1:] - 1]
    return np.asarray(np.sort(last[off[last] > FARTHEST]))


def fitted(paths: Paths) -> Doubles:
    """f64 [N, 4, 2]: control points in pixels, the first and the last on the path's ends.

    The parameter of a point is its share of the path's length (chord lengths, as usual), so that the two inner points
    are a linear least-squares problem of two unknowns a coordinate. Where that has no answer (two or three points in
    all) they lie on the thirds of the chord.
    """
    first, last = paths.points[paths.starts[:-1]], paths.points[paths.starts[1:] - 1]
    t = parameters(paths)[:, None]
    head, one, two, tail = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
    owner = paths.owner
    rest = paths.points - head * first[owner] - tail * last[owner]
    a, b, c = (_summed(paths, value)[:, 0] for value in (one * one, one * two, two * two))
    right_one, right_two = _summed(paths, one * rest), _summed(paths, two * rest)
    ground = a * c - b * b
    solvable = ground > 1e-9
    ground = np.where(solvable, ground, 1.0)[:, None]
    inner_one = (c[:, None] * right_one - b[:, None] * right_two) / ground
    inner_two = (a[:, None] * right_two - b[:, None] * right_one) / ground
    chord = last - first
    inner_one = np.where(solvable[:, None], inner_one, first + chord / 3)
    inner_two = np.where(solvable[:, None], inner_two, first + chord * 2 / 3)
    return np.stack([first, inner_one, inner_two, last], axis=1)


def parameters(paths: Paths) -> Doubles:
    """[P]: 0 at a path's first point, 1 at its last, by the length between; 0 on a path of one place."""
    along = lengths_along(paths)
    whole = along[paths.starts[1:] - 1]
    return along / np.maximum(whole, 1e-9)[paths.owner]


def lengths_along(paths: Paths) -> Doubles:
    """[P]: pixels from the path's first point."""
    step = np.zeros(len(paths.points))
    step[1:] = np.hypot(*np.diff(paths.points, axis=0).T)
    step[paths.starts[:-1]] = 0
    whole = np.cumsum(step)
    return np.asarray(whole - whole[paths.starts[:-1]][paths.owner])


def _summed(paths: Paths, values: Doubles) -> Doubles:
    """[N, k]: sums over each path of [P, k]."""
    return np.asarray(np.add.reduceat(values, paths.starts[:-1], axis=0))


def at(controls: Doubles, t: float) -> Doubles:
    """[N, 2]: the curves' points at a parameter."""
    weights = np.array([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])
    return np.asarray(np.einsum("k,nkd->nd", weights, controls))


def curvature(controls: Doubles, t: float) -> Doubles:
    """[N]: signed curvature at a parameter, one over pixels; 0 where the curve stands still."""
    legs = np.diff(controls, axis=1)
    bends = np.diff(legs, axis=1)
    speed = 3 * ((1 - t) ** 2 * legs[:, 0] + 2 * (1 - t) * t * legs[:, 1] + t**2 * legs[:, 2])
    change = 6 * ((1 - t) * bends[:, 0] + t * bends[:, 1])
    fast = np.hypot(*speed.T)
    cross = speed[:, 0] * change[:, 1] - speed[:, 1] * change[:, 0]
    return np.where(fast > 1e-6, cross / np.maximum(fast, 1e-6) ** 3, 0.0)
