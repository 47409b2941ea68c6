"""Cuts a large picture into overlapping patches, and joins what a net says of each into one map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
DARK: Final = 128
LEAST_INK: Final = 12
"""Dark pixels: with fewer a patch holds no text, a full stop has as many."""


def starts(length: int, side: int, overlap: float) -> list[int]:
    """Where patches of `side` begin so that they cover `length`, evenly, with at least that share of overlap."""
    if length <= side:
        return [0]
    step = max(side * (1.0 - overlap), 1.0)
    count = int(np.ceil((length - side) / step)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def places(width: int, height: int, side: int, overlap: float) -> Iterator[tuple[slice, slice]]:
    """(rows, columns) of each patch, from the top down."""
    for top in starts(height, side, overlap):
        for left in starts(width, side, overlap):
            yield slice(top, min(top + side, height)), slice(left, min(left + side, width))


def inked(patch: Grey) -> bool:
    """Whether there is anything dark to look at."""
    return int(np.count_nonzero(patch < DARK)) >= LEAST_INK


def stitched(grey: Grey, side: int, overlap: float, look: Callable[[Grey], NDArray[np.float32]]) -> Grey:
    """One map 0..255 of the size of `grey`: where patches overlap, the higher of what `look` said (0..1, [h, w])."""
    whole = np.zeros(grey.shape, np.uint8)
    for rows, columns in places(grey.shape[1], grey.shape[0], side, overlap):
        patch = grey[rows, columns]
        if inked(patch):
            seen = np.rint(look(patch) * 255.0).astype(np.uint8)
            np.maximum(whole[rows, columns], seen, out=whole[rows, columns])
    return whole
