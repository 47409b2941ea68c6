"""One further batch lies ready in a busy worker: what is sent so, and that until it begins it only waits."""

from __future__ import annotations

import pytest
from machines import need

from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Begun, CancelRunning, Dispatch, LetGo
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing import Drive

SHORT = ((1, 0.010), (2, 0.011))
LONG = ((1, 5.0), (2, 6.0))


def machine_with(*needs: Need, budget: int = 100, cores: int = 2) -> Drive:
    return Drive(Scheduler(needs, {"cpu": budget}, cores, ahead_s=0.1))


def busy(*others: Need, budget: int = 100, cores: int = 2, **more: object) -> Drive:
    """Variant `a`, which takes two calls at once, runs `first`; the others are loaded and idle."""
    machine = machine_with(need("a", **{"max_batch": 2, "runs": SHORT, **more}), *others, budget=budget, cores=cores)
    for one in others:
        machine.call(f"warm-{one.variant}", one.variant)
        machine.settle()
    machine.call("first", "a")
    machine.tell(machine.pending.pop(0))
    assert "first" in machine.scheduler.seats["a"].running
    return machine


def end_of(machine: Drive, *calls: str) -> list[object]:
    """The worker answers these."""
    machine.pending = [event for event in machine.pending if getattr(event, "call", "") not in calls]
    return machine.tell(*[happened.CallDone(call, machine.clock.now) for call in calls])


def test_a_full_batch_lies_ready_and_begins_when_what_runs_has_ended() -> None:
    machine = busy()
    assert machine.call("1", "a") == []
    assert machine.call("2", "a") == [Dispatch("a", ("1", "2"), ahead=True)]
    assert machine.scheduler.seats["a"].running.keys() == {"first"}

    assert end_of(machine, "first") == [Begun("a", ("1", "2"))]
    assert machine.scheduler.seats["a"].running.keys() == {"1", "2"}


def test_the_batch_after_it_is_sent_in_the_moment_in_which_it_begins() -> None:
    machine = busy()
    for call in "1234":
        machine.call(call, "a")

    assert end_of(machine, "first") == [Begun("a", ("1", "2")), Dispatch("a", ("3", "4"), ahead=True)]


def test_one_that_somebody_may_still_join_waits_for_him() -> None:
    machine = busy(max_batch=4)
    for call in "123":
        assert machine.call(call, "a") == []

    assert end_of(machine, "first") == [Dispatch("a", ("1", "2", "3"))]


@pytest.mark.parametrize(
    "more", [{"runs": LONG}, {"runs": ()}, {"max_concurrent": 2}, {"max_calls": 2}], ids=lambda more: next(iter(more))
)
def test_nothing_is_sent_ahead_of_a_long_batch_or_to_a_worker_that_does_not_stay_as_it_is(
    more: dict[str, object],
) -> None:
    machine = busy(**more)
    if "max_concurrent" in more:
        machine.call("beside", "a")
        machine.call("beside it", "a")

    assert not [c for call in "12" for c in machine.call(call, "a") if isinstance(c, Dispatch) and c.ahead]


def test_nothing_is_sent_ahead_to_one_of_two_workers_since_the_other_may_be_free_first() -> None:
    replicas = [Need(variant="a", device=f"cuda:{n}", resident=10, runs=SHORT) for n in range(2)]
    machine = Drive(Scheduler(replicas, {"cuda:0": 100, "cuda:1": 100}, cores=8, ahead_s=0.1))
    for call in "12":
        machine.call(call, "a")
    loads = [event for event in machine.pending if isinstance(event, happened.LoadDone)]
    machine.pending.clear()
    for event in loads:
        machine.tell(event)

    commands = [c for call in "3456" for c in machine.call(call, "a")]

    assert not [c for c in commands if isinstance(c, Dispatch) and c.ahead]


def test_nothing_is_sent_ahead_while_another_waits_for_the_cores() -> None:
    machine = busy(need("b", runs=SHORT), cores=1)
    machine.call("other", "b")

    for call in "12":
        assert machine.call(call, "a") == []
    assert end_of(machine, "first")[0] == Dispatch("b", ("other",))


def test_nothing_is_sent_ahead_while_another_waits_for_the_memory() -> None:
    machine = machine_with(need("a", max_batch=2, runs=SHORT), need("b"), budget=15)
    machine.call("first", "a")
    machine.tell(machine.pending.pop(0))
    machine.call("other", "b")

    assert not [c for call in "12" for c in machine.call(call, "a") if isinstance(c, Dispatch) and c.ahead]


def test_the_memory_of_both_batches_is_counted_and_where_it_is_not_there_nothing_is_sent() -> None:
    roomy, tight = busy(working=20, budget=70), busy(working=20, budget=69)
    for machine in (roomy, tight):
        machine.call("1", "a")
        machine.call("2", "a")

    assert roomy.scheduler.seats["a"].ahead.keys() == {"1", "2"}
    assert roomy.scheduler.used("cpu") == 10 + 3 * 20
    assert not tight.scheduler.seats["a"].ahead


def test_nor_is_a_single_call_that_there_is_no_memory_for_beside_what_runs() -> None:
    machine = busy(max_batch=1, working=20, budget=49)

    assert machine.call("1", "a") == []
    assert machine.scheduler.used("cpu") == 30


def test_a_crash_is_not_held_against_what_lay_ready() -> None:
    machine = busy()
    for call in "123":
        machine.call(call, "a")

    machine.die("a", "killed")
    machine.tell(machine.pending.pop(0))
    calls = machine.scheduler.board.calls

    assert [(w.call, w.attempts, w.deaths) for w in machine.scheduler.seats["a"].queue] == [
        ("first", 1, 1), ("1", 0, 0), ("2", 0, 0), ("3", 0, 0),
    ]  # fmt: skip
    assert [call for call in "123" if calls[call].alone] == []
    machine.settle()
    assert sorted(machine.done) == ["1", "2", "3", "first"]


def test_once_it_has_begun_a_crash_is() -> None:
    machine = busy()
    machine.call("1", "a")
    machine.call("2", "a")
    end_of(machine, "first")

    machine.die("a", "killed")
    machine.tell(machine.pending.pop(0))

    assert [(w.call, w.deaths) for w in machine.scheduler.seats["a"].queue] == [("1", 1), ("2", 1)]


def test_a_suspect_never_lies_ready_and_nothing_lies_ready_behind_it() -> None:
    machine = busy(max_batch=1)
    machine.call("1", "a")
    machine.die("a", "killed")
    machine.tell(machine.pending.pop(0))
    for call in "23":
        machine.call(call, "a")
    machine.tell(machine.pending.pop(0))

    seat = machine.scheduler.seats["a"]
    assert seat.running.keys() == {"first"}
    assert seat.running["first"].alone
    assert not seat.ahead


def test_one_that_is_taken_back_is_asked_to_stop_and_has_its_time_from_when_it_would_begin() -> None:
    machine = busy(max_batch=1)
    machine.call("1", "a")

    assert machine.tell(happened.CallCancelled("1", 0.0)) == [CancelRunning("a", "1")]
    machine.tick(3.0)
    assert end_of(machine, "first") == [Begun("a", ("1",))]
    assert machine.scheduler.next_alarm() == 5.0
    assert machine.scheduler.ring_by() <= 5.0
    assert end_of(machine, "1") == [LetGo("1")]


def test_a_limit_counts_from_its_beginning() -> None:
    machine = busy(max_batch=1, limit_s=10)
    machine.call("1", "a")
    machine.clock.advance(6)
    end_of(machine, "first")

    assert machine.tick(6.0) == []
    assert machine.scheduler.next_alarm() == 16.0


def test_its_answer_may_be_heard_before_the_end_of_what_ran_before_it() -> None:
    machine = busy(max_batch=1)
    machine.call("1", "a")

    assert end_of(machine, "1") == []
    assert end_of(machine, "first") == []
    assert machine.scheduler.seats["a"].idle


def test_in_a_group_nothing_lies_ready_that_takes_more_cores_than_what_runs() -> None:
    light, heavy = (need(name, group="g", threads=threads, runs=SHORT) for name, threads in (("a", 1), ("b", 2)))
    machine = machine_with(light, heavy)
    machine.call("first", "a")
    machine.tell(machine.pending.pop(0))

    assert machine.call("wide", "b") == []
    assert end_of(machine, "first") == [Dispatch("g", ("wide",))]
    assert machine.call("narrow", "a") == [Dispatch("g", ("narrow",), ahead=True)]
