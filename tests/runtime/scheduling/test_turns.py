"""Workers that need all cores take turns, in virtual time: whoever asks waits for one turn of each other one."""

from __future__ import annotations

import random

import pytest

from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing.simulate import Arrival, Simulation, Speed

NAMES = ("a", "b", "c", "d")
TURN_S, BACK_S = 0.005, 0.0003
"""A call, and the time until its caller asks again."""


def waits(noise: float, calls: int = 800) -> list[float]:
    """Seconds from asking to the answer, of four callers who each ask one variant as fast as they are answered."""
    dice = random.Random(1)
    needs = [Need(variant=name, device="cpu", resident=1, threads=2) for name in NAMES]
    speeds = dict.fromkeys(NAMES, Speed(load_s=0.0, each_s=TURN_S))
    machine = Simulation(Scheduler(needs, {"cpu": 10}, cores=2), speeds, checked=True)
    machine.expect(happened.LoadAsked(name, -1.0) for name in NAMES)

    def takes_s() -> float:
        return TURN_S * dice.lognormvariate(0.0, noise)

    def again(number: int, now: float) -> list[Arrival]:
        if len(machine.history.fates) >= calls:
            return []
        return [Arrival(now + BACK_S, machine.history.fates[number].variant, takes_s=takes_s())]

    machine.follow = again
    machine.run([Arrival(0.0, name, takes_s=takes_s()) for name in NAMES])
    return sorted(fate.latency_s for fate in machine.history.fates[:-10])


@pytest.mark.parametrize(("noise", "most"), [(0.0, 1.0), (0.1, 1.25)])
def test_nobody_waits_for_more_than_one_turn_of_each_other_one(noise: float, most: float) -> None:
    latencies = waits(noise)

    assert latencies[-1] <= most * len(NAMES) * TURN_S
    assert latencies[len(NAMES)] >= (len(NAMES) - 1) * TURN_S * (1 - 3 * noise), "and each of them had one"
