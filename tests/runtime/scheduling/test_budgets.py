"""Others take memory of a device, and give it back: what is idle leaves, what runs stays, nothing new comes."""

from __future__ import annotations

from machines import drive, need

from rung.runtime.errors import DeadlineExceeded, OutOfMemory
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Dispatch, LetGo, Load, Unload
from rung.runtime.scheduling.reach import OTHERS_S
from rung.runtime.spec import MiB
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


def test_what_others_leave_no_room_for_waits_and_runs_when_they_give_back() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)

    assert machine.call("1", "a", deadline=30) == []
    assert machine.scheduler.awaits("cpu")
    assert machine.scheduler.next_alarm() == 30
    assert budget(machine, 59) == []
    assert budget(machine, 60) == [Load("a")]
    assert not machine.scheduler.awaits("cpu")


def test_what_can_never_fit_fails_at_once_whoever_holds_memory() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)

    machine.call("1", "a", working=41)

    assert isinstance(machine.failed["1"], OutOfMemory)
    assert (machine.failed["1"].details["needed"], machine.failed["1"].details["budget"]) == (101, 50)


def test_where_our_own_pin_is_in_the_way_nobody_waits_for_others() -> None:
    machine = ready(drive(need("a", 50), need("b", 60)), "a")
    machine.tell(happened.Pinned("a", True, 0))
    budget(machine, 90)

    machine.call("1", "b")

    assert isinstance(machine.failed["1"], OutOfMemory)
    assert "unpin" in machine.failed["1"].message


def test_who_waits_for_others_until_the_deadline_is_told_the_numbers() -> None:
    machine = drive(need("a", 60 * MiB), budget=100 * MiB)
    budget(machine, 50 * MiB)
    machine.call("1", "a", deadline=30)

    machine.tick(30)

    assert isinstance(machine.failed["1"], DeadlineExceeded)
    assert "needs 60 MiB on cpu; the budget is 50 MiB now, and others hold the rest of 100 MiB" in str(
        machine.failed["1"]
    )


def test_a_call_that_another_rung_may_answer_leaves_it_half_of_its_time() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)
    machine.call("1", "a", deadline=8, replaceable=True)

    assert machine.tick(3.9) == []
    machine.tick(0.1)

    assert isinstance(machine.failed["1"], OutOfMemory)


def test_where_others_stay_only_the_first_of_such_calls_waits() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)
    machine.call("1", "a", deadline=600, replaceable=True)
    machine.tick(OTHERS_S)
    machine.clock.advance(1000)

    machine.call("2", "a", deadline=600, replaceable=True)
    assert list(machine.failed) == ["1", "2"]

    budget(machine, 60)
    machine.call("3", "a")
    machine.settle()
    budget(machine, 50)
    machine.settle()
    assert machine.call("4", "a", deadline=600, replaceable=True) == [], "it was there meanwhile"
    assert "4" not in machine.failed


def test_who_needs_less_passes_one_that_waits_for_others_and_it_keeps_its_place() -> None:
    machine = ready(drive(need("a", 40, max_concurrent=1)), "a")
    machine.call("1", "a")
    budget(machine, 60)
    machine.call("large", "a", working=40)
    machine.call("small", "a", working=10)

    assert machine.tell(happened.CallDone("1", 0)) == [Dispatch("a", ("small",))]
    machine.call("later", "a")
    budget(machine, 100)
    assert machine.tell(happened.CallDone("small", 0)) == [Dispatch("a", ("large",))]


def test_one_that_waits_for_others_keeps_nobody_else_from_what_is_free() -> None:
    machine = drive(need("a", 60), need("b", 40))
    budget(machine, 50)
    machine.call("1", "a")

    assert machine.call("2", "b") == [Load("b")]
    machine.settle()
    assert budget(machine, 60) == [Unload("b")], "idle, it makes room for the one that waited"


def test_one_that_waits_for_others_can_be_taken_back() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)
    machine.call("1", "a")

    assert machine.tell(happened.CallCancelled("1", 0)) == [LetGo("1")]
    assert machine.scheduler.next_alarm() is None
    assert budget(machine, 100) == []


def test_a_load_by_hand_waits_for_others_as_long_as_it_may() -> None:
    machine = drive(need("a", 60))
    budget(machine, 50)

    assert machine.tell(happened.LoadAsked("a", 0, until=20)) == []
    assert machine.tick(19) == []
    machine.tick(1)
    assert isinstance(machine.refused["a"], OutOfMemory)

    machine.tell(happened.LoadAsked("a", 20, until=40))
    assert budget(machine, 60) == [Load("a")]


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

    assert Unload("a") in budget(machine, 50), "nobody else waits for it: the large one waits for others"
    assert machine.failed == {}
