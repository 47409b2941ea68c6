"""The goals of bench/fanout.py on small cases: many calls on several devices, and two stages on one."""

from __future__ import annotations

import importlib
import itertools
import random
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture
def fanout(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("fanout")


@pytest.mark.parametrize("seed", range(5))
def test_the_optimum_is_what_trying_everything_finds(fanout: ModuleType, seed: int) -> None:
    dice = random.Random(seed)
    jobs = [dice.lognormvariate(0.0, 0.7) for _ in range(6)]
    places = itertools.product(range(3), repeat=len(jobs))

    least = min(max(sum(j for j, at in zip(jobs, way, strict=True) if at == d) for d in range(3)) for way in places)

    assert fanout.least_s(jobs, 3) == pytest.approx(least)


def test_a_dozen_objects_that_begin_with_the_larger_end_within_a_tenth_of_the_optimum(fanout: ModuleType) -> None:
    ratios = [fanout.ratio(seed, 12, fanout.least_s, known=True) for seed in range(10)]

    assert min(ratios) >= 1.0 - 1e-9
    assert sum(ratios) / len(ratios) <= 1.10


def test_where_nothing_is_known_the_order_of_arrival_is_no_worse_than_chance(fanout: ModuleType) -> None:
    ours = [fanout.ratio(seed, 12, fanout.least_s, known=False) for seed in range(20)]

    assert sum(ours) <= sum(map(fanout.by_chance, range(20)))


def test_sizes_that_say_little_are_enough_to_end_within_a_tenth(fanout: ModuleType) -> None:
    ours = [fanout.ratio(seed, 12, fanout.least_s, known=True, blur=fanout.FOG) for seed in range(20)]

    assert sum(ours) / len(ours) <= 1.10


def test_pictures_through_two_stages_cost_two_loads_and_not_two_each(fanout: ModuleType) -> None:
    assert [len(fanout.through_two(pictures).loads) for pictures in (1, 4, 20)] == [2, 2, 2]


@pytest.mark.parametrize(("pictures", "objects", "seconds"), [(1, 1, 8), (1, 3, 8), (4, 1, 8), (4, 3, 22)])
def test_pictures_and_their_objects_keep_every_device_busy(
    fanout: ModuleType, pictures: int, objects: int, seconds: float
) -> None:
    assert fanout.scenario_s(pictures, objects) == seconds
