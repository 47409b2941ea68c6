"""Figures as they are told: intervals, sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rung.apps.furniture.classes import NINE_OF_TEN
from rung.apps.furniture.fusion import Fused
from rung.apps.furniture.measures import Grounds, sized, total
from rung.apps.furniture.schema import Measure


def measure(value: float, off: float, level: str = "depth") -> Measure:
    return Measure(value=value, low=value - off, high=value + off, level=level, sources=[])  # type: ignore[arg-type]


def test_what_one_picture_measured_errs_together_and_what_was_looked_up_for_itself() -> None:
    pair = [measure(2.0, 0.6), measure(3.0, 0.8)]
    looked_up = [measure(2.0, 0.6, "prior"), measure(3.0, 0.8, "prior")]

    together, apart, usual = total([pair]), total([pair[:1], pair[1:]]), total([looked_up])

    assert together is not None and apart is not None and usual is not None
    assert together.value == apart.value == usual.value == 5.0
    assert apart.high - 5 == usual.high - 5 == pytest.approx(1.0, abs=1e-4)
    assert together.high - 5 == pytest.approx(math.sqrt(0.5 * 1.4**2 + 0.5 * 1.0), abs=1e-4)


def test_a_sum_says_how_many_figures_of_each_level_it_has_and_what_most_of_it_rests_on() -> None:
    found = total([[measure(1.0, 0.1), measure(1.0, 0.1)], [measure(5.0, 0.0, "given")]])

    assert found is not None and found.level == "given" and found.sources == ["1 by given", "2 by depth"]
    assert total([]) is None and total([[], []]) is None


def test_a_volume_is_as_uncertain_as_its_sides_are_together() -> None:
    def volume(cov: np.ndarray) -> Measure:
        fused = Fused(log=np.log([2000.0, 1000.0, 900.0]), cov=cov, by_shape=(1.0, 1.0, 1.0))
        return sized(fused, Grounds(level="depth", metric=True), None).volume

    apart, together = volume(np.eye(3) * 0.01), volume(np.full((3, 3), 0.01))

    assert apart.value == together.value == pytest.approx(1.8)
    assert math.log(apart.high / apart.value) == pytest.approx(NINE_OF_TEN * math.sqrt(0.03), abs=1e-3)
    assert math.log(together.high / together.value) == pytest.approx(NINE_OF_TEN * 0.3, abs=1e-3)
