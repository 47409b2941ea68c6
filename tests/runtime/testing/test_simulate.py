"""The machine in virtual time does what its speeds say, and nothing else."""

from __future__ import annotations

import math

import pytest
from simulated import need

from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing.simulate import Arrival, History, Simulation, Speed

SPEEDS = {
    "a": Speed(load_s=4.0, unload_s=0.5, each_s=1.0, base_s=0.5),
    "b": Speed(load_s=6.0, unload_s=1.0, each_s=2.0),
}


def simulate(trace: list[Arrival], budget: int = 100, **more: int) -> History:
    scheduler = Scheduler([need("a", 60, **more), need("b", 60)], {"gpu": budget}, 1)
    return Simulation(scheduler, SPEEDS, checked=True).run(trace)


def test_a_call_waits_for_the_load_and_runs_as_long_as_its_batch_takes() -> None:
    (fate,) = simulate([Arrival(10.0, "a")]).fates

    assert (fate.began, fate.ended) == (14.0, 15.5)
    assert (fate.wait_s, fate.latency_s) == (4.0, 5.5)


def test_calls_that_wait_together_run_in_one_batch() -> None:
    history = simulate([Arrival(0.0, "a"), Arrival(1.0, "a"), Arrival(2.0, "a")], max_batch=2)

    assert history.batches == [(4.0, "a", (0, 1)), (6.5, "a", (2,))]
    assert [fate.ended for fate in history.fates] == [6.5, 6.5, 8.0]


def test_a_switch_takes_the_unload_and_the_load() -> None:
    history = simulate([Arrival(0.0, "a"), Arrival(20.0, "b")])

    assert history.loads == [(0.0, "a"), (20.5, "b")]
    assert history.fates[1].began == 26.5


def test_a_call_past_its_deadline_ends_with_the_code_and_never_runs() -> None:
    history = simulate([Arrival(0.0, "a", 3.0)])

    assert history.fates[0].error == "deadline"
    assert history.fates[0].ended == pytest.approx(3.0)
    assert math.isnan(history.fates[0].began)


def test_a_running_call_past_its_deadline_frees_its_worker() -> None:
    history = simulate([Arrival(0.0, "a", 4.5), Arrival(1.0, "a")])

    assert history.fates[0].error == "deadline"
    assert history.fates[1].began == pytest.approx(4.5)


def test_what_never_fits_ends_with_the_code() -> None:
    history = simulate([Arrival(0.0, "a")], budget=50)

    assert history.fates[0].error == "out-of-memory"


def test_the_same_trace_gives_the_same_history() -> None:
    trace = [Arrival(at / 3, "ab"[at % 2]) for at in range(60)]

    assert simulate(trace) == simulate(trace)
