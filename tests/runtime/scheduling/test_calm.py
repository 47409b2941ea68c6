"""What is not looked at in a calm would have decided nothing: of two schedulers one looks always."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import need
from test_scheduler_properties import AHEAD, BUDGETS, KINDS, NAMES, NEEDS, moves, play, settle

from rung.runtime.errors import LoadFailed as LoadError
from rung.runtime.errors import OutOfMemory
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.commands import Command, Swap
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing import Drive


class Thorough(Scheduler):
    """Never calm."""

    def handle(self, *events: happened.Event) -> list[Command]:
        self._calm_until = -math.inf
        return super().handle(*events)


class Doubled(Scheduler):
    """Asks a thorough one beside it. calm: how often it did not look at everything."""

    def __init__(self, *given: object, **more: object) -> None:
        super().__init__(*given, **more)  # type: ignore[arg-type]
        self.other = Thorough(*given, **more)  # type: ignore[arg-type]
        self.calm = 0

    def handle(self, *events: happened.Event) -> list[Command]:
        self.calm += self._calm_until > -math.inf
        commands = super().handle(*events)
        assert list(map(words, commands)) == list(map(words, self.other.handle(*events)))
        due = self.next_alarm()
        assert due == self.other.next_alarm()
        assert self.ring_by() <= (math.inf if due is None else due)
        assert {name: seat.held for name, seat in self.seats.items()} == {
            name: seat.held for name, seat in self.other.seats.items()
        }
        return commands


def words(command: Command) -> str:
    """A command as text: the errors in it are equal when they say the same."""
    return f"{type(command).__name__} {[getattr(command, name) for name in type(command).__slots__]}"


@settings(max_examples=500, deadline=None)
@given(moves, st.sets(st.integers(0, 80)), st.sets(st.integers(0, 80)), AHEAD)
def test_nothing_is_decided_otherwise_because_it_is_calm(
    script: list[tuple[str, str, int]], poison: set[int], short: set[int], ahead_s: float
) -> None:
    machine = Drive(Doubled(NEEDS, BUDGETS, cores=2, ahead_s=ahead_s))
    machine.crash_on = lambda call: int(call) in poison
    machine.short_on = lambda call: OutOfMemory("no") if int(call) in short else None

    for step, move in enumerate(script):
        play(machine, step, move)
    settle(machine)


@pytest.mark.parametrize("seed", range(6))
def test_nor_over_long_and_mostly_quiet_histories(seed: int) -> None:
    dice = random.Random(seed)
    scheduler = Doubled(NEEDS, BUDGETS, cores=2, ahead_s=seed % 2 * 1e9)
    machine = Drive(scheduler)
    machine.fail_load = lambda variant: dice.choice([LoadError("no"), *[None] * 18])
    rare = [0.05 * dice.random() for _ in KINDS]
    weights = [1.0 if kind in ("call", "finish", "finish-together") else r for kind, r in zip(KINDS, rare, strict=True)]
    names = dice.sample(NAMES, 2)
    for step in range(500):
        play(machine, step, (dice.choices(KINDS, weights)[0], dice.choice(names), dice.randrange(31)))
    settle(machine)

    assert not scheduler.board.calls


def test_a_busy_model_in_memory_is_a_calm() -> None:
    scheduler = Doubled([need("a", max_batch=2), need("b")], {"cpu": 100}, 2)
    machine = Drive(scheduler)
    machine.call("first", "a")
    machine.settle()
    before = scheduler.calm
    for number in range(20):
        machine.call(str(number), "a")
        machine.call(f"{number}b", "a")
        machine.tell(machine.pending.pop(0))
    machine.settle()

    assert scheduler.calm - before >= 60


def test_a_replacement_whose_reason_has_gone_takes_over_all_the_same() -> None:
    machine = Drive(Doubled([need("a", soft_limit=20)], {"cpu": 100}, 2))
    for call in "1234":
        machine.call(call, "a")
        machine.settle()
    machine.tell(happened.MemorySeen("a", 60, 0.0))
    machine.tell(happened.MemorySeen("a", 10, 0.0))
    machine.call("5", "a")
    done = machine.pending.pop()
    machine.settle()

    assert Swap("a") in machine.tell(done)
