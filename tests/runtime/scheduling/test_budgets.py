"""Others take memory of a device, and give it back: what is idle leaves, what runs stays, nothing new comes."""

from __future__ import annotations

from machines import drive, need

from rung.runtime.errors import OutOfMemory
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Dispatch, Load, Unload
from rung.runtime.testing import Drive


def budget(machine: Drive, size: int) -> list[object]:
    return list(machine.tell(happened.BudgetSeen("cpu", size, machine.clock.now)))


def ready(machine: Drive, *names: str) -> Drive:
    for name in names:
        machine.call(f"w{name}", name)
        machine.settle()
        machine.clock.advance(1)
    return machine


def test_when_others_take_memory_the_idle_leave_until_it_fits() -> None:
    machine = ready(drive(need("a", 30), need("b", 30), need("c", 30)), "a", "b", "c")

    assert budget(machine, 65) == [Unload("a")]
    assert budget(machine, 35) == [Unload("b")]
    machine.settle()
    assert machine.scheduler.used("cpu") == 30


def test_what_runs_is_never_ended_and_leaves_when_it_is_done() -> None:
    machine = ready(drive(need("a", 60)), "a")
    machine.call("1", "a")

    assert budget(machine, 50) == []
    assert machine.tell(happened.CallDone("1", 0)) == [Unload("a")]


def test_nothing_new_is_loaded_into_what_others_hold() -> None:
    machine = ready(drive(need("a", 40), need("b", 40)), "a")
    machine.call("1", "a")
    budget(machine, 60)

    assert machine.call("2", "b") == []
    assert machine.tell(happened.CallDone("1", 0)) == [Unload("a")]


def test_a_worker_does_not_grow_into_what_others_hold() -> None:
    machine = ready(drive(need("a", 40, max_concurrent=2, threads=0)), "a")
    machine.call("1", "a", working=20)
    budget(machine, 60)

    assert machine.call("2", "a", working=20) == []
    assert machine.tell(happened.CallDone("1", 0)) == [Dispatch("a", ("2",))]


def test_what_does_not_fit_any_more_fails_with_the_budget_of_now() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)

    machine.call("1", "a")

    assert isinstance(machine.failed["1"], OutOfMemory)
    assert machine.failed["1"].details["budget"] == 50


def test_memory_that_others_give_back_is_used_again() -> None:
    machine = ready(drive(need("a", 40), need("b", 50)), "a")
    machine.tell(happened.Pinned("a", True, 0))
    budget(machine, 90)
    machine.call("1", "a")
    budget(machine, 50)

    assert budget(machine, 100) == []
    assert machine.call("2", "b") == [Load("b")]


def test_one_whose_last_call_does_not_fit_any_more_leaves_with_it() -> None:
    machine = ready(drive(need("a", 40), need("b", 30)), "a", "b")
    machine.call("b1", "b")
    machine.call("a1", "a", working=50)

    assert Unload("a") in budget(machine, 50)
    assert isinstance(machine.failed["a1"], OutOfMemory)
