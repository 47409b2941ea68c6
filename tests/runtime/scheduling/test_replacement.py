"""A worker that leaks or has answered enough is replaced, and no call fails for it."""

from __future__ import annotations

import pytest
from machines import drive, need, running

from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Dispatch, EndSpare, Kill, Load, LoadSpare, Swap, Unload
from rung.runtime.testing import Drive


def leaking(*others: object, budget: int = 100, **more: object) -> Drive:
    """A machine whose worker has settled at 10 bytes and may grow to 15."""
    machine = drive(need("a", 10, soft_limit=15, **more), *others, budget=budget)  # type: ignore[arg-type]
    for i in range(3):
        machine.call(f"w{i}", "a")
        machine.settle()
        see(machine, 10)
    return machine


def see(machine: Drive, size: int) -> list[object]:
    return list(machine.tell(happened.MemorySeen("a", size, machine.clock.now)))


def test_past_the_soft_limit_the_replacement_loads_first_and_then_takes_over() -> None:
    machine = leaking()

    assert see(machine, 15) == []
    assert see(machine, 16) == [LoadSpare("a")]
    assert machine.scheduler.used("cpu") == 20
    assert machine.tell(happened.SpareReady("a", 0)) == [Swap("a")]
    assert machine.scheduler.used("cpu") == 20
    machine.tell(happened.SpareGone("a", 0))
    assert machine.scheduler.used("cpu") == 10
    assert machine.loads == ["a"]


def test_calls_run_on_the_old_worker_while_the_new_one_loads_and_on_the_new_one_after() -> None:
    machine = leaking()
    see(machine, 16)
    machine.pending.clear()
    machine.call("1", "a")
    machine.pending.clear()

    assert machine.call("2", "a") == []
    assert machine.tell(happened.SpareReady("a", 0)) == []
    assert machine.tell(happened.CallDone("1", 0)) == [Swap("a"), Dispatch("a", ("2",))]


def test_under_an_endless_stream_on_several_slots_the_moment_to_swap_comes() -> None:
    machine = leaking(max_concurrent=2, threads=0)
    see(machine, 16)
    machine.pending.clear()
    running(machine, "1", "2")
    machine.tell(happened.SpareReady("a", 0))

    machine.call("3", "a")
    machine.tell(happened.CallDone("1", 0))
    machine.call("4", "a")

    assert machine.tell(happened.CallDone("2", 0))[0] == Swap("a")
    assert machine.started == ["3", "4"]


def test_without_room_for_two_it_leaves_when_nothing_runs_and_is_loaded_again() -> None:
    machine = leaking(budget=15)
    running(machine, "1")

    assert see(machine, 16) == []
    machine.call("2", "a")
    assert machine.tell(happened.CallDone("1", 0)) == [Unload("a")]
    machine.settle()

    assert machine.loads == ["a", "a"]
    assert machine.done[-1] == "2"
    assert machine.failed == {}


def test_a_replacement_that_cannot_be_loaded_leaves_the_old_worker_serving() -> None:
    machine = leaking()
    machine.fail_spare = lambda variant: True
    see(machine, 16)
    machine.settle()

    machine.call("1", "a")
    machine.settle()

    assert machine.done[-1] == "1"
    assert machine.scheduler.troubles(0) == ()
    assert see(machine, 17) == []
    machine.tick(61)
    assert isinstance(machine.pending.pop(), happened.SpareFailed)


def test_a_worker_is_replaced_after_as_many_calls_as_it_may_answer() -> None:
    machine = drive(need("a", max_calls=4))
    for i in range(10):
        machine.call(str(i), "a")
        machine.settle()

    assert machine.swaps == ["a", "a"]
    assert len(machine.done) == 10
    assert machine.scheduler.seats["a"].restarts == 2


def test_a_worker_that_asks_to_be_replaced_leaves_before_the_next_one_loads() -> None:
    machine = drive(need("a", 10), budget=100)
    running(machine, "1")
    machine.pending.clear()

    assert machine.tell(happened.CallDone("1", 0, "40 MiB did not come back")) == [Unload("a")]
    machine.settle()
    assert machine.loads == ["a", "a"]
    assert machine.scheduler.seats["a"].restarts == 1
    machine.call("2", "a")
    machine.settle()
    assert (machine.done[-1], machine.loads) == ("2", ["a", "a"])


def test_a_footprint_that_is_merely_too_small_does_not_replace_for_ever() -> None:
    machine = drive(need("a", 10, soft_limit=15))
    for i in range(20):
        machine.call(str(i), "a")
        machine.settle()
        see(machine, 100)

    assert (machine.swaps, machine.loads) == ([], ["a"])


def test_past_the_hard_limit_the_worker_ends_at_once_and_the_call_is_tried_once_more() -> None:
    machine = drive(need("a", hard_limit=50))
    running(machine, "1")

    assert see(machine, 51) == [Kill("a", "it held 0 MiB, past its limit of 0 MiB")]
    machine.settle()
    running(machine)
    assert machine.done[-1] == "1"


def test_a_call_that_passes_the_hard_limit_twice_fails() -> None:
    machine = drive(need("a", hard_limit=50))
    running(machine, "1")
    for _ in range(2):
        see(machine, 51)
        machine.tell(next(e for e in machine.pending if isinstance(e, happened.WorkerExited)))
        machine.pending = []
        if machine.scheduler.seats["a"].state == "loading":
            machine.tell(happened.LoadDone("a", 0))
            machine.pending = []

    assert machine.failed["1"].code == "out-of-memory"


def test_when_the_old_worker_dies_its_replacement_takes_over_as_soon_as_it_is_loaded() -> None:
    machine = leaking()
    see(machine, 16)
    machine.pending.clear()
    machine.call("1", "a")
    machine.pending.clear()

    assert machine.tell(happened.WorkerExited("a", "killed", 0)) == []
    assert machine.tell(happened.SpareReady("a", 0)) == [Swap("a"), Dispatch("a", ("1",))]
    assert machine.scheduler.used("cpu") == 10


def test_when_both_die_the_variant_is_loaded_anew() -> None:
    machine = leaking()
    machine.fail_spare = lambda variant: True
    see(machine, 16)
    machine.call("1", "a")
    machine.die("a", "killed")

    machine.settle()

    assert machine.loads == ["a", "a"]
    assert machine.done[-1] == "1"


@pytest.mark.parametrize("loaded", [False, True])
def test_a_replacement_yields_to_a_call_that_needs_the_memory(loaded: bool) -> None:
    machine = leaking(need("b", 85))
    running(machine, "1")
    see(machine, 16)
    if loaded:
        machine.tell(machine.pending.pop())
    machine.pending.clear()

    assert machine.call("b", "b") == [EndSpare("a")]
    machine.tell(happened.SpareGone("a", 0))
    assert machine.loads[-1] == "b"


def test_an_unload_takes_the_replacement_with_it() -> None:
    machine = leaking()
    see(machine, 16)

    assert machine.tell(happened.UnloadAsked("a", 0)) == [EndSpare("a"), Unload("a")]
    machine.settle()
    assert machine.scheduler.used("cpu") == 0


def test_a_call_waits_for_the_bytes_of_its_own_old_worker_and_does_not_fail_for_them() -> None:
    machine = drive(need("a", 10, max_calls=1), need("b", 10), budget=20)
    machine.tell(happened.Pinned("b", True, 0))
    machine.call("0", "a")
    for _ in ("loaded", "answered", "replacement loaded"):
        machine.tell(machine.pending.pop(0))
    machine.pending.clear()
    machine.call("b", "b")
    machine.call("1", "a")
    machine.pending.clear()

    assert machine.tell(happened.WorkerExited("a", "killed", 0)) == [Load("b")]
    assert machine.tell(happened.Tick(0)) == []
    assert machine.tell(happened.SpareGone("a", 0)) == [Load("a")]
