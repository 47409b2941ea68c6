"""The zones of ISO 1101 on shapes whose zones are known, and against searches that are slow and sure."""

import numpy as np
import pytest

from rung.models.skin import fields, zones
from rung.models.skin.fields import Grid

PLANE = fields.plane(40.0, 60.0, 10.0)
CYLINDER = fields.cylinder(30.0, 50.0, 10.0)


def over(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    across, along = np.meshgrid(grid.across, grid.along, indexing="ij")
    return across.ravel(), along.ravel()


def test_a_tilted_plane_is_flat_and_not_in_place() -> None:
    x, y = over(PLANE)
    tilted = (0.01 + 0.001 * x - 0.0005 * y)[None]

    assert zones.flatness(PLANE, tilted) == pytest.approx([0], abs=1e-12)
    assert zones.plane_perpendicularity(PLANE, tilted) == pytest.approx([0.0005 * 60], rel=1e-5)
    assert zones.plane_position(tilted) == pytest.approx([2 * (0.01 + 0.02 + 0.015)])


def test_a_saddle_is_as_flat_as_its_corners_say() -> None:
    x, y = over(PLANE)

    assert zones.flatness(PLANE, (0.1 * x * y / 600)[None]) == pytest.approx([0.2], rel=1e-4)


def test_a_cylinder_that_stands_off_and_leans_is_cylindrical_and_not_in_place() -> None:
    angle, z = over(CYLINDER)
    u = (0.02 + 0.0004 * z) * np.cos(angle) + (-0.01 + 0.0002 * z) * np.sin(angle)
    ux, uy = 0.02 + 0.0004 * z, -0.01 + 0.0002 * z
    exact = u + np.sqrt(15**2 - (ux**2 + uy**2 - u**2)) - 15

    assert zones.cylindricity(CYLINDER, 15.0, exact[None]) == pytest.approx([0], abs=2e-6)
    centres = zones.median_line(CYLINDER, exact[None])
    assert zones.axis_perpendicularity(centres) == pytest.approx([50 * np.hypot(0.0004, 0.0002)], rel=1e-3)
    assert zones.axis_position(centres) == pytest.approx([2 * np.hypot(0.02 + 0.01, 0.01 - 0.005)], rel=1e-3)


@pytest.mark.parametrize("lobes", [2, 3, 5])
def test_lobes_make_a_cylinder_twice_as_uneven_as_they_are_high(lobes: int) -> None:
    angle, _ = over(CYLINDER)

    assert zones.cylindricity(CYLINDER, 15.0, 0.01 * np.cos(lobes * angle)[None]) == pytest.approx([0.02], rel=0.03)


def test_a_barrel_is_as_uneven_as_its_belly() -> None:
    _, z = over(CYLINDER)

    assert zones.cylindricity(CYLINDER, 15.0, (0.03 * (1 - (z / 25) ** 2))[None]) == pytest.approx([0.03], rel=1e-6)


def test_no_other_axis_found_by_trying_gives_a_thinner_shell() -> None:
    generator = np.random.default_rng(4)
    deviations = drawn(CYLINDER, 2, generator)
    found = zones.cylindricity(CYLINDER, 15.0, deviations)

    tried = np.array([thinnest_by_trying(row, generator) for row in deviations])

    assert (tried >= found * (1 - 1e-4)).all()
    assert tried == pytest.approx(found, rel=0.02)


def test_exchanges_that_would_go_round_for_ever_on_a_thin_cylinder_come_to_an_end() -> None:
    """One of these surfaces never ended until ties were broken (four of its points lie on two lines)."""
    thin = fields.cylinder(2.5, 50.0, 5.6)
    across, along = fields.round_modes(thin.across, 2.5, 5.6), fields.side_modes(thin.along, 5.6)
    deviations = fields.draw(across, along, 1e-4, 400, np.random.default_rng(4)).reshape(400, -1)

    found = zones.cylindricity(thin, 1.25, deviations)

    assert (found < np.ptp(deviations, axis=1)).all() and (found > 1e-4).all()


def drawn(grid: Grid, count: int, generator: np.random.Generator) -> np.ndarray:
    across = fields.round_modes(grid.across, 30.0, 10.0)
    return fields.draw(across, fields.side_modes(grid.along, 10.0), 0.02, count, generator).reshape(count, -1)


def thinnest_by_trying(deviations: np.ndarray, generator: np.random.Generator) -> float:
    """Random axes near the best one so far, ever nearer: by the distance from a line, and no derivative."""
    angle, z = over(CYLINDER)
    points = np.stack(((15 + deviations) * np.cos(angle), (15 + deviations) * np.sin(angle), z), axis=1)

    def shell(axes: np.ndarray) -> np.ndarray:
        foot = np.column_stack((axes[:, :2], np.zeros(len(axes))))
        along = np.column_stack((axes[:, 2:] / 25, np.ones(len(axes))))
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        away = points[None] - foot[:, None]
        away -= (away * along[:, None]).sum(axis=2, keepdims=True) * along[:, None]
        return np.ptp(np.linalg.norm(away, axis=2), axis=1)

    best, width, reach = np.zeros(4), np.inf, 0.03
    for _ in range(120):
        tries = best + generator.standard_normal((40, 4)) * reach
        widths = shell(tries)
        better = widths.min() < width
        best, width = (tries[widths.argmin()], widths.min()) if better else (best, width)
        reach *= 1.0 if better else 0.9
    return float(width)
