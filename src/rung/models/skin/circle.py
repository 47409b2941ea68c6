"""The smallest circle around points: many of them at once, exact."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PAIRS: Final = tuple(combinations(range(4), 2))
_TRIPLES: Final = tuple(combinations(range(4), 3))
_SLACK: Final = 1e-10
_STEPS: Final = 200


def smallest_circles(points: Floats) -> Floats:
    """[S]: the radii of the smallest circles around points [S, M, 2].

    A circle is held by at most three of its points. The furthest point outside joins them, the smallest circle around
    those four is found by looking at all pairs and triples, and so on: its radius only grows, so it ends.
    """
    count = len(points)
    rows = np.arange(count)
    first = ((points - points.mean(axis=1, keepdims=True)) ** 2).sum(axis=2).argmax(axis=1)
    held = np.repeat(points[rows, first][:, None], 3, axis=1)
    centre, radius = points[rows, first].copy(), np.zeros(count)
    scale = np.sqrt(((points - centre[:, None]) ** 2).sum(axis=2).max(axis=1)) + 1e-300
    for _ in range(_STEPS):
        distance = np.sqrt(((points - centre[:, None]) ** 2).sum(axis=2))
        far = distance.argmax(axis=1)
        going = distance[rows, far] > radius + _SLACK * scale
        if not going.any():
            break
        four = np.concatenate((held[going], points[rows, far][going][:, None]), axis=1)
        held[going], centre[going], radius[going] = _around_four(four)
    return np.asarray(np.sqrt(((points - centre[:, None]) ** 2).sum(axis=2)).max(axis=1))


def _around_four(four: Floats) -> tuple[Floats, Floats, Floats]:
    """The three points that hold the smallest circle around four, its centre and its radius."""
    rows = np.arange(len(four))
    best, centre, held = np.full(len(four), np.inf), np.zeros((len(four), 2)), four[:, :3].copy()
    for chosen in (*_PAIRS, *_TRIPLES):
        corners = four[:, list(chosen)]
        middle = corners.mean(axis=1) if len(chosen) == 2 else _circumcentre(corners)
        radius = np.sqrt(((corners - middle[:, None]) ** 2).sum(axis=2)).max(axis=1)
        reach = np.sqrt(((four - middle[:, None]) ** 2).sum(axis=2)).max(axis=1)
        better = (reach <= radius * (1 + 1e-12) + 1e-300) & (radius < best)
        best, centre = np.where(better, radius, best), np.where(better[:, None], middle, centre)
        three = corners if len(chosen) == 3 else np.concatenate((corners, corners[:, :1]), axis=1)
        held[rows[better]] = three[better]
    return held, centre, best


def _circumcentre(corners: Floats) -> Floats:
    """NaN where the three lie on a line: then a pair holds the circle."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    cross = 2 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        aa, bb = (a**2).sum(axis=1), (b**2).sum(axis=1)
        x, y = (b[:, 1] * aa - a[:, 1] * bb) / cross, (a[:, 0] * bb - b[:, 0] * aa) / cross
    return np.asarray(corners[:, 0] + np.stack((x, y), axis=1))
