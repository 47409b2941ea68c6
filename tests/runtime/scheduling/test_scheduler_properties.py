"""Whatever happens, in whatever order: promises hold after each event, and every call ends."""

from __future__ import annotations

import random
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rung.runtime.errors import LoadFailed as LoadError
from rung.runtime.errors import OutOfMemory
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.story import story
from rung.runtime.testing import Drive

NAMES = ("a", "b", "c", "d", "e", "f", "g")
"""Of these e has a replica, and f and g are a group."""
NEEDS = (
    Need(variant="a", device="cpu", resident=60, threads=2, limit_s=20, hard_limit=100, max_calls=5),
    Need(variant="b", device="cpu", resident=50, threads=1, soft_limit=60, ttl_s=4),
    Need(
        variant="c",
        device="cpu",
        resident=20,
        working=10,
        threads=0,
        max_concurrent=3,
        max_batch=4,
        soft_limit=40,
        max_calls=9,
    ),
    Need(variant="d", device="cuda:0", resident=70, working=10, ram=20, threads=1),
    Need(variant="e", device="cuda:0", resident=40, threads=0, max_calls=6),
    Need(variant="e", device="cuda:1", resident=40, threads=0, max_calls=6),
    Need(variant="f", device="cuda:1", group="fg", resident=50, threads=0, max_batch=2),
    Need(variant="g", device="cuda:1", group="fg", resident=50, threads=1, limit_s=9),
)
BUDGETS = {"cpu": 100, "cuda:0": 100, "cuda:1": 100}
KINDS = (
    *("call",) * 6,
    *("finish",) * 4,
    *("finish-together",) * 2,
    *("finish-late", "cancel", "tick", "load", "unload", "crash", "oom", "template", "died-loading", "memory", "pin"),
    *("budget", "denied", "short-loading", "life", "ram"),
)
moves = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(NAMES), st.integers(0, 30)), max_size=80)


AHEAD = st.sampled_from([0.0, 1e9])
"""Nothing is sent ahead, or everything that may be."""


def play(machine: Drive, step: int, move: tuple[str, str, int]) -> None:
    kind, name, number = move
    now = machine.clock.now
    line = machine.scheduler.board.line_of(name)
    seat = line.seats[number % len(line.seats)]  # type: ignore[union-attr]
    match kind:
        case "call":
            working = number * 2 if step % 3 == 0 else 0
            machine.call(f"{step}", name, deadline=5 + number, working=working, replaceable=step % 4 == 0)
        case "finish" if machine.pending:
            machine.tell(machine.pending.pop(0))
        case "finish-together" if machine.pending:
            finish_together(machine)
        case "finish-late" if machine.pending:
            machine.tell(machine.pending.pop(number % len(machine.pending)))
        case "cancel":
            machine.tell(happened.CallCancelled(str(number), now))
        case "tick":
            machine.tick(number / 4)
        case "load":
            machine.tell(happened.LoadAsked(seat.name, now, until=now + number - 10))
        case "unload":
            machine.tell(happened.UnloadAsked(seat.name, now))
        case "pin":
            machine.tell(happened.Pinned(seat.name, number < 3, now))
        case "life":
            machine.tell(happened.LifeSet(seat.name, None if number < 10 else number / 4, now))
        case "memory":
            machine.tell(happened.MemorySeen(seat.name, number * 4, now))
        case "ram":
            machine.tell(happened.RamSeen(seat.name, number * 2, now))
        case "crash" | "oom" | "template" if seat.state == "ready":
            machine.die(seat.name, f"{kind} by a test", "" if kind == "crash" else kind)
        case "budget":
            machine.tell(happened.BudgetSeen(seat.need.device, 40 + number * 3, now))
        case "died-loading":
            instead(machine, happened.LoadFailed(seat.name, LoadError("killed"), now, died=True))
        case "short-loading":
            instead(machine, happened.LoadFailed(seat.name, OutOfMemory("no"), now))
        case "denied":
            instead(machine, happened.LoadDenied(seat.name, seat.need.device, 30 + number * 3, now))


def finish_together(machine: Drive) -> None:
    """What the next answers say that follow each other, as when a batch ends."""
    answers = happened.CallDone | happened.CallShort
    together = list(takewhile(lambda event: isinstance(event, answers), machine.pending)) or machine.pending[:1]
    del machine.pending[: len(together)]
    machine.tell(*together)


def instead(machine: Drive, end: happened.LoadFailed | happened.LoadDenied) -> None:
    """The load ends so, where one is under way."""
    done = happened.LoadDone | happened.LoadFailed
    loads = [event for event in machine.pending if isinstance(event, done) and event.seat == end.seat]
    for event in loads:
        machine.pending.remove(event)
        machine.tell(end)


def settle(machine: Drive) -> None:
    """All that is under way, and what time alone brings."""
    machine.settle()
    while (due := machine.scheduler.next_alarm()) is not None:
        machine.tick(due - machine.clock.now)
        machine.settle()


def told(machine: Drive) -> list[tuple[str, str]]:
    """Has the story of every event made beside it."""
    lines: list[tuple[str, str]] = []
    board = machine.scheduler.board
    machine.scheduler._record = lambda event, commands: lines.extend(story(event, commands, board))
    return lines


@settings(max_examples=600, deadline=None)
@given(moves, st.sets(st.integers(0, 80)), st.sets(st.integers(0, 80)), st.booleans(), st.booleans(), AHEAD)
def test_promises_hold_after_each_event_and_every_call_ends(
    script: list[tuple[str, str, int]], poison: set[int], short: set[int], broken: bool, no_spare: bool, ahead_s: float
) -> None:
    machine = Drive(Scheduler(NEEDS, BUDGETS, cores=2, ahead_s=ahead_s))
    lines = told(machine)
    machine.crash_on = lambda call: int(call) in poison
    machine.short_on = lambda call: OutOfMemory("no") if int(call) in short else None
    machine.fail_load = lambda variant: LoadError("broken") if broken and variant == "b" else None
    machine.fail_spare = lambda variant: no_spare
    cancelled = {str(n) for kind, _, n in script if kind == "cancel"}

    for step, move in enumerate(script):
        play(machine, step, move)
    settle(machine)

    asked = {str(i) for i, (kind, _, _) in enumerate(script) if kind == "call"}
    assert asked - set(machine.done) - set(machine.failed) - cancelled == set()
    assert cancelled <= set(machine.let_go) | set(machine.failed) | set(machine.done)
    assert not machine.scheduler.board.calls
    assert {call for call, _ in lines} <= asked | cancelled
    assert machine.scheduler.next_alarm() is None


@pytest.mark.parametrize("seed", range(8))
def test_promises_hold_over_long_histories(seed: int) -> None:
    dice = random.Random(seed)
    machine = Drive(Scheduler(NEEDS, BUDGETS, cores=2, ahead_s=seed % 2 * 1e9))
    machine.crash_on = lambda call: int(call) % 37 == 0
    machine.short_on = lambda call: OutOfMemory("no") if int(call) % 23 == 0 else None
    machine.fail_spare = lambda variant: dice.random() < 0.3
    machine.fail_load = lambda variant: dice.choice([LoadError("no"), OutOfMemory("no"), *[None] * 18])
    weights = [dice.random() for _ in KINDS]
    moves = [(kind, dice.choice(NAMES), dice.randrange(31)) for kind in dice.choices(KINDS, weights, k=600)]

    for step, move in enumerate(moves):
        play(machine, step, move)
    settle(machine)

    assert not machine.scheduler.board.calls


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=40), AHEAD)
def test_under_an_endless_stream_for_one_variant_the_other_is_served(
    names: list[str],
    ahead_s: float,
) -> None:
    machine = Drive(Scheduler(NEEDS, BUDGETS, cores=2, ahead_s=ahead_s))
    for i, name in enumerate(names):
        machine.call(str(i), name)
    machine.call("last", "b")

    for i in range(200):
        if "last" in machine.done:
            break
        machine.call(f"flood{i}", "a")
        machine.clock.advance(0.5)
        if machine.pending:
            machine.tell(machine.pending.pop(0))

    assert "last" in machine.done


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=25),
    st.integers(1, 4),
    st.integers(1, 2),
    st.sampled_from([0, 1]),
)
def test_innocent_calls_are_all_answered_whatever_is_among_them(
    calls: list[tuple[bool, int]], max_batch: int, at_once: int, threads: int
) -> None:
    needs = [Need(variant="a", device="cpu", resident=10, max_batch=max_batch, max_concurrent=at_once, threads=threads)]
    machine = Drive(Scheduler(needs, {"cpu": 30}, cores=4, ahead_s=1e9))
    machine.crash_on = lambda call: call.startswith("poison")
    machine.call("innocent", "a")
    machine.settle()

    for i, (guilty, finished) in enumerate(calls):
        machine.call(f"{'poison' if guilty else 'good'}{i}", "a")
        for _ in range(finished):
            if machine.pending:
                machine.tell(machine.pending.pop(0))
    machine.settle()

    assert {call.rstrip("0123456789") for call in machine.failed} <= {"poison"}
    assert len([call for call in machine.done if call.startswith("good")]) == sum(not guilty for guilty, _ in calls)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["a", "b"]), st.integers(1, 5))
def test_what_is_pinned_is_never_unloaded_for_another(pinned: str, calls: int) -> None:
    machine = Drive(Scheduler(NEEDS, BUDGETS, cores=2))
    machine.tell(happened.Pinned(pinned, True, 0))
    machine.call("p", pinned)
    machine.settle()

    for i in range(calls):
        machine.call(str(i), "b" if pinned == "a" else "a")
        machine.settle()

    assert pinned not in machine.unloads
