"""Traces a thinned drawing into paths: rows of pixels from one end or meeting point to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Ints, PixelGraph, groups

MEETING = 3
"""Neighbours from which on a pixel is where lines meet."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths one after another.

    points: f64 [P, 2], (x, y) pixels in order. starts: [N + 1], where each path begins; the last is P.
    ends: [N, 2], the joint at each end; paths with the same number touch there. joints: how many numbers there are.
    """

    points: NDArray[np.float64]
    starts: Ints
    ends: Ints
    joints: int

    @property
    def counts(self) -> Ints:
        """[N]: pixels of each path."""
        return np.diff(self.starts)

    @property
    def owner(self) -> Ints:
        """[P]: the path that each point belongs to."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)


def traced(graph: PixelGraph) -> Paths:
    """Every path of the drawing. A closed line without a meeting point begins and ends at one of its pixels."""
    meets = graph.degree >= MEETING
    inner = ~meets[graph.pairs].any(axis=1)
    joint = _meeting_joints(graph, meets)
    order, starts, closed = walk(len(graph.degree), graph.pairs[inner], ~meets)
    mixed = graph.pairs[meets[graph.pairs].sum(axis=1) == 1]
    return _with_ends(graph, order, starts, closed, _hooks(mixed, meets), joint)


def _meeting_joints(graph: PixelGraph, meets: NDArray[np.bool_]) -> Ints:
    """[P]: the joint of each meeting pixel, -1 elsewhere; pixels that meet side by side are one joint."""
    found = np.full(len(meets), -1)
    both = graph.pairs[meets[graph.pairs].all(axis=1)]
    places = np.flatnonzero(meets)
    number = np.full(len(meets), -1)
    number[places] = np.arange(len(places))
    found[places] = groups(len(places), number[both])
    return found


def _hooks(mixed: Ints, meets: NDArray[np.bool_]) -> dict[int, list[int]]:
    """Pixel of a path -> the meeting pixels beside it."""
    swapped = np.where(meets[mixed[:, :1]], mixed[:, ::-1], mixed)
    found: dict[int, list[int]] = {}
    for pixel, meeting in swapped.tolist():
        found.setdefault(pixel, []).append(meeting)
    return found


def walk(count: int, pairs: Ints, wanted: NDArray[np.bool_]) -> tuple[list[int], list[int], list[bool]]:
    """The wanted nodes in order along paths and rings, where each begins, and which are rings. No node has over two
    pairs."""
    beside = _beside(count, pairs)
    left, right = beside[:, 0].tolist(), beside[:, 1].tolist()
    ends = np.flatnonzero(wanted & (beside[:, 1] < 0)).tolist()
    fresh = wanted.tolist()
    order: list[int] = []
    starts: list[int] = []
    closed: list[bool] = []
    for first in (*ends, *np.flatnonzero(wanted).tolist()):
        if not fresh[first]:
            continue
        starts.append(len(order))
        closed.append(right[first] >= 0)
        at = first
        while at >= 0:
            order.append(at)
            fresh[at] = False
            one, other = left[at], right[at]
            at = one if one >= 0 and fresh[one] else other if other >= 0 and fresh[other] else -1
    starts.append(len(order))
    return order, starts, closed


def _beside(count: int, pairs: Ints) -> Ints:
    """[count, 2]: the nodes beside each, -1 where there is none."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    nodes, first, times = np.unique(both[:, 0], return_index=True, return_counts=True)
    found = np.full((count, 2), -1)
    found[nodes, 0] = both[first, 1]
    two = times > 1
    found[nodes[two], 1] = both[first[two] + 1, 1]
    return found


def _with_ends(
    graph: PixelGraph, order: list[int], starts: list[int], closed: list[bool], hooks: dict[int, list[int]], joint: Ints
) -> Paths:
    """Each path with the meeting pixels at its ends, which lines that meet there share, and the joints' numbers.

    An end that meets nothing gets a number of its own; the two ends of a ring get one together.
    """
    joints = int(joint.max(initial=-1)) + 1
    pixels: list[int] = []
    begins: list[int] = [0]
    ends: list[tuple[int, int]] = []
    for number, ring in enumerate(closed):
        path = order[starts[number] : starts[number + 1]]
        if ring:
            pixels += [*path, path[0]]
            ends.append((joints, joints))
        else:
            head, tail = _end_pixels(path, hooks)
            pixels += [*([head] if head >= 0 else []), *path, *([tail] if tail >= 0 else [])]
            ends.append((int(joint[head]) if head >= 0 else joints, int(joint[tail]) if tail >= 0 else joints + 1))
        joints += 2
        begins.append(len(pixels))
    at = np.array(pixels, np.int64)
    points = np.stack([graph.columns[at], graph.rows[at]], axis=1).astype(np.float64)
    return Paths(points, np.array(begins), np.array(ends, np.int64).reshape(-1, 2), joints)


def _end_pixels(path: list[int], hooks: dict[int, list[int]]) -> tuple[int, int]:
    """The meeting pixel before the first and after the last of a path; -1 where it ends freely."""
    first, last = hooks.get(path[0], []), hooks.get(path[-1], [])
    if len(path) == 1:
        return (first[0] if first else -1, first[1] if len(first) > 1 else -1)
    return (first[0] if first else -1, last[0] if last else -1)
