"""Makes a graph of a thinned drawing's pixels: which touch, where lines end and where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PixelGraph:
    """rows, columns: [P] of each pixel. pairs: [E, 2], touching pixels, each pair once. degree: [P]."""

    rows: Ints
    columns: Ints
    pairs: Ints
    degree: Ints


def pixel_graph(bits: Bits) -> PixelGraph:
    """The graph of a thinned drawing.

    Two pixels that touch by a corner only are joined unless a third one touches both by a side: so a step of a
    staircase is a path, not a triangle.
    """
    height, width = bits.shape
    wide = np.zeros((height + 2, width + 2), np.bool_)
    wide[1:-1, 1:-1] = bits
    across = width + 2
    flat = wide.reshape(-1)
    places = np.flatnonzero(flat)
    order = np.full(flat.shape, -1, np.int32)
    order[places] = np.arange(len(places), dtype=np.int32)
    found = [_joined(flat, order, places, step, ()) for step in (1, across)]
    for step, sides in ((across + 1, (1, across)), (across - 1, (-1, across))):
        found.append(_joined(flat, order, places, step, sides))
    pairs = np.concatenate(found)
    degree = np.bincount(pairs.reshape(-1), minlength=len(places))
    return PixelGraph(places // across - 1, places % across - 1, pairs, degree)


def _joined(flat: Bits, order: NDArray[np.int32], places: Ints, step: int, sides: tuple[int, ...]) -> Ints:
    """Pairs (pixel, the one a step on), without those that a pixel at one of `sides` joins already."""
    both = flat[places + step]
    for side in sides:
        both &= ~flat[places + side]
    here = places[both]
    return np.stack([order[here], order[here + step]], axis=1).astype(np.int64)


def groups(count: int, pairs: Ints) -> Ints:
    """[count]: the same number for all that are joined by pairs, directly or by others; numbers from 0, none left out.

    Each takes the least number among its neighbours until none changes; following the number's own number as well
    makes the rounds few (Shiloach and Vishkin's pointer jumping).
    """
    label = np.arange(count)
    one, other = pairs[:, 0], pairs[:, 1]
    while True:
        least = np.minimum(label[one], label[other])
        new = label.copy()
        np.minimum.at(new, label[one], least)
        np.minimum.at(new, label[other], least)
        while not np.array_equal(new, new[new]):
            new = new[new]
        if np.array_equal(new, label):
            return np.unique(label, return_inverse=True)[1]
        label = new
