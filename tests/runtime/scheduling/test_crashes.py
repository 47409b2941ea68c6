"""A worker dies, hangs, or does not let go: who is to blame, who runs again, who ends."""

from __future__ import annotations

import pytest
from machines import drive, need, running

from rung.runtime.errors import CallTimeout, DeadlineExceeded, OutOfMemory, WorkerCrashed
from rung.runtime.scheduling.commands import CancelRunning, Dispatch, Fail, Kill, LetGo
from rung.runtime.scheduling.events import CallCancelled, CallDone, CallShort, LoadDone, WorkerExited


def test_a_call_that_kills_three_workers_fails_alone_and_the_others_are_answered() -> None:
    machine = drive(need("a"))
    machine.crash_on = lambda call: call == "poison"
    for call in ("g1", "poison", "g2", "g3"):
        machine.call(call, "a")

    machine.settle()

    assert isinstance(machine.failed["poison"], WorkerCrashed)
    assert machine.started.count("poison") == 3
    assert machine.done == ["g1", "g2", "g3"]


def test_after_its_second_death_a_suspect_lets_the_others_pass() -> None:
    machine = drive(need("a"))
    machine.crash_on = lambda call: call == "poison"
    for call in ("poison", "g1", "g2"):
        machine.call(call, "a")

    machine.settle()

    assert machine.started == ["poison", "poison", "g1", "g2", "poison"]


def test_the_neighbours_of_a_poison_input_die_once_and_then_run_alone() -> None:
    machine = drive(need("a", max_batch=4))
    machine.crash_on = lambda call: call == "poison"
    for call in ("poison", "g1", "g2", "g3"):
        machine.call(call, "a")

    machine.settle()

    assert machine.batches[0] == ("poison", "g1", "g2", "g3")
    assert all(len(batch) == 1 for batch in machine.batches[1:])
    assert sorted(machine.done) == ["g1", "g2", "g3"]
    assert {call: machine.started.count(call) for call in ("g1", "g2", "g3")} == {"g1": 2, "g2": 2, "g3": 2}


def test_nothing_runs_beside_a_suspect_although_the_model_would_take_more() -> None:
    machine = drive(need("a", max_concurrent=3, threads=0))
    running(machine, "1", "2")
    machine.die("a", "signal 11")
    machine.settle()
    machine.pending.clear()

    assert machine.batches == [("1",), ("2",)]
    machine.call("3", "a")
    assert machine.batches[-1] == ("3",)


def test_a_suspect_waits_until_its_seat_is_empty_and_younger_calls_do_not_overtake_it() -> None:
    machine = drive(need("a", max_concurrent=2, threads=0))
    running(machine, "1", "2")
    machine.die("a", "signal 11")
    machine.tell(machine.pending.pop(0))
    machine.tell(LoadDone("a", 0))

    assert machine.call("3", "a") == []
    assert machine.batches == [("1",)]
    assert machine.tell(CallDone("1", 0)) == [Dispatch("a", ("2",))]
    assert machine.tell(CallDone("2", 0)) == [Dispatch("a", ("3",))]


def test_one_poison_input_does_not_quarantine_a_variant_that_answers_others() -> None:
    machine = drive(need("a"))
    machine.crash_on = lambda call: call.startswith("poison")
    machine.call("good", "a")
    machine.settle()

    for i in range(5):
        machine.call(f"poison{i}", "a")
        machine.settle()

    assert machine.scheduler.troubles(0) == ()
    machine.call("still good", "a")
    machine.settle()
    assert machine.done[-1] == "still good"


def test_one_poison_input_does_not_quarantine_a_variant_that_never_answered() -> None:
    machine = drive(need("a"))
    machine.crash_on = lambda call: call == "poison"
    machine.call("poison", "a")

    machine.settle()

    assert machine.started == ["poison"] * 3
    assert machine.scheduler.troubles(0) == ()


def test_a_variant_that_dies_under_every_input_is_quarantined() -> None:
    machine = drive(need("a"))
    machine.crash_on = lambda call: True
    for i in range(4):
        machine.call(str(i), "a")

    machine.settle()

    assert [t.state for t in machine.scheduler.troubles(0)] == ["quarantined"]
    assert {error.code for error in machine.failed.values()} <= {"quarantined", "worker-crashed"}
    assert len(machine.loads) <= 6


def test_a_call_that_went_with_its_template_is_not_blamed() -> None:
    machine = drive(need("a"))
    machine.cause = "template"
    deaths = iter([True] * 5 + [False] * 9)
    machine.crash_on = lambda call: next(deaths)
    machine.call("1", "a")

    machine.settle()

    assert machine.started == ["1"] * 6
    assert machine.done == ["1"]
    assert machine.scheduler.troubles(0) == ()


def test_a_call_that_outlives_its_limit_ends_its_worker_and_is_not_run_again() -> None:
    machine = drive(need("a", limit_s=10))
    running(machine, "1")

    assert machine.tick(11) == [Kill("a", "a call ran longer than its limit of 10 s")]
    assert machine.tick(1) == []
    machine.settle()

    assert isinstance(machine.failed["1"], CallTimeout)
    assert machine.started == []


def test_what_ran_beside_a_hanging_call_runs_again_unblamed() -> None:
    machine = drive(need("a", limit_s=10, max_concurrent=2, threads=0))
    running(machine, "hangs")
    machine.clock.advance(5)
    machine.call("beside", "a")
    machine.pending.clear()

    machine.tick(6)
    machine.tell(machine.pending.pop(0))
    beside = machine.scheduler.board.calls["beside"]
    assert (beside.deaths, beside.alone) == (0, False)
    machine.settle()

    assert isinstance(machine.failed["hangs"], CallTimeout)
    assert machine.done[-1] == "beside"


def test_of_a_batch_that_hangs_each_is_tried_alone_once() -> None:
    machine = drive(need("a", limit_s=10, max_batch=2))
    machine.call("0", "a")
    machine.call("hangs", "a")
    machine.call("beside", "a")
    machine.tell(machine.pending.pop(0))
    machine.pending.clear()

    machine.tick(11)
    machine.tell(machine.pending.pop(0))
    machine.tell(LoadDone("a", 11))

    assert machine.batches == [("0", "hangs"), ("0",)]


def test_a_call_taken_back_that_does_not_let_go_ends_its_worker_after_two_seconds() -> None:
    machine = drive(need("a", max_concurrent=2, threads=0))
    running(machine, "deaf", "beside")

    assert machine.tell(CallCancelled("deaf", 0)) == [CancelRunning("a", "deaf")]
    assert machine.scheduler.next_alarm() == 2.0
    assert machine.tick(1.9) == []
    assert machine.tick(0.2) == [Kill("a", "a call that was taken back had not let go after 2 s")]
    machine.tell(machine.pending.pop(0))
    beside = machine.scheduler.board.calls["beside"]
    assert (beside.deaths, beside.alone) == (0, False)
    machine.settle()

    assert machine.let_go == ["deaf"]
    assert machine.done[-1] == "beside"
    assert machine.batches == [("beside",)]


def test_a_late_call_fails_at_once_and_holds_its_seat_until_it_lets_go() -> None:
    machine = drive(need("a"))
    machine.call("0", "a")
    machine.settle()
    machine.call("late", "a", deadline=5)
    machine.pending.clear()
    machine.call("next", "a")

    assert CancelRunning("a", "late") in machine.tick(6)
    assert isinstance(machine.failed["late"], DeadlineExceeded)
    assert "next" not in machine.started
    machine.tick(2)
    machine.settle()
    assert machine.done[-1] == "next"


def test_a_call_taken_back_is_let_go_at_its_answer_or_at_once_when_it_waits() -> None:
    machine = drive(need("a"))
    running(machine, "runs")
    machine.call("waits", "a")

    assert machine.tell(CallCancelled("waits", 0)) == [LetGo("waits")]
    machine.tell(CallCancelled("runs", 0))
    assert machine.tell(CallDone("runs", 0)) == [LetGo("runs")]
    assert machine.tell(CallCancelled("unknown", 0)) == [LetGo("unknown")]


# --- memory ---------------------------------------------------------------------------------------


def test_a_call_that_memory_ended_is_tried_once_more_alone_with_what_can_be_had() -> None:
    machine = drive(need("a", 40), need("idle", 20))
    machine.call("i", "idle")
    machine.settle()
    running(machine, "1")

    machine.die("a", "killed", cause="oom")
    machine.settle()

    assert machine.unloads == ["idle"]
    assert machine.done[-1] == "1"


def test_a_call_that_memory_ended_twice_fails_with_the_numbers() -> None:
    machine = drive(need("a", 40 * 2**20, hard_limit=60 * 2**20), budget=100 * 2**20)
    machine.cause = "oom"
    machine.crash_on = lambda call: call == "huge"
    machine.call("huge", "a")
    machine.call("small", "a")

    machine.settle()

    assert machine.started.count("huge") == 2
    assert isinstance(machine.failed["huge"], OutOfMemory)
    assert "40 MiB are set aside" in machine.failed["huge"].message
    assert "may hold 60 MiB" in machine.failed["huge"].message
    assert machine.done == ["small"]
    assert machine.scheduler.troubles(0) == ()


def test_the_retry_waits_until_those_who_make_room_are_gone() -> None:
    machine = drive(need("a", 40), need("idle", 20))
    machine.call("i", "idle")
    machine.settle()
    running(machine, "1")

    machine.tell(CallShort("1", OutOfMemory("no"), 0))

    assert machine.unloads == ["idle"]
    assert machine.started == []
    machine.settle()
    assert machine.started == ["1"]


def test_a_batch_that_finds_too_little_memory_is_halved_then_alone_then_fails() -> None:
    machine = drive(need("a", max_batch=4))
    machine.short_on = lambda call: OutOfMemory("no") if call in "3" or len(machine.batches[-1]) > 2 else None
    machine.call("0", "a")
    machine.settle()
    running(machine, "x")
    for call in "1234":
        machine.call(call, "a")
    machine.tell(CallDone("x", 0))

    machine.settle()

    assert machine.batches == [("1", "2", "3", "4"), ("1", "2"), ("3", "4"), ("3",), ("3",)]
    assert isinstance(machine.failed["3"], OutOfMemory)
    assert {"1", "2", "4"} <= set(machine.done)


@pytest.mark.parametrize("cause", ["", "oom", "template"])
def test_the_end_of_an_idle_worker_is_held_against_nobody(cause: str) -> None:
    machine = drive(need("a"), need("b"))
    machine.call("b", "b")
    machine.settle()
    for _ in range(5):
        running(machine)
        commands = machine.tell(WorkerExited("a", "killed", 0, cause))
        assert not [c for c in commands if isinstance(c, Fail)]

    assert machine.scheduler.troubles(0) == ()
    assert machine.unloads == []


def test_a_call_that_was_taken_back_teaches_nothing_of_how_long_calls_take() -> None:
    machine = drive(need("a", runs=((1, 10.0),)))
    machine.call("1", "a")
    machine.tell(machine.pending.pop(0))
    machine.tell(CallCancelled("1", 1.0))
    machine.tell(CallDone("1", 1.0))

    assert machine.scheduler.seats["a"].pace.run_s({"a": 1}) == 10.0
