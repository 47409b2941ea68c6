"""Splits paths at their corners, and drops what is too short to be a stroke; what touched goes on touching."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Ints, groups
from rung.models.strokes.tracing import Paths

REACH: Final = 6
"""Pixels along a path to either side by which its turn is judged: about half a letter's arc at 200 dpi."""
NEAREST: Final = 3
"""A corner this near to a path's end is its end's own crook."""
SHARP: Final = math.cos(math.radians(50))
"""Cosine of the turn from which on it is a corner. The arc of a letter 2.5 mm high turns 34 degrees over REACH."""
SHORTEST: Final = 4
"""Pixels: the published method drops shorter strokes."""


def split(paths: Paths) -> Paths:
    """The paths cut at their corners."""
    return cut_at(paths, np.flatnonzero(corners(paths)))


def cut_at(paths: Paths, cuts: Ints) -> Paths:
    """The paths cut at these points, none of them an end; both pieces have the point and a new joint there."""
    if not cuts.size:
        return paths
    owner = paths.owner[cuts]
    # A cut's pixel stands twice: as the last of one piece and the first of the next.
    points = np.insert(paths.points, cuts, paths.points[cuts], axis=0)
    shifted = paths.starts + np.searchsorted(cuts, paths.starts)
    starts = np.sort(np.concatenate([shifted, cuts + np.arange(len(cuts)) + 1]))
    joints = paths.joints + np.arange(len(cuts))
    begins = np.insert(paths.ends[:, 0], owner + 1, joints)
    ends = np.insert(paths.ends[:, 1], owner, joints)
    return Paths(points, starts, np.stack([begins, ends], axis=1), paths.joints + len(cuts))


def corners(paths: Paths) -> NDArray[np.bool_]:
    """[P]: whether a path turns sharply at this point, more so than at any other within REACH."""
    turn = _turns(paths)
    sharp = turn < SHARP
    best = sharp.copy()
    owner = paths.owner
    for step in range(1, REACH + 1):
        same = owner[step:] == owner[:-step]
        # Of equals the first is the corner.
        best[step:] &= ~(same & (turn[:-step] <= turn[step:]))
        best[:-step] &= ~(same & (turn[step:] < turn[:-step]))
    return best


def _turns(paths: Paths) -> NDArray[np.float64]:
    """[P]: the cosine between the ways to and from each point; 1 where an end is too near to say."""
    place = np.arange(len(paths.points))
    first = np.repeat(paths.starts[:-1], paths.counts)
    last = np.repeat(paths.starts[1:] - 1, paths.counts)
    reach = np.minimum(np.minimum(place - first, last - place), REACH)
    to = paths.points - paths.points[place - reach]
    away = paths.points[place + reach] - paths.points
    length = np.hypot(*to.T) * np.hypot(*away.T)
    found = np.where(length > 0, (to * away).sum(axis=1) / np.maximum(length, 1e-9), 1.0)
    return np.where(reach < NEAREST, 1.0, found)


def without_short(paths: Paths) -> Paths:
    """Without paths of fewer pixels than SHORTEST: their two joints become one, so what they joined still touches."""
    short = paths.counts < SHORTEST
    if not short.any():
        return paths
    joint = groups(paths.joints, paths.ends[short])
    kept = ~short
    points = paths.points[np.repeat(kept, paths.counts)]
    starts = np.concatenate([[0], np.cumsum(paths.counts[kept])])
    return Paths(points, starts, joint[paths.ends[kept]], int(joint.max()) + 1)


def touching(paths: Paths) -> Ints:
    """[E, 2]: pairs of different paths that share a joint, each once, the smaller number first."""
    joint = paths.ends.reshape(-1)
    path = np.repeat(np.arange(len(paths.ends)), 2)
    order = np.argsort(joint, kind="stable")
    joint, path = joint[order], path[order]
    found = []
    step = 1
    while True:  # the n-th round pairs each end with the n-th after it at its joint
        same = joint[step:] == joint[:-step]
        if not same.any():
            break
        found.append(np.stack([path[:-step][same], path[step:][same]], axis=1))
        step += 1
    pairs = np.sort(np.concatenate(found), axis=1) if found else np.empty((0, 2), np.int64)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
