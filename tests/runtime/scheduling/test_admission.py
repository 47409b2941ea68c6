"""Memory by what each call takes at its size: what is loaded, what grows, what waits, and what can never be."""

from __future__ import annotations

from machines import drive, need

from rung.runtime.errors import OutOfMemory
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Dispatch, Load, Unload
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.story import story
from rung.runtime.testing import Drive

MIB = 2**20


def ready(machine: Drive, *names: str) -> Drive:
    for name in names:
        machine.call(f"w{name}", name)
        machine.settle()
        machine.clock.advance(1)
    machine.started.clear()
    return machine


def test_a_load_takes_what_the_waiting_call_needs() -> None:
    machine = drive(need("a", 40, working=5))

    machine.call("1", "a", working=30)

    assert machine.scheduler.used("cpu") == 70


def test_a_call_takes_at_least_what_the_smallest_one_does() -> None:
    machine = drive(need("a", 40, working=5))

    machine.call("1", "a", working=2)

    assert machine.scheduler.used("cpu") == 45


def test_a_worker_grows_into_free_memory_and_keeps_what_it_grew_by() -> None:
    machine = ready(drive(need("a", 40)), "a")

    assert machine.call("1", "a", working=50) == [Dispatch("a", ("1",))]
    assert machine.scheduler.used("cpu") == 90
    machine.settle()
    assert machine.scheduler.used("cpu") == 90


def test_idle_ones_leave_for_a_worker_that_has_to_grow() -> None:
    machine = ready(drive(need("a", 40), need("b", 40)), "a", "b")

    assert machine.call("1", "a", working=30) == [Unload("b")]
    assert machine.tell(happened.UnloadDone("b", 0)) == [Dispatch("a", ("1",))]


def test_a_busy_one_is_waited_for_and_takes_nothing_new() -> None:
    machine = ready(drive(need("a", 40), need("b", 40)), "a", "b")
    machine.call("b1", "b")
    machine.call("a1", "a", working=30)
    machine.tick(5)
    machine.call("b2", "b")

    machine.settle()

    assert machine.started == ["b1", "a1", "b2"]
    assert machine.unloads == ["b", "a"]


def test_a_call_too_large_for_the_device_fails_with_the_numbers_and_alone() -> None:
    machine = drive(need("a", 40 * MIB), budget=100 * MIB)
    machine.call("huge", "a", working=70 * MIB)
    machine.call("small", "a")

    machine.settle()

    error = machine.failed["huge"]
    assert isinstance(error, OutOfMemory)
    assert "a needs 110 MiB on cpu (40 MiB and 70 MiB for a call of this size); the budget is 100 MiB" in error.message
    assert (error.details["needed"], error.details["budget"]) == (110 * MIB, 100 * MIB)
    assert machine.done == ["small"]


def test_a_call_too_large_fails_on_a_ready_worker_too_and_nothing_is_evicted_for_it() -> None:
    machine = ready(drive(need("a", 40), need("b", 40)), "a", "b")

    machine.call("huge", "a", working=70)
    machine.call("small", "a")
    machine.settle()

    assert isinstance(machine.failed["huge"], OutOfMemory)
    assert (machine.started, machine.unloads) == (["small"], [])


def test_a_batch_holds_no_more_calls_than_fit() -> None:
    machine = ready(drive(need("a", 40, max_batch=8)), "a")
    machine.call("0", "a")
    for call in "12345":
        machine.call(call, "a", working=25)

    machine.settle()

    assert machine.batches[2:] == [("1", "2"), ("3", "4"), ("5",)]


def test_what_others_wait_for_is_not_taken_by_a_larger_batch() -> None:
    machine = ready(drive(need("a", 30, max_batch=4), need("b", 30), need("c", 60)), "a", "b")
    machine.call("b1", "b")
    machine.call("a0", "a")
    for call in ("a1", "a2"):
        machine.call(call, "a", working=20)
    machine.call("c1", "c")
    machine.tick(9)

    machine.tell(happened.CallDone("a0", 0))

    assert machine.batches[-1] == ("a1",)


def test_a_second_call_beside_the_first_waits_for_it_rather_than_evict_somebody() -> None:
    machine = ready(drive(need("a", 40, max_concurrent=2, threads=0), need("b", 30)), "b", "a")
    machine.call("1", "a", working=20)

    assert machine.call("2", "a", working=20) == []
    assert machine.tell(happened.CallDone("1", 0)) == [Dispatch("a", ("2",))]
    assert machine.unloads == []


def test_what_a_worker_does_not_hold_any_more_is_free_again() -> None:
    machine = ready(drive(need("a", 40, working=5)), "a")
    machine.call("1", "a", working=50)

    machine.tell(happened.MemorySeen("a", 60, 0))
    assert machine.scheduler.used("cpu") == 90, "the call may still take it"
    machine.settle()
    machine.tell(happened.MemorySeen("a", 60, 0))
    assert machine.scheduler.used("cpu") == 60
    machine.tell(happened.MemorySeen("a", 1, 0))
    assert machine.scheduler.used("cpu") == 45


def test_a_process_says_nothing_of_what_it_holds_on_another_device() -> None:
    machine = Drive(Scheduler([Need(variant="a", device="cuda:0", resident=40)], {"cuda:0": 100}, 2))
    machine.call("1", "a", working=50)
    machine.settle()

    machine.tell(happened.MemorySeen("a", 10, 0))

    assert machine.scheduler.used("cuda:0") == 90
    machine.tell(happened.MemorySeen("a", 10, 0, on_device=55))
    assert machine.scheduler.used("cuda:0") == 55


def test_a_younger_call_does_not_grow_into_what_an_older_one_waits_for() -> None:
    machine = ready(drive(need("a", 20), need("b", 30), need("c", 60)), "a", "b")
    machine.tell(happened.Pinned("a", True, 0))
    machine.call("b1", "b")
    machine.call("c1", "c")
    machine.tick(5)

    assert machine.call("a1", "a", working=40) == []
    machine.settle()

    assert machine.started == ["b1", "c1", "a1"]


def test_a_worker_that_has_to_leave_and_cannot_grow_leaves() -> None:
    machine = ready(drive(need("a", 50), need("b", 60)), "a")
    machine.call("a1", "a")
    machine.call("b1", "b")
    machine.tick(5)
    machine.call("a2", "a", working=40)

    machine.settle()

    assert machine.started == ["a1", "b1", "a2"]


def test_when_the_older_one_leaves_the_line_the_younger_grows_at_once() -> None:
    machine = ready(drive(need("a", 20), need("b", 30), need("c", 60)), "a", "b")
    machine.tell(happened.Pinned("a", True, 0))
    machine.call("b1", "b")
    machine.call("c1", "c")
    machine.tick(5)
    machine.call("a1", "a", working=40)

    assert Dispatch("a", ("a1",)) in machine.tell(happened.CallCancelled("c1", 0))


def test_what_a_device_takes_of_the_ram_is_counted_and_room_is_made_for_it_there() -> None:
    needs = [Need(variant="g", device="cuda:0", resident=30, ram=60), need("a", 50)]
    machine = Drive(Scheduler(needs, {"cpu": 100, "cuda:0": 100}, 2))
    machine.call("a", "a")
    machine.settle()

    assert machine.call("1", "g") == [Unload("a")]
    assert machine.tell(happened.UnloadDone("a", 0)) == [Load("g")]
    assert (machine.scheduler.used("cpu"), machine.scheduler.used("cuda:0")) == (60, 30)


def test_what_a_worker_moved_into_the_ram_is_counted_until_it_is_gone_and_the_idle_make_room_for_it() -> None:
    needs = [Need(variant="g", device="cuda:0", resident=30), need("a", 50)]
    machine = Drive(Scheduler(needs, {"cpu": 100, "cuda:0": 100}, 2))
    for name in ("a", "g"):
        machine.call(name, name)
        machine.settle()
        machine.clock.advance(1)
    assert machine.scheduler.used("cpu") == 50

    assert machine.tell(happened.RamSeen("g", 40, 0)) == []
    assert machine.scheduler.used("cpu") == 90
    assert machine.tell(happened.RamSeen("g", 60, 0)) == [Unload("a")]
    machine.settle()
    assert machine.call("1", "a") == [Unload("g")], "and for its bytes of the RAM it may have to leave itself"
    machine.settle()
    assert machine.scheduler.used("cpu") == 50
    machine.call("2", "g")
    machine.settle()
    assert machine.scheduler.used("cpu") == 50, "the next worker holds it as planned"


def test_a_call_that_waits_for_its_worker_to_grow_is_told_so() -> None:
    machine = ready(drive(need("a", 40 * MIB), need("b", 40 * MIB), budget=100 * MIB), "a", "b")
    machine.call("b1", "b")
    told: list[tuple[str, str]] = []
    board = machine.scheduler.board
    machine.scheduler._record = lambda event, commands: told.extend(story(event, commands, board))

    machine.call("a1", "a", working=30 * MIB)
    machine.tick(9)
    machine.settle()

    assert [sentence for call, sentence in told if call == "a1"][:2] == [
        "waits for 30 MiB more of cpu than a holds; 20 MiB are free",
        "b is unloaded to make room (40 MiB of cpu)",
    ]


def test_of_a_queue_only_the_call_that_is_too_large_fails() -> None:
    machine = ready(drive(need("a", 40)), "a")
    machine.call("0", "a")
    machine.call("1", "a")
    machine.call("huge", "a", working=70)
    machine.call("small", "a")

    machine.settle()

    assert list(machine.failed) == ["huge"]
    assert machine.started == ["0", "1", "small"]


def test_one_that_waits_to_grow_keeps_no_turn_and_leaves_at_once_for_another() -> None:
    machine = ready(drive(need("a", 40), need("b", 40, load_s=500.0), need("c", 30)), "a", "b")
    machine.call("b1", "b")
    assert machine.call("a1", "a", working=50) == []

    assert machine.call("c1", "c") == [Unload("a")]
