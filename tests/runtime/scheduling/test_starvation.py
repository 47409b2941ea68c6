"""Every call is served within a bound that follows from the work that stood before it, whatever comes after it."""

from __future__ import annotations

import math

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.swaps import PATIENCE
from rung.runtime.testing.simulate import Arrival, History, Simulation, Speed

SPEEDS = {
    "quick": Speed(load_s=2.0, unload_s=0.5, each_s=0.5),
    "medium": Speed(load_s=5.0, unload_s=0.5, each_s=1.0),
    "slow": Speed(load_s=7.0, unload_s=0.5, each_s=5.0),
}
SIZES = {"quick": 20, "medium": 50, "slow": 60}
LOAD_S = max(speed.load_s for speed in SPEEDS.values())
UNLOAD_S = max(speed.unload_s for speed in SPEEDS.values())
RUN_S = max(speed.each_s for speed in SPEEDS.values())


def simulate(trace: list[Arrival], budget: int, checked: bool = False) -> History:
    """One call at a time; what things take is known, so that what is reckoned is what happens."""
    needs = [
        Need(variant=name, device="gpu", resident=SIZES[name], load_s=speed.load_s, runs=((1, speed.each_s),))
        for name, speed in SPEEDS.items()
    ]
    return Simulation(Scheduler(needs, {"gpu": budget}, cores=1), SPEEDS, checked).run(trace)


def stood_before(history: History, number: int) -> float:
    """Seconds of running that were asked for before that call and not done when it came."""
    arrived = history.fates[number].arrived
    return sum(SPEEDS[fate.variant].each_s for fate in history.fates[:number] if fate.ended > arrived)


def begun_before(history: History, number: int) -> float:
    """Seconds of running that began while it waited."""
    fate = history.fates[number]
    return sum(
        SPEEDS[variant].each_s
        for at, variant, calls in history.batches
        if fate.arrived <= at <= fate.began and number not in calls
    )


def bound(history: History, number: int) -> float:
    """It is overdue after PATIENCE times what stood before it. From then on only what is older goes before it, and
    what runs while it must wait for memory: while a worker that is being loaded comes up, runs one batch and leaves,
    and its own is loaded; and one batch of each worker, which had begun."""
    own = SPEEDS[history.fates[number].variant]
    ahead = stood_before(history, number)
    return PATIENCE * (ahead + own.load_s + own.each_s) + ahead + 2 * LOAD_S + UNLOAD_S + (len(SPEEDS) + 1) * RUN_S


floods = st.tuples(st.sampled_from(sorted(SPEEDS)), st.floats(0.5, 3.0), st.floats(30, 90))
"""Of which variant, seconds of running asked for per second, and for how long."""
others = st.lists(st.tuples(st.floats(0, 120), st.sampled_from(sorted(SPEEDS))), max_size=12)


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # shrinking: minutes
@example([("medium", 3.0, 60.0), ("slow", 3.0, 104.0)], [], 60)
@given(st.lists(floods, min_size=1, max_size=2), others, st.sampled_from([60, 80, 110]))
def test_no_call_waits_for_more_than_follows_from_the_work_before_it(
    storms: list[tuple[str, float, float]], single: list[tuple[float, str]], budget: int
) -> None:
    trace = [Arrival(at, name) for at, name in single]
    for name, load, lasts in storms:
        gap = SPEEDS[name].each_s / load
        trace += [Arrival(count * gap, name) for count in range(int(lasts / gap))]
    trace.sort(key=lambda arrival: arrival.at)

    history = simulate(trace, budget)

    for number in range(len(trace)):
        assert begun_before(history, number) <= bound(history, number) + 1e-6, f"call {number}"


def test_one_call_among_an_endless_stream_of_another_model_is_served_soon() -> None:
    stream = [Arrival(count * 0.45, "quick") for count in range(700)]
    trace = sorted([*stream, Arrival(30.05, "slow")], key=lambda arrival: arrival.at)

    history = simulate(trace, budget=60)

    (number,) = (number for number, arrival in enumerate(trace) if arrival.variant == "slow")
    assert history.fates[number].wait_s < 120


mixed = st.lists(
    st.tuples(st.floats(0, 60), st.sampled_from(sorted(SPEEDS)), st.sampled_from([8.0, 15.0, 40.0, math.inf])),
    min_size=1,
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(mixed, st.sampled_from([60, 80, 110]))
def test_with_deadlines_among_them_every_call_is_answered_or_ended_at_its_deadline(
    calls: list[tuple[float, str, float]], budget: int
) -> None:
    trace = [Arrival(at, name, deadline) for at, name, deadline in sorted(calls)]

    history = simulate(trace, budget, checked=True)

    for fate, arrival in zip(history.fates, trace, strict=True):
        assert fate.error in ("", "deadline")
        assert fate.latency_s <= arrival.deadline_s + 1e-6
        assert fate.error == "" or arrival.deadline_s < math.inf
