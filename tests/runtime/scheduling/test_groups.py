"""Several variants in one worker: one line, one seat, no batch mixes them."""

from __future__ import annotations

from machines import drive

from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Dispatch, Load
from rung.runtime.scheduling.need import Need
from rung.runtime.testing import Drive


def member(name: str, resident: int = 50, **more: object) -> Need:
    """What a member needs of the worker that holds all of them."""
    return Need(variant=name, device="cpu", group="g", resident=resident, **more)  # type: ignore[arg-type]


def test_the_members_are_counted_once_and_each_calls_working_bytes_are_its_own() -> None:
    machine = drive(member("a", working=3), member("b", working=7), budget=100)

    assert machine.call("1", "a") == [Load("g")]
    assert machine.scheduler.used("cpu") == 50 + 3
    machine.settle()
    machine.call("2", "b")
    assert machine.scheduler.used("cpu") == 50 + 7


def test_one_worker_answers_all_members_in_the_order_of_their_calls() -> None:
    machine = drive(member("a"), member("b"))
    for call, name in (("1", "a"), ("2", "b"), ("3", "a")):
        machine.call(call, name)

    machine.settle()

    assert (machine.loads, machine.started) == (["g"], ["1", "2", "3"])


def test_a_batch_is_of_one_member_and_the_others_keep_their_places() -> None:
    machine = drive(member("a", max_batch=3), member("b", max_batch=3))
    for call, name in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b"), ("a3", "a"), ("a4", "a")):
        machine.call(call, name)

    machine.settle()

    assert machine.batches == [("a1", "a2", "a3"), ("b1", "b2"), ("a4",)]


def test_each_member_is_held_to_its_own_limit_and_threads() -> None:
    machine = drive(member("a", limit_s=5, threads=2), member("b", limit_s=50, threads=1), Need(
        variant="c", device="cpu", resident=10, threads=1))  # fmt: skip
    for name in "abc":
        machine.call(f"w{name}", name)
    machine.settle()

    machine.call("b", "b")
    assert machine.call("c", "c") == [Dispatch("c", ("c",))]
    assert machine.scheduler.next_alarm() == 50
    machine.settle()
    machine.call("a", "a")
    assert machine.call("c2", "c") == []
    assert machine.scheduler.next_alarm() == 5


def test_a_group_whose_worker_dies_is_in_trouble_with_all_its_members() -> None:
    machine: Drive = drive(member("a"), member("b"))
    machine.call("1", "a")
    machine.call("2", "b")
    machine.crash_on = lambda call: True

    machine.settle()

    assert [t.variant for t in machine.scheduler.troubles(0)] == ["a", "b"]
    assert machine.call("3", "b")[0].error.code == "quarantined"  # type: ignore[union-attr]


def test_a_group_leaves_as_one() -> None:
    machine = drive(member("a"), member("b"))
    machine.call("1", "a")
    machine.settle()

    machine.tell(happened.UnloadAsked("g", 0))
    machine.settle()

    assert machine.scheduler.used("cpu") == 0
