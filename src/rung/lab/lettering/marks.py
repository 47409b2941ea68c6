"""Marks what a reader gave against what was written: wrong signs, wrong texts, and confidence against being right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from rung.models.calibration import LEAST, MOST

Floats = Annotated[NDArray[np.float64], ("texts",)]
Rights = Annotated[NDArray[np.bool_], ("texts",)]
BINS = 10
PRIOR = np.array([1.0, 0.0])
"""Slope and offset of the chance itself."""


def distance(one: str, other: str) -> int:
    """Fewest signs to put in, take out or change to make one text of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def wrong(pairs: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Of (written, read): wrong signs by written ones, and the share of texts with any. At least one text."""
    signs = sum(distance(*pair) for pair in pairs) / max(sum(len(written) for written, _ in pairs), 1)
    return signs, sum(written != read for written, read in pairs) / len(pairs)


def curve(chances: Floats, right: Rights) -> tuple[float, float]:
    """Slope and offset of the logistic curve from a chance's log odds to how often it is right, by Newton's method.

    The chance itself, slope 1 and offset 0, counts as one text's worth of evidence, so that there is a curve even for
    chances that were all right.
    """
    chances = chances.clip(LEAST, MOST)
    odds = np.stack([np.log(chances / (1 - chances)), np.ones_like(chances)], 1)
    found = PRIOR
    for _ in range(50):
        told = 1 / (1 + np.exp(-(odds @ found)))
        slope = odds.T @ (told - right) + (found - PRIOR)
        bend = (odds * (told * (1 - told))[:, None]).T @ odds + np.eye(2)
        found = _nearer(odds, right, found, np.linalg.solve(bend, slope))
    return round(float(found[0]), 4), round(float(found[1]), 4)


def _nearer(odds: Floats, right: Rights, found: Floats, step: Floats) -> Floats:
    """After the step, or after so much of it that the curve fits better: far from the best one a whole step may lead
    further away, where engines are as sure of what is wrong as of what is right."""
    for _ in range(30):
        if _misfit(odds, right, found - step) <= _misfit(odds, right, found):
            return found - step
        step = step / 2
    return found


def _misfit(odds: Floats, right: Rights, found: Floats) -> float:
    """The negative log likelihood, with the prior's."""
    raised = odds @ found
    return float(np.sum(np.logaddexp(0, raised) - right * raised) + np.sum((found - PRIOR) ** 2) / 2)


def misjudged(confidences: Floats, right: Rights) -> float:
    """Mean distance of confidence from the share that was right, over tenths of confidence (the expected calibration
    error of Guo and others, 2017)."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(right[bins == one].mean() - confidences[bins == one].mean())) * float((bins == one).mean())
        for one in set(bins.tolist())
    ]
    return sum(gaps)
