"""Thins ink to lines of one pixel, by the rules of Guo and Hall, over the pixels that are still ink only.

OpenCV's own thinning is in its contributed modules, which the headless build lacks. The published method names Datta
and Parui's; both peel a line from its sides until one pixel is left, and differ by a pixel at ends and corners.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Bits

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

NEIGHBOURS: Final = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""(row, column) of the eight neighbours, north first, clockwise: bit n of a pixel's code stands for the n-th."""


def thinned(bits: Bits) -> Bits:
    """bool [H, W]: a connected line of one pixel for every connected part of `bits`; ends stay where they are."""
    wide = np.zeros((bits.shape[0] + 2, bits.shape[1] + 2), np.uint8)
    wide[1:-1, 1:-1] = bits
    flat = wide.reshape(-1)
    steps = np.array([row * wide.shape[1] + column for row, column in NEIGHBOURS])
    places = np.flatnonzero(flat)
    # A pixel that no pass of a whole round could take is looked at again only when a neighbour has gone.
    waiting = places
    while waiting.size:
        gone = [_passed(flat, steps, waiting, table) for table in TABLES]
        waiting = _touched(flat, steps, np.concatenate(gone))
    return np.asarray(wide[1:-1, 1:-1] > 0)


def _passed(flat: NDArray[np.uint8], steps: Places, places: Places, table: Flags) -> Places:
    """Take away those of the places that the table takes by their neighbours, all at once; which they were."""
    alive = places[flat[places] > 0]
    gone = alive[table[codes(flat, steps, alive)]]
    flat[gone] = 0
    return gone


def _touched(flat: NDArray[np.uint8], steps: Places, gone: Places) -> Places:
    """The pixels of ink beside those that have gone, each once, in order."""
    seen = np.zeros(flat.shape, np.bool_)
    for step in steps:
        seen[gone + step] = True
    near = np.flatnonzero(seen)
    return near[flat[near] > 0]


def codes(flat: NDArray[np.uint8], steps: Places, places: Places) -> NDArray[np.uint8]:
    """Eight bits for each place: which neighbours are ink. flat holds 0 and 1."""
    found = np.zeros(places.shape, np.uint8)
    for bit, step in enumerate(steps):
        found |= flat[places + step] << np.uint8(bit)
    return found


def _table(second: bool) -> Flags:
    """Which of the 256 neighbourhoods let their middle go in this pass: Guo and Hall 1989, algorithm A1."""
    n, ne, e, se, s, sw, w, nw = ((np.arange(256) >> bit & 1).astype(np.bool_) for bit in range(8))
    parts = _count((~n & (ne | e), ~e & (se | s), ~s & (sw | w), ~w & (nw | n)))
    sides = np.minimum(_count((nw | n, ne | e, se | s, sw | w)), _count((n | ne, e | se, s | sw, w | nw)))
    held = (n | ne | ~se) & e if second else (s | sw | ~nw) & w
    return np.asarray((parts == 1) & (sides >= 2) & (sides <= 3) & ~held)


def _count(flags: tuple[Flags, ...]) -> Places:
    return np.asarray(np.stack(flags).sum(axis=0))


TABLES: Final = (_table(second=False), _table(second=True))
