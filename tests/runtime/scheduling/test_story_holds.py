"""What a call is told that waits for others to end their turn."""

from __future__ import annotations

from machines import drive, need

from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.story import story
from rung.runtime.testing import Drive


def told_of(machine: Drive, scheduler: Scheduler) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    scheduler._record = lambda event, commands: lines.extend(story(event, commands, scheduler.board))
    return lines


def test_a_call_is_told_that_others_keep_their_turn_and_for_how_long() -> None:
    machine = drive(need("a", 60, runs=((1, 3.0),)), need("b", 60, load_s=7.0, runs=((1, 2.0),)))
    machine.call("a1", "a")
    machine.tell(machine.pending.pop())
    machine.call("a2", "a")
    lines = told_of(machine, machine.scheduler)

    machine.call("b1", "b")

    (sentence,) = [sentence for call, sentence in lines if call == "b1"]
    assert sentence.startswith(
        "waits for others to end their turn: to load b at once would keep them waiting for longer"
    )
    until = machine.scheduler.board.holds["b"]
    assert f"in {until:,.0f} s at the latest" in sentence
    assert machine.scheduler.next_alarm() == until


def test_at_that_time_the_gate_closes() -> None:
    machine = drive(need("a", 60, runs=((1, 3.0),)), need("b", 60, load_s=7.0, runs=((1, 2.0),)))
    machine.call("a1", "a")
    machine.tell(machine.pending.pop())
    machine.call("b1", "b")
    until = machine.scheduler.board.holds["b"]

    machine.tick(until - 0.1)
    assert machine.scheduler.seats["a"].gate is None
    machine.tick(0.2)

    assert machine.scheduler.seats["a"].gate is not None
