"""Whatever happens, in whatever order: promises hold after each event, and every call ends."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rung.runtime.errors import LoadFailed as LoadError
from rung.runtime.scheduling.events import CallCancelled, LoadAsked, Pinned, UnloadAsked
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.seats import Need
from rung.runtime.testing import Drive

NAMES = ("a", "b", "c", "d")
NEEDS = (
    Need(variant="a", device="cpu", peak=60, threads=2, limit_s=20),
    Need(variant="b", device="cpu", peak=50, threads=1),
    Need(variant="c", device="cpu", peak=30, threads=0, max_concurrent=3, max_batch=2),
    Need(variant="d", device="cuda:0", peak=80, threads=1),
)
moves = st.lists(
    st.tuples(
        st.sampled_from(
            ["call", "call", "call", "finish", "finish", "finish-late", "cancel", "tick", "load", "unload", "crash"]
        ),
        st.sampled_from(NAMES),
        st.integers(0, 30),
    ),
    max_size=60,
)


def play(machine: Drive, step: int, move: tuple[str, str, int]) -> None:
    kind, name, number = move
    now = machine.clock.now
    match kind:
        case "call":
            machine.call(f"{step}", name, deadline=5 + number)
        case "finish" if machine.pending:
            machine.tell(machine.pending.pop(0))
        case "finish-late" if machine.pending:
            machine.tell(machine.pending.pop(number % len(machine.pending)))
        case "cancel":
            machine.tell(CallCancelled(str(number), now))
        case "tick":
            machine.tick(number / 4)
        case "load":
            machine.tell(LoadAsked(name, now))
        case "unload":
            machine.tell(UnloadAsked(name, now))


@settings(max_examples=400, deadline=None)
@given(moves, st.sets(st.integers(0, 60)), st.booleans())
def test_promises_hold_after_each_event_and_every_call_ends(
    script: list[tuple[str, str, int]], poison: set[int], broken: bool
) -> None:
    machine = Drive(Scheduler(NEEDS, {"cpu": 100, "cuda:0": 100}, cores=2))
    machine.crash_on = lambda call: int(call) in poison
    machine.fail_load = lambda variant: LoadError("broken") if broken and variant == "b" else None
    cancelled = {str(n) for kind, _, n in script if kind == "cancel"}

    for step, move in enumerate(script):
        play(machine, step, move)
    machine.settle()

    asked = {str(i) for i, (kind, _, _) in enumerate(script) if kind == "call"}
    assert asked - set(machine.done) - set(machine.failed) - cancelled == set()
    assert not machine.scheduler._calls


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=40))
def test_under_an_endless_stream_for_one_variant_the_other_is_served(
    names: list[str],
) -> None:
    machine = Drive(Scheduler(NEEDS, {"cpu": 100, "cuda:0": 100}, cores=2))
    for i, name in enumerate(names):
        machine.call(str(i), name)
    machine.call("last", "b")

    for i in range(200):
        if "last" in machine.done:
            break
        machine.call(f"flood{i}", "a")
        if machine.pending:
            machine.tell(machine.pending.pop(0))

    assert "last" in machine.done


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["a", "b"]), st.integers(1, 5))
def test_what_is_pinned_is_never_unloaded_for_another(pinned: str, calls: int) -> None:
    machine = Drive(Scheduler(NEEDS, {"cpu": 100, "cuda:0": 100}, cores=2))
    machine.tell(Pinned(pinned, True, 0))
    machine.call("p", pinned)
    machine.settle()

    for i in range(calls):
        machine.call(str(i), "b" if pinned == "a" else "a")
        machine.settle()

    assert pinned not in machine.unloads
