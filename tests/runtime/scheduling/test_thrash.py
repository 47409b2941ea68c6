"""What the policy is for, on a short form of `bench/thrash.py`: many models, too little memory, and no thrash."""

from __future__ import annotations

import importlib
import statistics
from pathlib import Path
from types import ModuleType

import pytest

from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing.simulate import Arrival, Simulation, Speed

BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("thrash")


def test_on_bursts_the_mean_beats_first_come_and_lru_and_nobody_waits_longer_for_it(bench: ModuleType) -> None:
    over: dict[str, list[tuple[float, float]]] = {"first-come": [], "LRU": []}
    for box in bench.BOXES.values():
        calls = bench.trace("bursty", 7, 1.0, box.models)
        ours = bench.rung(box, calls)
        for rule, found in over.items():
            theirs = bench.RULES[rule](box, calls)
            found.append((bench.mean_s(theirs) / bench.mean_s(ours), bench.p99_wait_s(theirs) / bench.p99_wait_s(ours)))

    for rule, goal in (("first-come", 3.0), ("LRU", 1.5)):
        means, waits = zip(*over[rule], strict=True)
        assert statistics.geometric_mean(means) >= goal, rule
        assert statistics.geometric_mean(waits) >= 1, rule


def test_nobody_is_better_than_the_optimum_and_the_policy_is_not_far_from_it(bench: ModuleType) -> None:
    ratios = []
    for seed in range(12):
        box = bench.BOXES["three"]
        calls = bench.short_trace(box, seed)
        ratios.append(bench.mean_s(bench.rung(box, calls)) / bench.least_mean_s(box.models, calls))

    assert min(ratios) >= 1
    assert statistics.geometric_mean(ratios) < 1.6


def test_two_models_that_are_asked_for_in_turns_do_not_displace_each_other_for_every_call() -> None:
    speed = Speed(load_s=5.0, unload_s=0.5, each_s=1.0)
    needs = [Need(variant=name, device="gpu", resident=60) for name in "ab"]
    trace = [Arrival(count * 1.5, "ab"[count % 2]) for count in range(400)]

    history = Simulation(Scheduler(needs, {"gpu": 100}, cores=1), {"a": speed, "b": speed}).run(trace)

    assert len(history.loads) < 60
    assert max(fate.wait_s for fate in history.fates) < 60
