"""One line with seats on two devices: a copy is loaded when it helps and costs nobody anything, and leaves first."""

from __future__ import annotations

import pytest

from rung.runtime.errors import LoadFailed
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Dispatch, Load
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing import Drive, failing_load

BOTH = ("cuda:0", "cuda:1")


def need(name: str, device: str = "cuda:0", resident: int = 60, **more: object) -> Need:
    return Need(variant=name, device=device, resident=resident, threads=0, **more)  # type: ignore[arg-type]


def drive(*others: Need, **more: object) -> Drive:
    """`a` may be on two devices of 100 bytes each."""
    needs = (*(need("a", device, **more) for device in BOTH), *others)
    return Drive(Scheduler(needs, dict.fromkeys(("cpu", *BOTH), 100), cores=4))


def busy(machine: Drive) -> None:
    """Both copies are loaded, and a call runs on each."""
    for call, seat in (("1", "a"), ("2", "a@cuda:1")):
        machine.call(call, "a")
        machine.tell(happened.LoadDone(seat, machine.clock.now))
        machine.pending.clear()


def test_one_call_at_a_time_loads_one_copy() -> None:
    machine = drive()
    for call in "123":
        machine.call(call, "a")
        machine.settle()

    assert machine.loads == ["a"]


def test_a_call_that_finds_the_first_copy_busy_has_the_second_one_loaded() -> None:
    machine = drive()
    machine.call("1", "a")
    machine.tell(machine.pending.pop())
    machine.pending.clear()

    assert machine.call("2", "a") == [Load("a@cuda:1")]
    assert machine.tell(happened.LoadDone("a@cuda:1", 0)) == [Dispatch("a@cuda:1", ("2",))]


def test_calls_go_to_whichever_copy_is_free() -> None:
    machine = drive()
    busy(machine)

    assert machine.call("3", "a") == []
    assert machine.tell(happened.CallDone("2", 0)) == [Dispatch("a@cuda:1", ("3",))]
    assert machine.tell(happened.CallDone("1", 0)) == []
    assert machine.call("4", "a") == [Dispatch("a", ("4",))]


def test_a_load_under_way_that_will_take_all_that_waits_is_enough() -> None:
    machine = drive(max_batch=4)

    for call in "1234":
        machine.call(call, "a")
    assert machine.loads == ["a"]
    machine.call("5", "a")

    assert machine.loads == ["a", "a@cuda:1"]


def test_a_copy_evicts_nobody() -> None:
    machine = drive(need("b", "cuda:1"))
    machine.call("b", "b")
    machine.settle()

    for call in "123":
        machine.call(call, "a")
    machine.settle()

    assert (machine.loads, machine.unloads) == (["b", "a"], [])


def test_a_copy_is_not_loaded_for_want_of_cores() -> None:
    needs = [Need(variant="a", device=device, resident=60, threads=2) for device in BOTH]
    machine = Drive(Scheduler(needs, dict.fromkeys(BOTH, 100), cores=2))
    for call in "123":
        machine.call(call, "a")
        machine.tell(machine.pending.pop(0))

    assert machine.loads == ["a"]


def test_for_a_first_copy_room_is_made_on_the_device_where_none_has_to_be() -> None:
    machine = drive(need("b"))
    machine.call("b", "b")
    machine.settle()

    assert machine.call("1", "a") == [Load("a@cuda:1")]
    machine.settle()
    assert machine.unloads == []


def test_under_pressure_a_copy_leaves_before_a_last_one_although_it_was_used_later() -> None:
    machine = drive(need("b", "cuda:1", 30), need("c", "cuda:1", 30))
    machine.call("b", "b")
    machine.settle()
    machine.clock.advance(1)
    busy(machine)
    for call in "12":
        machine.tell(happened.CallDone(call, machine.clock.now))

    machine.call("c", "c")
    machine.settle()

    assert machine.unloads == ["a@cuda:1"]


def test_a_copy_that_was_evicted_leaves_the_other_serving_what_waits() -> None:
    machine = drive(need("c", "cuda:1"))
    busy(machine)
    machine.call("c", "c")
    machine.call("3", "a")

    machine.tell(happened.CallDone("2", 0))
    machine.tell(happened.CallDone("1", 0))
    machine.settle()

    assert machine.started == ["1", "2", "3", "c"]
    assert machine.unloads == ["a@cuda:1"]


@pytest.mark.parametrize("died", [False, True])
def test_a_copy_that_cannot_be_loaded_fails_no_call(died: bool) -> None:
    machine = drive()
    machine.call("1", "a")
    machine.tell(machine.pending.pop())
    machine.call("2", "a")

    machine.tell(happened.LoadFailed("a@cuda:1", LoadFailed("no driver"), 0, died))
    machine.pending = [e for e in machine.pending if isinstance(e, happened.CallDone)]
    machine.settle()

    assert (machine.done, machine.failed) == (["1", "2"], {})
    assert machine.scheduler.troubles(0) == ()


def test_where_the_first_seat_cannot_be_loaded_the_other_serves() -> None:
    machine = drive()
    machine.fail_load = failing_load("a")
    machine.call("1", "a")
    machine.settle()

    machine.call("2", "a")
    machine.settle()

    assert machine.failed["1"].code == "model-failed"
    assert (machine.loads, machine.done) == (["a", "a@cuda:1"], ["2"])


def test_only_when_no_seat_is_well_the_variant_is_in_trouble() -> None:
    machine = drive()
    machine.fail_load = failing_load("a", "a@cuda:1")
    for call in "12345678":
        machine.call(call, "a", deadline=0.1)
        machine.settle()

    assert [t.variant for t in machine.scheduler.troubles(0)] == ["a"]
    assert machine.failed["8"].code == "quarantined"


def test_a_call_whose_copy_died_runs_on_the_other_one() -> None:
    machine = drive()
    busy(machine)
    machine.tell(happened.CallDone("1", 0))

    assert machine.tell(happened.WorkerExited("a@cuda:1", "killed", 0)) == [Dispatch("a", ("2",))]


def test_a_named_seat_is_loaded_and_unloaded_by_its_name() -> None:
    machine = drive()

    assert machine.tell(happened.LoadAsked("a@cuda:1", 0)) == [Load("a@cuda:1")]
    machine.settle()
    assert machine.call("1", "a") == [Dispatch("a@cuda:1", ("1",))]


def test_of_two_copies_the_one_that_runs_less_is_given_the_next_call() -> None:
    machine = drive(max_concurrent=2)
    for seat in ("a", "a@cuda:1"):
        machine.tell(happened.LoadAsked(seat, 0))
    machine.settle()

    assert machine.call("1", "a") == [Dispatch("a", ("1",))]
    assert machine.call("2", "a") == [Dispatch("a@cuda:1", ("2",))]
    assert machine.call("3", "a") == [Dispatch("a", ("3",))]
