"""The widths of tolerance zones around surfaces, by their definitions in ISO 1101: the smallest zone that holds all.

Deviations are along the nominal normal, in millimetres, [S, N] for S surfaces with N points each.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rung.models.skin.chebyshev import Floats, best_fit
from rung.models.skin.circle import smallest_circles
from rung.models.skin.fields import Grid

_TURNS: Final = 4
"""A cylinder's axis is found by linear fits, one after the other, each about the axis found before; two are enough
where the deviation is small beside the radius."""
_SETTLED: Final = 1e-4


def flatness(grid: Grid, deviations: Floats) -> Floats:
    """The distance of the two nearest parallel planes between which the surface lies."""
    x, y = _spread(grid)
    half = (np.abs(x).max(), np.abs(y).max())
    basis = np.stack((np.ones_like(x), x / half[0], y / half[1]), axis=1)
    fit = best_fit(basis, deviations, _corners(grid))
    steep = 1 + (fit.coefficients[:, 1] / half[0]) ** 2 + (fit.coefficients[:, 2] / half[1]) ** 2
    return np.asarray(2 * fit.height / np.sqrt(steep))


def plane_perpendicularity(grid: Grid, deviations: Floats) -> Floats:
    """The same for planes square to the datum that `along` stands on: they may turn about its normal only."""
    x = _spread(grid)[0] / np.abs(grid.across).max()
    basis = np.stack((np.ones_like(x), x), axis=1)
    m, n = len(grid.along), len(grid.across)
    fit = best_fit(basis, deviations, (0, (n // 2) * m, (n - 1) * m))
    return np.asarray(2 * fit.height / np.hypot(1, fit.coefficients[:, 1] / np.abs(grid.across).max()))


def plane_position(deviations: Floats) -> Floats:
    """The zone lies evenly about the true place."""
    return np.asarray(2 * np.abs(deviations).max(axis=1))


def cylindricity(grid: Grid, radius: float, deviations: Floats) -> Floats:
    """The difference of the radii of the two nearest coaxial cylinders between which the surface lies."""
    angle, z = _spread(grid)
    reach, cosine, sine = np.abs(z).max(), np.cos(angle), np.sin(angle)
    x, y = (radius + deviations) * cosine, (radius + deviations) * sine
    axis = np.zeros((len(deviations), 4))  # x and y at the middle, and their slopes times the half length
    distance, best = radius + deviations, np.ptp(deviations, axis=1)
    basis = _about(cosine, sine, z / reach)
    for _ in range(_TURNS):
        fit = best_fit(basis, distance - radius, _rings(grid))
        axis += fit.coefficients[:, :4]
        beside_x, beside_y = (c - axis[:, i, None] - axis[:, i + 2, None] * (z / reach) for i, c in enumerate((x, y)))
        distance = _from_axis(beside_x, beside_y, axis[:, 2:] / reach)
        width = np.ptp(distance, axis=1)
        best = np.minimum(best, width)
        if np.all(np.abs(width - 2 * fit.height) <= _SETTLED * width):  # the linear fit told the truth
            break
        basis = _about(beside_x / distance, beside_y / distance, z / reach)
    return np.asarray(best)


def median_line(grid: Grid, deviations: Floats) -> Floats:
    """[S, m, 2]: the centres of the least-squares circles of each cross-section: a cylinder's extracted axis."""
    rows = deviations.reshape(len(deviations), len(grid.across), len(grid.along))
    wave = np.stack((np.cos(grid.across), np.sin(grid.across)), axis=1) * (2 / len(grid.across))
    return np.asarray(np.einsum("snm,nc->smc", rows, wave))


def axis_perpendicularity(centres: Floats) -> Floats:
    """The diameter of the smallest cylinder square to the datum that holds the axis [S, m, 2]."""
    return np.asarray(2 * smallest_circles(centres))


def axis_position(centres: Floats) -> Floats:
    """The diameter of the cylinder about the true place that holds the axis."""
    return np.asarray(2 * np.sqrt((centres**2).sum(axis=2)).max(axis=1))


def _spread(grid: Grid) -> tuple[Floats, Floats]:
    """Both coordinates of every point, [N] each."""
    across, along = np.meshgrid(grid.across, grid.along, indexing="ij")
    return across.ravel(), along.ravel()


def _corners(grid: Grid) -> tuple[int, ...]:
    n, m = len(grid.across), len(grid.along)
    return 0, m - 1, (n - 1) * m, n * m - 1


def _rings(grid: Grid) -> tuple[int, ...]:
    """Three points of the lower rim and, between them, three of the upper one."""
    n, m = len(grid.across), len(grid.along)
    return tuple(k * n // 6 * m + (m - 1) * (k % 2) for k in range(6))


def _about(cosine: Floats, sine: Floats, height: Floats) -> Floats:
    """How the distance from the axis changes with the axis and the radius."""
    one = np.ones_like(cosine)
    return np.stack((cosine, sine, height * cosine, height * sine, one), axis=-1)


def _from_axis(beside_x: Floats, beside_y: Floats, slope: Floats) -> Floats:
    """[S, N] distances from lines of slopes [S, 2], of points that lie so far beside them in their cross-section."""
    square = beside_x**2 + beside_y**2
    along = (beside_x * slope[:, 0, None] + beside_y * slope[:, 1, None]) ** 2 / (1 + (slope**2).sum(axis=1))[:, None]
    return np.asarray(np.sqrt(square - along))
