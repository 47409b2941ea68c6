"""The best fit by the largest error (Chebyshev's): many fits of one kind at once, each proven to be the smallest.

Minimise over c the largest |values - basis @ c|. The dual is a linear programme with one row per unknown and one for
the height, so a basis of p + 1 points says everything: each step solves those, looks for the point that lies furthest
out and lets it in for the one that the ratio test names (Stiefel's exchange). The height of the p + 1 points is a lower
bound of the true one and the furthest point an upper bound: a fit has ended when they meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import ModelFailed

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

TIGHT: Final = 1e-9
"""How far apart the bounds may end, as a share of the largest value."""
STEPS: Final = 400
"""Seen: 30 for 5 unknowns and 5000 points."""
_LEAST: Final = 1e-12
_TILT: Final = 1e-8 * np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0])
"""Points of a grid lie on lines, and a basis may then stand on fewer points than it has: exchanges that change nothing
can go round for ever. A little tilt of the objective, another for each unknown, breaks every such tie; the height of a
basis is reckoned without it."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Of S fits. coefficients: [S, p]. height: [S], their largest errors. gap: [S], by how much less the smallest there
    is could be, in the values' unit."""

    coefficients: Floats
    height: Floats
    gap: Floats


def best_fit(basis: Floats, values: Floats, start: Sequence[int]) -> Fit:
    """basis: [N, p] for all, or [S, N, p], p up to 5; values: [S, N]; start: p + 1 points whose basis rows have one
    dependence, with no zero in it. ModelFailed where a fit does not end in STEPS steps."""
    count, unknowns = values.shape[0], basis.shape[-1]
    scale = np.maximum(np.abs(values).max(axis=1), _LEAST)
    found = Fit(np.zeros((count, unknowns)), np.zeros(count), np.full(count, np.inf))
    open_ = np.arange(count)
    places, signs = _radon(basis, start, count)
    for _ in range(STEPS):
        own = basis if basis.ndim == 2 else basis[open_]
        inverse, solved = _solve(own, values[open_], places, signs)
        left = values[open_] - _dot(own, solved[:, :-1])
        worst = np.abs(left).argmax(axis=1)
        rows = np.arange(len(open_))
        reach, low = np.abs(left[rows, worst]), np.maximum(solved[:, -1], 0.0)
        found.coefficients[open_], found.height[open_], found.gap[open_] = solved[:, :-1], reach, reach - low
        going = reach - low > TIGHT * scale[open_]
        if not going.any():
            return found
        open_, places, signs = open_[going], places[going], signs[going]
        _exchange(own if basis.ndim == 2 else own[going], inverse[going], left[going], worst[going], places, signs)
    raise ModelFailed(f"{len(open_)} of {count} fits did not end within {STEPS} exchanges of a point.")


def _radon(basis: Floats, start: Sequence[int], count: int) -> tuple[Places, Floats]:
    """The points to begin with, and the signs of their affine dependence: with them the dual is feasible."""
    rows = basis[list(start)] if basis.ndim == 2 else basis[:, list(start)].reshape(count, len(start), -1)
    dependence = np.linalg.svd(np.swapaxes(rows, -1, -2))[2][..., -1, :]
    signs = np.where(dependence < 0, -1.0, 1.0)
    return np.tile(np.asarray(start, np.int64), (count, 1)), np.broadcast_to(signs, (count, len(start))).copy()


def _solve(basis: Floats, values: Floats, places: Places, signs: Floats) -> tuple[Floats, Floats]:
    """The inverses of the bases, and (coefficients, height) of each."""
    rows = np.arange(len(places))[:, None]
    points = basis[places] if basis.ndim == 2 else basis[rows, places]
    matrix = np.concatenate((signs[..., None] * points, np.ones((*places.shape, 1))), axis=-1)
    inverse = np.linalg.inv(matrix)
    return inverse, (inverse @ (signs * values[rows, places])[..., None])[..., 0]


def _dot(basis: Floats, coefficients: Floats) -> Floats:
    if basis.ndim == 2:
        return coefficients @ basis.T
    return np.asarray(np.einsum("snp,sp->sn", basis, coefficients))


def _exchange(basis: Floats, inverse: Floats, left: Floats, worst: Places, places: Places, signs: Floats) -> None:
    """Lets the furthest point of each fit in, in place."""
    rows = np.arange(len(worst))
    sign = np.where(left[rows, worst] < 0, -1.0, 1.0)
    point = basis[worst] if basis.ndim == 2 else basis[rows, worst]
    column = np.concatenate((sign[:, None] * point, np.ones((len(worst), 1))), axis=1)
    along = np.einsum("sp,spk->sk", column, inverse)
    tilt = _TILT[: inverse.shape[1] - 1]
    weights = np.maximum(inverse[:, -1, :] + tilt @ inverse[:, :-1, :], 0.0)
    ratio = np.where(along > _LEAST, weights / np.where(along > _LEAST, along, 1.0), np.inf)
    leaving = ratio.argmin(axis=1)
    places[rows, leaving], signs[rows, leaving] = worst, sign
