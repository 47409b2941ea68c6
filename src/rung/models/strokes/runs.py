"""Finds which strokes go on into each other: one line of a drawing that others cut where they meet it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Ints, groups
from rung.models.strokes.tracing import Paths

REACH: Final = 10
"""Pixels from a path's end by which its direction there is judged: nearer ones are bent by what it meets."""
STRAIGHT: Final = math.cos(math.radians(15))
"""Cosine of the turn up to which a line goes on."""


@dataclass(frozen=True, slots=True)
class Runs:
    """of: [N], the run that each stroke belongs to. free_ends: [N], how many ends of its run touch nothing, 0..2."""

    of: Ints
    free_ends: Ints


def runs(paths: Paths) -> Runs:
    """Strokes whose ends meet and point away from each other are one run; an end goes on into one other at most."""
    count = len(paths.counts)
    one, other = _going_on(paths)
    of = groups(count, np.stack([one // 2, other // 2], axis=1))
    uses = np.bincount(paths.ends.reshape(-1), minlength=paths.joints)
    free = (uses[paths.ends] == 1).sum(axis=1)
    return Runs(of, np.bincount(of, weights=free).astype(np.int64)[of])


def _going_on(paths: Paths) -> tuple[Ints, Ints]:
    """Pairs of ends, numbered 2 x stroke and 2 x stroke + 1, each the other's straightest."""
    one, other = _met(paths)
    way = _ways(paths)
    straight = -(way[one] * way[other]).sum(axis=1)
    kept = (straight > STRAIGHT) & (one // 2 != other // 2)
    one, other, straight = one[kept], other[kept], straight[kept]
    best = np.full(2 * len(paths.counts), -1.0)
    np.maximum.at(best, one, straight)
    np.maximum.at(best, other, straight)
    mutual = (best[one] == straight) & (best[other] == straight)
    return one[mutual], other[mutual]


def _met(paths: Paths) -> tuple[Ints, Ints]:
    """All pairs of ends at one joint."""
    joint = paths.ends.reshape(-1)
    order = np.argsort(joint, kind="stable")
    joint = joint[order]
    ones, others = [order[:0]], [order[:0]]
    step = 1
    while (same := joint[step:] == joint[:-step]).any():
        ones.append(order[:-step][same])
        others.append(order[step:][same])
        step += 1
    return np.concatenate(ones), np.concatenate(others)


def _ways(paths: Paths) -> NDArray[np.float64]:
    """f64 [2N, 2]: the direction from each end into its path, of length 1."""
    first, last = paths.starts[:-1], paths.starts[1:] - 1
    reach = np.minimum(REACH, last - first)
    way = np.empty((2 * len(first), 2))
    way[0::2] = paths.points[first + reach] - paths.points[first]
    way[1::2] = paths.points[last - reach] - paths.points[last]
    found: NDArray[np.float64] = way / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return found
