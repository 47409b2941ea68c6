"""What runs together: at once where a worker is idle, as much as waits, and nothing that makes a call late."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from machines import drive, need

from rung.runtime.scheduling.commands import Dispatch
from rung.runtime.scheduling.events import CallCancelled, CallDone, LoadDone
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing import Drive
from rung.runtime.testing.simulate import Arrival, Simulation, Speed

SECONDS = ((1, 2.0), (2, 3.0))
"""A batch of n takes n + 1 seconds."""


def busy(**more: object) -> Drive:
    """One call runs, for 2 seconds."""
    machine = drive(need("a", max_batch=8, runs=SECONDS, **more))
    machine.call("first", "a")
    machine.tell(LoadDone("a", 0.0))
    return machine


def free(machine: Drive) -> list[str]:
    """The worker is done: what runs next."""
    machine.clock.now = 2.0
    commands = machine.tell(CallDone("first", 2.0))
    return [call for command in commands if isinstance(command, Dispatch) for call in command.calls]


def test_what_waits_while_the_worker_is_busy_runs_together_when_it_is_free() -> None:
    machine = busy()
    for name in "123":
        machine.call(name, "a")

    assert free(machine) == ["1", "2", "3"]


def test_a_batch_is_no_larger_than_its_earliest_deadline_allows() -> None:
    machine = busy()
    machine.call("1", "a", deadline=2 + 3.5)
    for name in "2345":
        machine.call(name, "a")

    assert free(machine) == ["1", "2"]


def test_a_call_behind_that_could_not_wait_for_the_others_begins_a_batch_of_its_own() -> None:
    machine = busy()
    machine.call("1", "a")
    machine.call("2", "a")
    machine.call("tight", "a", deadline=2 + 3.2)

    assert free(machine) == ["1", "2"]


def test_a_deadline_that_cannot_be_kept_alone_holds_nobody_back() -> None:
    machine = busy()
    machine.call("lost", "a", deadline=2 + 1.5)
    for name in "23":
        machine.call(name, "a")

    assert free(machine) == ["lost", "2", "3"]


def test_the_answers_of_a_batch_are_one_moment_and_one_decision() -> None:
    machine = busy()
    for name in "12345":
        machine.call(name, "a")
    running = free(machine)
    machine.call("next", "a")

    commands = machine.tell(*[CallDone(call, 8.0) for call in running])

    assert commands == [Dispatch("a", ("next",))]
    assert set(running) <= set(machine.done)


def test_a_call_that_was_taken_back_is_in_no_batch() -> None:
    machine = busy()
    for name in "123":
        machine.call(name, "a")
    machine.tell(CallCancelled("2", 0.0))

    assert free(machine) == ["1", "3"]


def test_what_a_batch_took_is_learned_and_a_call_that_stopped_half_way_teaches_nothing() -> None:
    machine = busy()
    pace = machine.scheduler.seats["a"].pace
    machine.call("next", "a")
    free(machine)
    assert pace.run_s({"a": 1}) == pytest.approx(2.0)

    machine.tell(CallCancelled("next", 2.1))
    machine.tell(CallDone("next", 2.1))
    assert pace.run_s({"a": 1}) == pytest.approx(2.0)

    machine.call("slow", "a")
    machine.tell(CallDone("slow", 12.1))
    assert pace.run_s({"a": 1}) > 3.0


def test_a_call_whose_deadline_has_passed_is_in_no_batch() -> None:
    machine = busy()
    machine.call("late", "a", deadline=1)
    machine.call("2", "a")

    assert free(machine) == ["2"]
    assert machine.failed["late"].code == "deadline"


deadlines = st.one_of(st.just(math.inf), st.floats(2, 20))
arrivals = st.lists(st.tuples(st.floats(0, 6), deadlines), min_size=5, max_size=30)


@given(arrivals, st.floats(0.0, 3.0), st.floats(0.2, 2.0), st.integers(2, 8))
def test_no_call_is_late_that_would_have_been_in_time_had_its_batch_been_smaller(
    calls: list[tuple[float, float]], base_s: float, each_s: float, max_batch: int
) -> None:
    trace = [Arrival(at, "a", deadline) for at, deadline in sorted(calls)]
    speed = Speed(load_s=1.0, each_s=each_s, base_s=base_s)
    runs = ((1, speed.run_s(1)), (2, speed.run_s(2)))
    scheduler = Scheduler([Need(variant="a", device="cpu", resident=1, max_batch=max_batch, runs=runs)], {"cpu": 1}, 1)

    history = Simulation(scheduler, {"a": speed}, checked=True).run(trace)

    for began, _, batch in history.batches:
        alone, together = began + speed.run_s(1) + 1e-4, began + speed.run_s(len(batch)) - 1e-4
        for number in batch:
            due = trace[number].at + trace[number].deadline_s
            assert not alone <= due < together, f"call {number} of {batch}"


@given(arrivals, st.integers(1, 8))
def test_an_idle_worker_is_given_work_at_once(calls: list[tuple[float, float]], max_batch: int) -> None:
    trace = [Arrival(at, "a") for at, _ in sorted(calls)]
    speed = Speed(load_s=1.0, each_s=0.5, base_s=1.0)
    scheduler = Scheduler([Need(variant="a", device="cpu", resident=1, max_batch=max_batch)], {"cpu": 1}, 1)

    history = Simulation(scheduler, {"a": speed}).run(trace)

    free_at = trace[0].at + speed.load_s
    for began, _, batch in history.batches:
        assert began <= max(free_at, trace[batch[0]].at) + 1e-9
        free_at = began + speed.run_s(len(batch))
