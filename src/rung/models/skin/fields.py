"""Draws surfaces that deviate from their nominal shape: a Gaussian random field on a grid over a plane or a cylinder.

The correlation exp(-(d/l)^2) of two points falls apart into a factor per direction of the grid (on a cylinder d is the
straight distance, and the chord takes the place of the arc), so that the field is the product of two one-dimensional
ones: each a Karhunen-Loeve expansion, exact on the grid but for the eigenvalues that are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import InvalidInput

Floats = NDArray[np.float64]

FINE: Final = 4.0
"""Points per correlation length; between two of them a field is missed by about 1.5 % of sigma."""
COARSE: Final = 2.0
"""The fewest: 6 % of sigma."""
MOST_POINTS: Final = 100_000
"""Of one surface's grid."""
MOST_SIDE: Final = 1_000
"""Of one side: its expansion takes a second there, and grows with the third power."""
_LEFT_OUT: Final = 1e-10
"""Share of the largest eigenvalue below which one is left out."""
_SIDE, _ROUND = 9, 24
"""The fewest points of a side, and around."""


@dataclass(frozen=True, slots=True)
class Grid:
    """across, along: [n] and [m], in millimetres from the middle; on a cylinder `across` is the angle in radians.

    coarse: whether it is coarser than FINE."""

    across: Floats
    along: Floats
    coarse: bool

    @property
    def points(self) -> int:
        """Of the whole grid."""
        return len(self.across) * len(self.along)


def plane(width: float, length: float, correlation: float) -> Grid:
    """A grid over a plane. Raises InvalidInput where so short a correlation cannot be resolved."""
    for fine in (FINE, COARSE):
        sides = [max(_steps(side, correlation, fine) + 1, _SIDE) | 1 for side in (width, length)]
        if _bearable(*sides):
            across, along = (np.linspace(-s / 2, s / 2, n) for s, n in zip((width, length), sides, strict=True))
            return Grid(across, along, fine < FINE)
    raise _too_short(correlation, f"{width:g} x {length:g} mm")


def cylinder(diameter: float, length: float, correlation: float) -> Grid:
    """A grid over a cylinder, its angles a multiple of six. Raises as `plane` does."""
    for fine in (FINE, COARSE):
        around = max(_steps(np.pi * diameter / 6, correlation, fine) * 6, _ROUND)
        along = max(_steps(length, correlation, fine) + 1, _SIDE) | 1
        if _bearable(around, along):
            angles = np.arange(around) * (2 * np.pi / around)
            return Grid(np.asarray(angles, np.float64), np.linspace(-length / 2, length / 2, along), fine < FINE)
    raise _too_short(correlation, f"diameter {diameter:g} x {length:g} mm")


def _steps(side: float, correlation: float, fine: float) -> int:
    """So many of its length; far too many are told as twice the most there may be."""
    return int(np.ceil(min(side / correlation * fine, 2 * MOST_POINTS)))


def _bearable(across: int, along: int) -> bool:
    return across * along <= MOST_POINTS and max(across, along) <= MOST_SIDE


def _too_short(correlation: float, surface: str) -> InvalidInput:
    return InvalidInput(
        f"a correlation length of {correlation:g} mm over {surface} wants a grid of more than {MOST_POINTS} points, or"
        f" {MOST_SIDE} along one side; take a longer correlation or a smaller part of the surface",
        field="correlation_mm",
    )


def side_modes(places: Floats, correlation: float) -> Floats:
    """[n, k]: what a side's expansion multiplies k independent normal numbers with."""
    return _modes((places[:, None] - places[None, :]) ** 2, correlation)


def round_modes(angles: Floats, diameter: float, correlation: float) -> Floats:
    """The same around a cylinder, by the chord between two angles."""
    chords = diameter * np.sin((angles[:, None] - angles[None, :]) / 2)
    return _modes(chords**2, correlation)


def _modes(squares: Floats, correlation: float) -> Floats:
    values, vectors = np.linalg.eigh(np.exp(-squares / correlation**2))
    kept = values > _LEFT_OUT * values[-1]
    modes = vectors[:, kept] * np.sqrt(values[kept])
    share: Floats = np.sqrt((modes**2).sum(axis=1, keepdims=True))
    return np.asarray(modes / share)  # what is left out is not missing from the variance


def draw(across: Floats, along: Floats, sigma: float, count: int, generator: np.random.Generator) -> Floats:
    """[count, n, m] deviations along the normal, in sigma's unit, of modes [n, k] and [m, l]."""
    normal = generator.standard_normal((count, across.shape[1], along.shape[1]))
    return np.asarray(sigma * (across @ normal @ along.T))
