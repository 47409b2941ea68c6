"""Fan-out on four devices, the real scheduler in virtual time: how far the last answer is from the best possible.

1. Objects whose durations are lognormal (median 6.7 s, sigma 0.5), 20 seeds: the makespan over the exact optimum for
   12 of them, over the bound for 100. In the order of `fan_out`, which begins the larger ones first where sizes are
   known (here they tell the duration to about 25 %, then to a factor of 1.65), and in the order of arrival, where
   nobody knows. What not knowing costs whoever decides is the figure beside it: durations that are drawn alike make
   every order as good as one by chance, so nothing but knowledge makes it better.
2. Pictures through two stages on a device that holds one model: how often a model is loaded.
3. 4 pictures with 3 objects each through Furniture's own pipeline, from its request to its answer.
4. The replaced system's six scenarios by its claimed durations, beside one after the other and beside its own table,
   which does not follow from them.
"""

from __future__ import annotations

import heapq
import random
import statistics
from collections.abc import Callable, Iterator, Sequence

from _flat import of_pipeline
from _makespan import bound_s, least_s
from _report import Figure, report
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing.simulate import Arrival, History, Simulation, Speed

DEVICES = tuple(f"cuda:{number}" for number in range(4))
SEEDS = 20
GOAL = 1.10
MEDIAN, SIGMA, BLUR, FOG = 1.9, 0.5, 0.25, 0.5
"""Of the durations' logarithms; how wrong a size is about its duration, and one that says little."""
CHANCES = 100
LOAD_S = 5.0
SCENARIOS = {(1, 1): 8, (1, 3): 21, (4, 1): 9, (4, 3): 22, (10, 3): 54, (10, 5): 89}
"""Pictures x objects -> seconds, as the replaced system's own table says."""
DETECT_S, OBJECT_S = 1.0, 7.0
OLD_DETECT_S, OLD_OBJECT_S = 5.0 + 3.0 + 1.0, 150.0


def main() -> None:
    figures = [*of_makespans(), *of_two_stages(), *of_pipeline(), *of_scenarios()]
    report("fanout", figures, ())


# --- one stage ----------------------------------------------------------------------------------------


def of_makespans() -> Iterator[Figure]:
    for count, best, name in ((12, least_s, "the optimum"), (100, bound_s, "the bound")):
        for order, known in (("larger first", True), ("order of arrival", False)):
            ratios = [ratio(seed, count, best, known=known) for seed in range(SEEDS)]
            mean, most = statistics.mean(ratios), max(ratios)
            what = f"{count} objects, {order}: makespan over {name}"
            yield Figure(name=f"{what}, mean", value=mean, unit="x", goal=f"<= {GOAL:.2f}", holds=mean <= GOAL)
            yield Figure(name=f"{what}, worst of {SEEDS}", value=most, unit="x")
    yield from _of_knowing_less()
    ratios = [_cold_ratio(seed) for seed in range(SEEDS)]
    name = f"12 objects, larger first, loads of {LOAD_S:g} s included: over the optimum, mean"
    mean = statistics.mean(ratios)
    yield Figure(name=name, value=mean, unit="x", goal=f"<= {GOAL:.2f}", holds=mean <= GOAL)


def _of_knowing_less() -> Iterator[Figure]:
    """What sizes are worth that say little, and what it costs to know nothing, whoever decides."""
    ratios = [ratio(seed, 12, least_s, known=True, blur=FOG) for seed in range(SEEDS)]
    name, mean = "12 objects, larger first by sizes that say little: over the optimum, mean", statistics.mean(ratios)
    yield Figure(name=name, value=mean, unit="x", goal=f"<= {GOAL:.2f}", holds=mean <= GOAL)
    name = f"12 objects, {CHANCES} orders by chance: over the optimum, mean"
    yield Figure(name=name, value=statistics.mean(map(by_chance, range(SEEDS))), unit="x")


def by_chance(seed: int) -> float:
    """The mean makespan over the optimum when each device that is free takes any of the rest."""
    seconds, _ = _objects(seed, 12)
    best, dice = least_s(seconds, len(DEVICES)), random.Random(seed)
    return statistics.mean(_dealt(dice.sample(seconds, len(seconds))) / best for _ in range(CHANCES))


def _dealt(seconds: Sequence[float]) -> float:
    free = [0.0] * len(DEVICES)
    for second in seconds:
        heapq.heapreplace(free, free[0] + second)
    return max(free)


def _objects(seed: int, count: int, blur: float = BLUR) -> tuple[list[float], list[float]]:
    """Durations, and the sizes that tell them more or less."""
    dice = random.Random(seed)
    seconds = [dice.lognormvariate(MEDIAN, SIGMA) for _ in range(count)]
    return seconds, [second * dice.lognormvariate(0.0, blur) for second in seconds]


def ratio(
    seed: int, count: int, best: Callable[[Sequence[float], int], float], *, known: bool, blur: float = BLUR
) -> float:
    seconds, sizes = _objects(seed, count, blur)
    return _makespan_s(_in_order(seconds, sizes if known else None), 0.0) / best(seconds, len(DEVICES))


def _cold_ratio(seed: int) -> float:
    seconds, sizes = _objects(seed, 12)
    best = min(LOAD_S + least_s(seconds, devices) for devices in range(1, len(DEVICES) + 1))
    return _makespan_s(_in_order(seconds, sizes), LOAD_S) / best


def _in_order(seconds: Sequence[float], sizes: Sequence[float] | None) -> list[float]:
    if sizes is None:
        return list(seconds)
    return [second for _, second in sorted(zip(sizes, seconds, strict=True), key=lambda pair: -pair[0])]


def _makespan_s(seconds: Sequence[float], load_s: float) -> float:
    needs = [Need(variant="object", device=device, resident=10, threads=0) for device in DEVICES]
    machine = _machine(needs, {"object": Speed(load_s=load_s, each_s=OBJECT_S)})
    if not load_s:
        _warm(machine)
    return _ended_s(machine.run([Arrival(0.0, "object", takes_s=one) for one in seconds]))


# --- two stages ---------------------------------------------------------------------------------------


def of_two_stages() -> Iterator[Figure]:
    for pictures in (4, 20, 100):
        loads = len(through_two(pictures).loads)
        name = f"{pictures} pictures through A, then B, on a device that holds one: loads"
        yield Figure(name=name, value=loads, unit="", goal="2", holds=loads == 2)


def through_two(pictures: int) -> History:
    needs = [Need(variant=name, device=DEVICES[0], resident=60, threads=0) for name in "AB"]
    machine = _machine(needs, dict.fromkeys("AB", Speed(load_s=LOAD_S, each_s=1.0, unload_s=0.3)))
    machine.follow = lambda number, now: [Arrival(now, "B")] if number < pictures else []
    return machine.run([Arrival(0.0, "A")] * pictures)


# --- the replaced system's scenarios ------------------------------------------------------------------


def of_scenarios() -> Iterator[Figure]:
    for (pictures, objects), claimed in SCENARIOS.items():
        name = f"{pictures} x {objects}"
        ours, best = scenario_s(pictures, objects), _scenario_bound_s(pictures, objects)
        one_by_one = pictures * (DETECT_S + objects * OBJECT_S)
        old = pictures * (OLD_DETECT_S + objects * OLD_OBJECT_S)
        yield Figure(name=f"{name}, 4 devices", value=ours, unit="s", goal=f"<= {GOAL * best:.1f}",
                     holds=ours <= GOAL * best)  # fmt: skip
        yield Figure(name=f"{name}, one after the other", value=one_by_one, unit="s")
        yield Figure(name=f"{name}, one after the other over 4 devices", value=one_by_one / ours, unit="x")
        yield Figure(name=f"{name}, one after the other with its old durations", value=old, unit="s")
        yield Figure(name=f"{name}, its own table", value=claimed, unit="s")


def scenario_s(pictures: int, objects: int) -> float:
    """Each device has one worker for both stages and does one thing at a time."""
    needs = [
        Need(variant=name, device=device, group="furniture", resident=10, threads=0)
        for device in DEVICES
        for name in ("detect", "object")
    ]
    machine = _machine(needs, dict.fromkeys(("furniture", "detect", "object"), Speed(load_s=0.0, each_s=OBJECT_S)))
    found = [Arrival(0.0, "detect", takes_s=DETECT_S)] * pictures
    machine.follow = lambda number, now: [
        Arrival(now, "object", takes_s=OBJECT_S) for _ in range(objects if number < pictures else 0)
    ]
    _warm(machine)
    return _ended_s(machine.run(found))


def _scenario_bound_s(pictures: int, objects: int) -> float:
    """Nobody can be faster: the work is spread evenly, and some device has at least its share of whole objects to do,
    which begin when the first picture is seen."""
    rounds = -(-pictures * objects // len(DEVICES))
    spread = pictures * (DETECT_S + objects * OBJECT_S) / len(DEVICES)
    return max(spread, DETECT_S + rounds * OBJECT_S)


# --- the machine --------------------------------------------------------------------------------------


def _machine(needs: Sequence[Need], speeds: dict[str, Speed]) -> Simulation:
    return Simulation(Scheduler(needs, dict.fromkeys(DEVICES, 100), cores=len(DEVICES)), speeds, checked=True)


def _warm(machine: Simulation) -> None:
    """Every seat is loaded before the first call."""
    machine.expect(happened.LoadAsked(seat, -1.0) for seat in machine.scheduler.seats)


def _ended_s(history: History) -> float:
    assert not [fate for fate in history.fates if fate.error], "a call failed"
    return max(fate.ended for fate in history.fates)


if __name__ == "__main__":
    main()
