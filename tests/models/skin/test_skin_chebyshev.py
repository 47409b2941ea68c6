"""The best fit by the largest error is the smallest there is: against every subset of points, and where points tie."""

from itertools import combinations

import numpy as np
import pytest

from rung.models.skin import chebyshev, circle
from rung.models.skin.chebyshev import best_fit
from rung.models.skin.circle import smallest_circles


def by_every_subset(basis: np.ndarray, values: np.ndarray) -> float:
    """De la Vallée-Poussin: the error of the best fit is the largest that any p + 1 points force."""
    worst = 0.0
    for chosen in combinations(range(len(values)), basis.shape[1] + 1):
        dependence = np.linalg.svd(basis[list(chosen)].T)[2][-1]
        worst = max(worst, abs(dependence @ values[list(chosen)]) / np.abs(dependence).sum())
    return worst


@pytest.mark.parametrize("unknowns", [2, 3, 5])
def test_no_fit_of_random_points_is_better_than_the_one_found(unknowns: int) -> None:
    generator = np.random.default_rng(unknowns)
    basis = np.column_stack((np.ones(11), generator.uniform(-1, 1, (11, unknowns - 1))))
    values = generator.standard_normal((6, 11))

    fit = best_fit(basis, values, range(unknowns + 1))

    expected = [by_every_subset(basis, row) for row in values]
    assert fit.height == pytest.approx(expected, rel=1e-9) and (fit.gap <= 1e-8).all()
    assert np.abs(values - fit.coefficients @ basis.T).max(axis=1) == pytest.approx(fit.height)


def test_points_on_the_lines_of_a_grid_that_tie_again_and_again_come_to_an_end() -> None:
    side = np.linspace(-1, 1, 9)
    x, y = (one.ravel() for one in np.meshgrid(side, side))
    basis = np.column_stack((np.ones(81), x, y))
    values = np.random.default_rng(5).integers(-1, 2, (200, 81)).astype(float)

    fit = best_fit(basis, values, (0, 8, 72, 80))

    assert (fit.gap <= 1e-8).all() and (fit.height <= 1 + 1e-9).all()


def test_values_that_fit_have_no_height() -> None:
    basis = np.column_stack((np.ones(5), np.arange(5.0)))

    fit = best_fit(basis, np.stack((3 + 2 * np.arange(5.0), np.zeros(5))), (0, 2, 4))

    assert fit.height == pytest.approx([0, 0], abs=1e-12)
    assert fit.coefficients[0] == pytest.approx([3, 2])


def test_the_smallest_circle_is_held_by_two_or_three_of_the_points() -> None:
    half = np.sqrt(3) / 2
    triangle = [(1.0, 0.0), (-0.5, half), (-0.5, -half), (0.1, 0.2)]
    pair = [(-2.0, 0.0), (2.0, 0.0), (0.0, 1.9), (1.0, 0.3)]
    line = [(0.0, 0.0), (1.0, 1.0), (3.0, 3.0), (2.0, 2.0)]
    same = [(4.0, 4.0)] * 4

    assert smallest_circles(np.array([triangle, pair, line, same])) == pytest.approx([1, 2, np.sqrt(4.5), 0])


def test_no_circle_through_two_or_three_of_random_points_is_smaller() -> None:
    points = np.random.default_rng(2).standard_normal((20, 9, 2))

    found = smallest_circles(points)

    assert found == pytest.approx([smallest_by_trying(cloud) for cloud in points], rel=1e-9)


def smallest_by_trying(cloud: np.ndarray) -> float:
    centres = [cloud[list(pair)].mean(axis=0) for pair in combinations(range(len(cloud)), 2)]
    corners = np.array([cloud[list(three)] for three in combinations(range(len(cloud)), 3)])
    centres += [*circle._circumcentre(corners)]
    return min(float(np.linalg.norm(cloud - centre, axis=1).max()) for centre in centres)


def test_a_fit_that_does_not_end_is_an_error_and_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chebyshev, "STEPS", 1)
    basis = np.column_stack((np.ones(9), np.arange(9.0)))

    with pytest.raises(chebyshev.ModelFailed, match="1 of 1 fits did not end within 1 exchanges"):
        best_fit(basis, np.random.default_rng(1).standard_normal((1, 9)), (0, 1, 2))
