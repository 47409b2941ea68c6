"""Surfaces have the correlation that they are said to have, and a simulation says what it rests on."""

import numpy as np
import pytest
from fake_call import FakeCall

from rung.models.skin import fields
from rung.models.skin.simulation import quantiles, zones_of
from rung.models.skin_model import simulated
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import ToleranceInput, ToleranceOutput

PLATE = ToleranceInput(surface="plane", length_mm=60.0, width_mm=40.0, sigma_mm=0.02, correlation_mm=12.0, samples=100)
SHAFT = ToleranceInput(surface="cylinder", length_mm=60.0, diameter_mm=20.0, correlation_mm=12.0, samples=60)


def test_points_of_a_drawn_plane_vary_and_go_together_as_the_squared_exponential_says() -> None:
    grid = fields.plane(40.0, 60.0, 12.0)
    across, along = (fields.side_modes(side, 12.0) for side in (grid.across, grid.along))

    drawn = fields.draw(across, along, 0.02, 20_000, np.random.default_rng(3))

    assert drawn.std(axis=0) == pytest.approx(np.full(drawn.shape[1:], 0.02), rel=0.03)
    one, other = drawn[:, 2, 3], drawn[:, 5, 7]
    apart = np.hypot(grid.across[5] - grid.across[2], grid.along[7] - grid.along[3])
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(np.exp(-((apart / 12) ** 2)), abs=0.02)


def test_points_around_a_cylinder_go_together_by_their_straight_distance() -> None:
    grid = fields.cylinder(20.0, 60.0, 12.0)

    modes = fields.round_modes(grid.across, 20.0, 12.0)

    chords = 20 * np.abs(np.sin((grid.across[:, None] - grid.across[None]) / 2))
    assert modes @ modes.T == pytest.approx(np.exp(-((chords / 12) ** 2)), abs=1e-6)


def test_the_same_seed_draws_the_same_parts_and_another_seed_others() -> None:
    first, again, other = (zones_of(PLATE, seed)["flatness"] for seed in (1, 1, 2))

    assert (first == again).all() and not np.isclose(first, other).any()


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (PLATE, ["flatness", "perpendicularity", "position"]),
        (SHAFT, ["cylindricity", "perpendicularity", "position"]),
    ],
)
def test_an_answer_has_the_surface_s_zones_in_order_and_its_assumptions(
    asked: ToleranceInput, names: list[str]
) -> None:
    output = answered(asked)

    assert list(output.zones) == names and output.how == "simulation" and output.samples == asked.samples
    assert all(0 < z.p50 < z.p90 < z.p95 < z.p99 < 0.4 for z in output.zones.values())
    assert "95 % quantile lies between" in output.assumptions[-1] and len(output.assumptions) >= 4


def test_twice_the_deviation_is_twice_the_zone() -> None:
    once, twice = (zones_of(ToleranceInput(**{**fields_of(PLATE), "sigma_mm": s}), 1) for s in (0.01, 0.02))

    assert twice["flatness"] == pytest.approx(2 * once["flatness"], rel=1e-4)


def test_a_shrunk_part_is_a_smaller_one_and_says_what_shrinkage_means() -> None:
    shrunk = ToleranceInput(**{**fields_of(PLATE), "shrinkage": 0.5})
    small = ToleranceInput(**{**fields_of(PLATE), "length_mm": 30.0, "width_mm": 20.0})

    assert answered(shrunk).zones == answered(small).zones
    assert any("Shrinkage" in one for one in answered(shrunk).assumptions)
    assert not any("Shrinkage" in one for one in answered(small).assumptions)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sigma_mm": 2.0}, "it may be 1.2 at most"),
        ({"length_mm": 20_000.0}, "more than 100000 points, or 1000 along one side"),
        ({"length_mm": 1e308, "correlation_mm": 1e-5, "sigma_mm": 1e-7}, "more than 100000 points"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_numbers(change: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        answered(ToleranceInput(**{**fields_of(PLATE), **change}))


def test_a_grid_too_coarse_for_its_field_is_warned_of() -> None:
    call = FakeCall(ToleranceInput(**{**fields_of(PLATE), "length_mm": 3500.0, "samples": 2}))

    simulated(call)  # type: ignore[arg-type]

    assert "two points per correlation length" in call.warnings[0]


def test_quantiles_are_those_of_the_sample() -> None:
    found = quantiles(np.arange(101.0))

    assert (found.p50, found.p90, found.p95, found.p99) == (50, 90, 95, 99)


def fields_of(asked: ToleranceInput) -> dict[str, object]:
    return {name: getattr(asked, name) for name in asked.__slots__}


def answered(asked: ToleranceInput) -> ToleranceOutput:
    return simulated(FakeCall(asked))  # type: ignore[arg-type]
