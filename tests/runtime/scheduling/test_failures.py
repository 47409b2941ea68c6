"""A load that failed: tried once more where memory was short, and those who left for it come back."""

from __future__ import annotations

import pytest
from machines import drive, need

from rung.runtime.errors import LoadFailed, OutOfMemory, RungError
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Load, Unload
from rung.runtime.testing import Drive

MIB = 2**20


def loaded(machine: Drive, *names: str) -> Drive:
    for name in names:
        machine.tell(happened.LoadAsked(name, machine.clock.now))
        machine.settle()
        machine.clock.advance(1)
    machine.loads.clear()
    return machine


def failing(machine: Drive, *errors: RungError | None) -> None:
    """The loads of `a` end with these, in turn."""
    left = iter(errors)
    machine.fail_load = lambda name: next(left, None) if name == "a" else None


def test_what_left_for_a_load_that_failed_is_loaded_again() -> None:
    machine = loaded(drive(need("a", 60), need("b", 60)), "b")
    failing(machine, LoadFailed("no tensors"))

    machine.call("1", "a")
    machine.settle()

    assert machine.unloads == ["b"]
    assert machine.loads == ["a", "b"]
    assert machine.scheduler.seats["b"].state == "ready"


def test_a_busy_one_that_had_to_leave_comes_back_too() -> None:
    machine = loaded(drive(need("a", 60), need("b", 60)), "b")
    failing(machine, LoadFailed("no tensors"))
    machine.call("b1", "b")
    machine.call("a1", "a")
    machine.tick(60)

    machine.settle()

    assert machine.loads == ["a", "b"]


def test_after_a_load_that_went_well_nobody_is_brought_back() -> None:
    machine = loaded(drive(need("a", 60), need("b", 60)), "b")
    machine.call("1", "a")
    machine.settle()
    failing(machine, LoadFailed("no tensors"))

    machine.tell(happened.UnloadAsked("a", machine.clock.now))
    machine.settle()
    machine.call("2", "a")
    machine.settle()

    assert machine.loads == ["a", "a"]


def test_nobody_is_brought_back_into_room_that_another_waits_for() -> None:
    machine = loaded(drive(need("a", 90), need("b", 60), need("c", 60)), "b")
    failing(machine, LoadFailed("no tensors"))
    machine.call("1", "a")
    machine.tell(machine.pending.pop(0))
    machine.call("2", "c")

    machine.settle()

    assert (machine.loads, machine.done) == (["a", "c"], ["2"])


def test_nobody_is_brought_back_while_the_load_is_to_be_tried_again() -> None:
    machine = loaded(drive(need("a", 60), need("b", 60)), "b")
    machine.call("1", "a")
    machine.tell(machine.pending.pop(0))
    machine.pending.clear()

    machine.tell(happened.LoadFailed("a", LoadFailed("killed"), machine.clock.now, died=True))
    machine.settle()

    assert (machine.loads, machine.done) == (["a", "a"], ["1"])


def test_a_load_that_runs_out_of_memory_is_tried_once_more_when_the_idle_are_gone() -> None:
    machine = loaded(drive(need("a", 40), need("b", 40)), "b")
    failing(machine, OutOfMemory("the allocator gave up"))
    machine.call("1", "a")

    assert machine.tell(machine.pending.pop(0)) == [Unload("b")]
    assert machine.tell(happened.UnloadDone("b", machine.clock.now)) == [Load("a")]
    machine.pending.clear()
    machine.tell(happened.LoadDone("a", machine.clock.now))
    machine.settle()
    assert machine.done == ["1"]
    assert machine.scheduler.troubles(0) == ()


def test_the_second_time_the_call_fails_with_the_numbers_and_the_idle_come_back() -> None:
    machine = loaded(drive(need("a", 40 * MIB), need("b", 40 * MIB), budget=100 * MIB), "b")
    failing(machine, OutOfMemory("the allocator gave up"), OutOfMemory("the allocator gave up"))
    machine.call("1", "a")

    machine.settle()

    error = machine.failed["1"]
    assert isinstance(error, OutOfMemory)
    assert (
        "a ran out of memory twice while it was loaded: 40 MiB of 100 MiB are set aside for it on cpu" in error.message
    )
    assert (error.details["needed"], error.details["budget"]) == (40 * MIB, 100 * MIB)
    assert machine.loads == ["a", "a", "b"]
    assert [t.variant for t in machine.scheduler.troubles(0)] == ["a"]


@pytest.mark.parametrize("pinned", [False, True])
def test_a_variant_that_nobody_uses_leaves_when_its_time_is_over(pinned: bool) -> None:
    machine = loaded(drive(need("a", ttl_s=10.0)), "a")
    machine.tell(happened.Pinned("a", pinned, machine.clock.now))
    machine.call("1", "a")
    machine.settle()

    assert machine.scheduler.next_alarm() == (None if pinned else machine.clock.now + 10)
    assert machine.tick(9.9) == []
    assert machine.tick(0.2) == ([] if pinned else [Unload("a")])


def test_a_life_that_is_set_while_it_is_loaded_counts_from_its_last_use() -> None:
    machine = loaded(drive(need("a", ttl_s=10.0)), "a")
    used = machine.scheduler.seats["a"].last_used

    assert machine.tell(happened.LifeSet("a", None, machine.clock.now)) == []
    assert machine.scheduler.next_alarm() is None
    assert machine.tick(60) == []
    assert machine.tell(happened.LifeSet("a", 90.0, machine.clock.now)) == []
    assert machine.scheduler.next_alarm() == used + 90
    assert machine.tell(happened.LifeSet("a", 60.0, machine.clock.now)) == [Unload("a")]


def test_a_variant_in_use_is_not_too_old_and_a_wish_to_have_it_counts_as_use() -> None:
    machine = loaded(drive(need("a", ttl_s=10.0)), "a")
    machine.call("1", "a")
    machine.pending.clear()

    assert machine.tick(60) == []
    machine.tell(happened.CallDone("1", machine.clock.now))
    machine.clock.advance(9)
    machine.tell(happened.LoadAsked("a", machine.clock.now))
    assert machine.tick(9) == []
    assert machine.tick(1) == [Unload("a")]
