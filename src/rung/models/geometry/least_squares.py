"""Finds the values at which a sum of squares is least, by Levenberg's and Marquardt's damped steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Residuals = Callable[[Vector], Vector]

ROUNDS: Final = 30
TRIES: Final = 6
LONGEST: Final = 0.5
"""No step is longer in any value: all of ours are angles in radians, logarithms, or shares of the eye's height."""
ENOUGH: Final = 1e-3
"""A round that gains less of the sum is the last."""
_NUDGE: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """at: f64 [n]; cost: the sum of squares there; slopes: f64 [m, n], of the residuals."""

    at: Vector
    cost: float
    slopes: Matrix

    @property
    def cov(self) -> Matrix:
        """f64 [n, n], where the residuals are in standard deviations of normal errors."""
        curve = self.slopes.T @ self.slopes + 1e-9 * np.eye(len(self.at))
        return np.linalg.inv(curve).astype(np.float64)


def minimum(residuals: Residuals, start: Vector) -> Minimum:
    """The nearest one downhill from `start`. residuals: f64 [n] -> f64 [m], defined and finite everywhere."""
    at, left = start, residuals(start)
    cost, damping = float(left @ left), 1e-2
    for _ in range(ROUNDS):
        slopes = _slopes(residuals, at, left)
        step, damping = _step(residuals, at, cost, (slopes, left), damping)
        if step is None:
            break
        at, left = step, residuals(step)
        before, cost = cost, float(left @ left)
        if before - cost < ENOUGH * before:
            break
    return Minimum(at=at, cost=cost, slopes=_slopes(residuals, at, left))


def _slopes(residuals: Residuals, at: Vector, left: Vector) -> Matrix:
    slopes = np.empty((len(left), len(at)))
    for number in range(len(at)):
        nudged = at.copy()
        nudged[number] += _NUDGE
        slopes[:, number] = (residuals(nudged) - left) / _NUDGE
    return slopes


def _step(
    residuals: Residuals, at: Vector, cost: float, here: tuple[Matrix, Vector], damping: float
) -> tuple[Vector | None, float]:
    """Where the sum is smaller, damped more until it is (None where nothing helps), and the next round's damping."""
    slopes, left = here
    curve, pull = slopes.T @ slopes, slopes.T @ left
    for _ in range(TRIES):
        step = -np.linalg.solve(curve + damping * np.diag(np.diag(curve) + 1e-6), pull)
        there = at + np.clip(step, -LONGEST, LONGEST)
        after = residuals(there)
        if float(after @ after) < cost:
            return there, max(damping / 5, 1e-6)
        damping *= 4
    return None, damping
