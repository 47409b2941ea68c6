from __future__ import annotations

import pytest

from rung.runtime.errors import DeadlineExceeded, ModelFailed, OutOfMemory
from rung.runtime.scheduling.commands import CancelRunning, Dispatch, Load, Unload
from rung.runtime.scheduling.events import (
    CallCancelled,
    CallDone,
    LoadAsked,
    LoadDone,
    Pinned,
    UnloadAsked,
    UnloadDone,
    WorkerExited,
)
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing import Drive, failing_load


def need(name: str, peak: int = 10, **more: object) -> Need:
    return Need(variant=name, device="cpu", resident=peak, **more)  # type: ignore[arg-type]


def drive(*needs: Need, budget: int = 100, cores: int = 2) -> Drive:
    return Drive(Scheduler(needs, {"cpu": budget}, cores))


def test_the_first_call_loads_and_the_second_joins_that_load() -> None:
    machine = drive(need("a"))

    first, second = machine.call("1", "a"), machine.call("2", "a")

    assert first == [Load("a")]
    assert second == []
    machine.settle()
    assert machine.loads == ["a"]
    assert machine.done == ["1", "2"]


def test_a_client_that_leaves_does_not_stop_the_load() -> None:
    machine = drive(need("a"))
    machine.call("1", "a")

    machine.tell(CallCancelled("1", 0.0))
    machine.settle()

    assert machine.scheduler.seats["a"].state == "ready"
    assert machine.started == []


def test_calls_run_in_the_order_of_their_arrival_one_by_one() -> None:
    machine = drive(need("a"))
    for name in "123":
        machine.call(name, "a")

    machine.settle()

    assert machine.started == ["1", "2", "3"]


def test_the_least_recently_used_idle_variant_is_evicted() -> None:
    machine = drive(need("a", 40), need("b", 40), need("c", 40))
    for name in ("a", "b"):
        machine.call(name, name)
        machine.settle()
        machine.clock.advance(1)
    machine.call("a2", "a")
    machine.settle()

    machine.call("c", "c")
    machine.settle()

    assert machine.unloads == ["b"]
    assert machine.done[-1] == "c"


def test_the_next_load_waits_until_the_bytes_of_the_last_one_are_back() -> None:
    machine = drive(need("a", 60), need("b", 60))
    machine.call("1", "a")
    machine.settle()

    assert machine.call("2", "b") == [Unload("a")]
    machine.pending.clear()
    assert machine.tick(1) == []
    assert machine.tell(UnloadDone("a", 1)) == [Load("b")]


def test_a_busy_variant_is_never_evicted() -> None:
    machine = drive(need("a", 60), need("b", 60))
    machine.call("1", "a")
    machine.tell(machine.pending.pop())
    assert machine.started == ["1"]

    assert machine.call("2", "b") == []
    machine.settle()

    assert machine.done == ["1", "2"]


def test_once_a_switch_is_decided_newcomers_wait_behind_it() -> None:
    machine = drive(need("a", 60), need("b", 60))
    machine.call("a1", "a")
    machine.call("a2", "a")
    machine.tell(machine.pending.pop())

    machine.call("b1", "b")
    machine.tick(60)
    machine.call("a3", "a")
    machine.settle()

    assert machine.started == ["a1", "a2", "b1", "a3"]
    assert machine.loads == ["a", "b", "a"]


def test_a_pinned_variant_stays_and_the_other_call_fails_with_the_numbers() -> None:
    machine = drive(need("a", 60), need("b", 60))
    machine.tell(Pinned("a", True, 0))
    machine.call("1", "a")
    machine.settle()

    machine.call("2", "b")

    assert isinstance(machine.failed["2"], OutOfMemory)
    assert "pinned and in the way: a" in machine.failed["2"].message
    assert machine.scheduler.seats["a"].state == "ready"


def test_a_variant_larger_than_the_budget_is_refused_and_nothing_is_evicted_for_it() -> None:
    machine = drive(need("a", 40), need("huge", 400))
    machine.call("1", "a")
    machine.settle()

    machine.call("2", "huge")
    machine.tell(LoadAsked("huge", 0))

    assert machine.failed["2"].code == machine.refused["huge"].code == "out-of-memory"
    assert machine.unloads == []


def test_two_heavy_calls_do_not_share_the_cores() -> None:
    machine = drive(need("a", threads=2), need("b", threads=2), need("light", threads=0))
    for name in ("a", "b", "light"):
        machine.tell(LoadAsked(name, 0))
    machine.settle()

    assert machine.call("1", "a") == [Dispatch("a", ("1",))]
    assert machine.call("2", "b") == []
    assert machine.call("3", "light") == [Dispatch("light", ("3",))]
    assert machine.tell(CallDone("1", 0)) == [Dispatch("b", ("2",))]


def test_calls_are_batched_up_to_what_the_model_takes_and_an_idle_worker_does_not_wait() -> None:
    machine = drive(need("a", max_batch=3))
    for name in "12345":
        machine.call(name, "a")

    commands = machine.tell(LoadDone("a", 0))

    assert commands == [Dispatch("a", ("1", "2", "3"))]


def test_a_call_whose_worker_died_is_tried_again() -> None:
    machine = drive(need("a"))
    crashes = iter([True, False])
    machine.crash_on = lambda call: next(crashes)
    machine.call("1", "a")

    machine.settle()

    assert machine.started == ["1", "1"]
    assert machine.loads == ["a", "a"]
    assert machine.done == ["1"]


def test_a_failed_load_fails_what_waits_with_the_cause() -> None:
    machine = drive(need("a"))
    machine.fail_load = failing_load("a")
    machine.call("1", "a")

    machine.settle()

    assert isinstance(machine.failed["1"], ModelFailed)
    assert machine.scheduler.seats["a"].state == "unloaded"


def test_a_queued_call_past_its_deadline_fails_and_never_starts() -> None:
    machine = drive(need("a"))
    machine.call("1", "a", deadline=5)

    machine.tick(6)
    machine.settle()

    assert isinstance(machine.failed["1"], DeadlineExceeded)
    assert machine.started == []


def test_a_running_call_past_its_deadline_is_told_to_stop() -> None:
    machine = drive(need("a"))
    machine.call("1", "a", deadline=5)
    machine.tell(machine.pending.pop())

    assert CancelRunning("a", "1") in machine.tick(6)
    assert machine.failed["1"].code == "deadline"


def test_unload_on_request_waits_for_the_running_call() -> None:
    machine = drive(need("a"))
    machine.call("1", "a")
    machine.tell(machine.pending.pop())

    assert machine.tell(UnloadAsked("a", 0)) == []
    assert machine.tell(CallDone("1", 0)) == [Unload("a")]


def test_the_exit_of_a_worker_that_was_leaving_anyway_changes_nothing() -> None:
    machine = drive(need("a"))
    machine.call("1", "a")
    machine.settle()
    machine.tell(UnloadAsked("a", 0))

    machine.tell(WorkerExited("a", "ended", 0))

    assert machine.scheduler.seats["a"].state == "unloading"


def test_a_call_for_an_unplanned_variant_fails() -> None:
    machine = drive(need("a"))

    machine.call("1", "zebra")

    assert machine.failed["1"].code == "not-found"


@pytest.mark.parametrize("count", [1, 7])
def test_the_alarm_is_the_nearest_deadline(count: int) -> None:
    machine = drive(need("a"))
    assert machine.scheduler.next_alarm() is None

    for i in range(count):
        machine.call(str(i), "a", deadline=50 - i)

    assert machine.scheduler.next_alarm() == 50 - (count - 1)


def test_a_stream_of_small_calls_does_not_starve_one_that_needs_every_core() -> None:
    machine = drive(need("small", threads=1, max_concurrent=2), need("large", threads=2))
    for name in ("small", "large"):
        machine.tell(LoadAsked(name, 0))
    machine.settle()
    machine.call("s0", "small")
    machine.call("big", "large")

    for i in range(1, 50):
        machine.call(f"s{i}", "small")
        machine.tell(machine.pending.pop(0))

    assert machine.started.index("big") <= 2
