"""A variant that cannot be loaded: back-off, quarantine, probe."""

from __future__ import annotations

import pytest
from machines import drive, need

from rung.runtime.errors import LoadFailed, Quarantined, RungError, WeightsCorrupt
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Load
from rung.runtime.testing import Drive


def broken(error: RungError | None = None) -> Drive:
    machine = drive(need("a"))
    machine.fail_load = lambda variant: error or LoadFailed("the file has no tensors")
    return machine


def fail(machine: Drive, times: int) -> None:
    """Calls that each have the variant loaded, and see it fail."""
    for _ in range(times):
        machine.call(f"c{len(machine.failed)}", "a")
        machine.settle()


def test_after_a_failed_load_the_next_one_waits_half_a_second_then_one() -> None:
    machine = broken()
    fail(machine, 1)

    assert machine.call("2", "a") == []
    assert machine.scheduler.next_alarm() == 0.5
    assert machine.tick(0.4) == []
    assert machine.tick(0.2) == [Load("a")]
    machine.settle()
    machine.call("3", "a")
    assert machine.scheduler.next_alarm() == pytest.approx(0.6 + 1.0)


def test_a_call_that_cannot_wait_for_the_next_try_fails_at_once() -> None:
    machine = broken()
    fail(machine, 1)

    machine.call("hurried", "a", deadline=0.3)

    assert isinstance(machine.failed["hurried"], Quarantined)
    assert "tried again in 0.50 s" in machine.failed["hurried"].message


def test_the_third_failure_quarantines_with_variant_reason_and_remedy() -> None:
    machine = broken()
    fail(machine, 3)

    machine.call("4", "a")

    error = machine.failed["4"]
    assert isinstance(error, Quarantined)
    assert "a failed 3 times (the file has no tensors)" in error.message
    assert "load it by hand" in error.message
    assert error.details["until_s"] == 60.0
    assert machine.loads == ["a"] * 3
    assert [(t.variant, t.state, t.reason) for t in machine.scheduler.troubles(0)] == [
        ("a", "quarantined", "the file has no tensors")
    ]


def test_failures_that_lie_far_apart_do_not_quarantine() -> None:
    machine = broken()
    for _ in range(6):
        fail(machine, 1)
        machine.tick(61)

    assert machine.scheduler.seats["a"].health.state == "backing-off"


def test_corrupt_weights_quarantine_at_once() -> None:
    machine = broken(WeightsCorrupt("sha256 is 00.., not ff.."))
    fail(machine, 1)

    machine.call("2", "a")

    assert machine.loads == ["a"]
    assert isinstance(machine.failed["c0"], WeightsCorrupt)
    assert isinstance(machine.failed["2"], Quarantined)


def test_after_the_cool_down_one_probe_decides_and_the_next_quarantine_is_twice_as_long() -> None:
    machine = broken()
    fail(machine, 3)
    machine.tick(61)

    fail(machine, 1)

    assert machine.loads == ["a"] * 4
    assert machine.scheduler.troubles(machine.clock.now)[0].until_s == 120.0


def test_no_quarantine_is_longer_than_a_quarter_of_an_hour() -> None:
    machine = broken()
    fail(machine, 3)
    for _ in range(8):
        machine.tick(1000)
        fail(machine, 1)

    assert machine.scheduler.troubles(machine.clock.now)[0].until_s == 900.0


def test_a_probe_that_loads_ends_the_trouble() -> None:
    machine = broken()
    fail(machine, 3)
    machine.fail_load = lambda variant: None
    machine.tick(61)

    machine.call("5", "a")
    machine.settle()

    assert machine.done == ["5"]
    assert machine.scheduler.troubles(0) == ()


def test_an_operators_load_tries_at_once_and_forgets_what_was() -> None:
    machine = broken()
    fail(machine, 3)

    assert machine.tell(happened.LoadAsked("a", 1.0)) == [Load("a")]
    machine.settle()

    assert machine.scheduler.seats["a"].health.state == "backing-off"


def test_when_the_process_died_under_the_load_the_calls_wait_for_the_next_try() -> None:
    machine = drive(need("a"))
    machine.call("patient", "a")
    machine.call("hurried", "a", deadline=0.2)
    machine.pending.clear()

    machine.tell(happened.LoadFailed("a", LoadFailed("killed by SIGKILL"), 0.0, died=True))
    machine.settle()

    assert isinstance(machine.failed["hurried"], Quarantined)
    assert machine.done == ["patient"]
    assert machine.clock.now == pytest.approx(0.5)


def test_a_process_that_dies_under_every_load_is_quarantined_and_its_calls_fail() -> None:
    machine = drive(need("a"))
    machine.call("1", "a")
    for _ in range(3):
        machine.pending.clear()
        machine.tell(happened.LoadFailed("a", LoadFailed("killed"), machine.clock.now, died=True))
        machine.tick(3)

    assert isinstance(machine.failed["1"], Quarantined)
    assert len(machine.loads) == 3


def test_a_variant_that_backs_off_holds_up_nobody_else() -> None:
    machine = drive(need("a", 60), need("b", 60))
    machine.fail_load = lambda variant: LoadFailed("no") if variant == "a" else None
    fail(machine, 1)
    machine.call("waits", "a")

    assert machine.call("other", "b") == [Load("b")]
