"""Reads a text from a net's shares by taking the likeliest sign at each step, and names the nearest other readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Reading

MOST: Final = 3
"""Readings of one row."""
LEAST: Final = 0.01
"""Of confidence: a less likely reading is not named."""


def readings(shares: NDArray[np.float32], signs: Sequence[str]) -> tuple[Reading, ...]:
    """The likeliest first; none where nothing is written. shares: [T, S], blank first, each row sums to 1.

    A confidence is the product of the shares of the signs taken: what the net itself says of the whole text. An other
    reading has one sign taken for the second likeliest at its step, or none.
    """
    best = shares.argmax(axis=1)
    steps = np.flatnonzero((best != 0) & np.concatenate(([True], best[1:] != best[:-1])))
    if not len(steps):
        return ()
    own = shares[steps, best[steps]].astype(np.float64)
    others = shares[steps].copy()
    others[np.arange(len(steps)), best[steps]] = 0.0
    second = others.argmax(axis=1)
    whole = float(own.prod())
    found = [Reading(text=_text(best[steps], signs), confidence=whole)]
    swapped = whole / np.maximum(own, 1e-9) * others.max(axis=1)
    for at in np.argsort(-swapped)[: MOST - 1]:
        if swapped[at] >= LEAST:
            numbers = best[steps].copy()
            numbers[at] = second[at]
            found.append(Reading(text=_text(numbers, signs), confidence=float(swapped[at])))
    return tuple(one for one in found if one.text)


def _text(numbers: NDArray[np.intp], signs: Sequence[str]) -> str:
    return "".join(signs[number] for number in numbers).strip()
