"""Models that do not fit together, in virtual time: Rung's scheduler beside the rules that its peers follow.

The machines and traces are those of `_traces.py`: three boxes, three kinds of arrivals, SEEDS seeds each; the same
seconds for loads, unloads and batches under every rule. Rung is the real scheduler, which learns those seconds as it
goes. The rules are those of `_plain.py`:

- first-come: one queue, strictly in order; who was loaded first leaves first
- LRU: one queue, strictly in order (as Ollama's); the least recently used leaves
- count LRU: the same with a number of models in place of bytes (as Ray Serve's and Roboflow's); the number is the
  largest that is safe for any of them
- smallest first: the same, the smallest leave (as InvokeAI's)
- loaded-first LRU: calls of loaded models go at once, the others wait until enough of them are idle (as llama-swap's).
  It serves until nothing is left, which is good for the mean and starves whoever waits meanwhile: no guard at all

A ratio is the geometric mean over boxes and seeds. The optimum knows the whole trace beforehand and is exact; it is
reckoned for the box that holds one model, on many short traces: see `_optimum.py`. What it says of loaded-first LRU is
how much of it anybody could gain.

The last part gives some calls a deadline. Rung ends a call at its deadline; "not told" is Rung that knows of none, and
like the other rules it answers late calls too.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from _optimum import least_mean_s
from _plain import Plain, oldest, smallest, unused
from _report import Figure, report
from _traces import BOXES, TIMES, Box, Model, trace
from rung.runtime.scheduling.need import Need
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.testing.simulate import Arrival, History, Simulation

HOURS = 2.0
SEEDS = (1, 2, 3)
DEADLINE_S = 30.0
PRESSING = 0.3
"""Share of the calls that have this deadline."""
SHORT_CASES = 60
SHORT_CALLS = 24

Rule = Callable[[Box, Sequence[Arrival]], History]


def rung(box: Box, calls: Sequence[Arrival], *, profiled: bool = False) -> History:
    """The real scheduler, which is told the bytes, and of the seconds nothing, or what a profile says."""
    needs = [need_of(model, profiled) for model in box.models]
    scheduler = Scheduler(needs, {"gpu": int(box.budget_gb * 1e9)}, cores=1)
    return Simulation(scheduler, {model.name: model.speed for model in box.models}).run(calls)


def need_of(model: Model, profiled: bool) -> Need:
    need = Need(variant=model.name, device="gpu", resident=int(model.gb * 1e9), max_batch=model.max_batch)
    if not profiled:
        return need
    runs = tuple((calls, model.speed.run_s(calls)) for calls in (1, 2))
    return replace(need, load_s=model.speed.load_s, runs=runs)


def plain(box: Box, calls: Sequence[Arrival], **rule: object) -> History:
    return Plain(box, **rule).run(calls)  # type: ignore[arg-type]


def counted(box: Box, calls: Sequence[Arrival]) -> History:
    largest = sorted((model.gb for model in box.models), reverse=True)
    safe = max(count for count in range(1, len(largest) + 1) if sum(largest[:count]) <= box.budget_gb)
    return Plain(box, unused, "arrival", most=safe).run(calls)


RULES: dict[str, Rule] = {
    "rung": rung,
    "first-come": partial(plain, evict=oldest, how="arrival"),
    "LRU": partial(plain, evict=unused, how="arrival"),
    "count LRU": counted,
    "smallest first": partial(plain, evict=smallest, how="arrival"),
    "loaded-first LRU": partial(plain, evict=unused, how="loaded-first"),
}


def mean_s(history: History) -> float:
    return statistics.fmean(fate.latency_s for fate in history.fates)


def p99_wait_s(history: History) -> float:
    waits = sorted(fate.wait_s for fate in history.fates)
    return waits[int(len(waits) * 0.99)]


def loads(history: History) -> float:
    return len(history.loads)


MEASURES: dict[str, Callable[[History], float]] = {"mean": mean_s, "p99": p99_wait_s, "loads": loads}
Found = dict[str, dict[str, list[float]]]
"""By measure, by rule: one figure for each box and seed."""


def run(kind: str) -> Found:
    found: Found = {measure: {name: [] for name in RULES} for measure in MEASURES}
    for name, box in BOXES.items():
        for seed in SEEDS:
            calls = trace(kind, seed, HOURS, box.models)
            histories = {rule: simulate(box, calls) for rule, simulate in RULES.items()}
            for measure, of in MEASURES.items():
                for rule, history in histories.items():
                    found[measure][rule].append(of(history))
            said = "   ".join(f"{r} {mean_s(h):.1f}, {p99_wait_s(h):.0f}, {len(h.loads)}" for r, h in histories.items())
            print(f"{kind} {name} {seed} ({len(calls)} calls; mean s, p99 wait s, loads): {said}", flush=True)
    return found


def ratios(found: Found, measure: str, rule: str) -> list[float]:
    """By how much the rule's figure is larger than Rung's, for each box and seed."""
    pairs = zip(found[measure][rule], found[measure]["rung"], strict=True)
    return [theirs / ours for theirs, ours in pairs]


def figures_of(kind: str, found: Found) -> list[Figure]:
    goals = {"first-come": 3.0, "LRU": 1.5} if kind == "bursty" else {}
    figures = []
    for rule in [name for name in RULES if name != "rung"]:
        means, waits, swaps = (ratios(found, measure, rule) for measure in MEASURES)
        value, goal = statistics.geometric_mean(means), goals.get(rule)
        figures += [
            Figure(
                name=f"{kind}: mean latency of {rule} over Rung's",
                value=value, unit="x", goal=f">= {goal:g}" if goal else "", holds=value >= goal if goal else None,
            ),
            Figure(name=f"{kind}: the same, least of all boxes and seeds", value=min(means), unit="x"),
        ]  # fmt: skip
        value = statistics.geometric_mean(waits)
        figures += [
            Figure(
                name=f"{kind}: p99 wait of {rule} over Rung's",
                value=value, unit="x", goal=">= 1" if goal else "", holds=value >= 1 if goal else None,
            ),
            Figure(name=f"{kind}: loads of {rule} over Rung's", value=statistics.geometric_mean(swaps), unit="x"),
        ]  # fmt: skip
    return figures


def deadlines() -> list[Figure]:
    """Some calls of the bursts must be answered within DEADLINE_S: how many are not, and what it costs the others."""
    names = ("rung", "rung, not told", "loaded-first LRU", "LRU", "first-come")
    missed: dict[str, list[float]] = {name: [] for name in names}
    means: dict[str, list[float]] = {name: [] for name in names}
    for box in BOXES.values():
        calls = trace("bursty", SEEDS[0], HOURS, box.models)
        source = random.Random(SEEDS[0])
        told = [replace(call, deadline_s=DEADLINE_S) if source.random() < PRESSING else call for call in calls]
        for name in names:
            fates = RULES[name.partition(",")[0]](box, told if name == "rung" else calls).fates
            pairs = [(fate, call.deadline_s) for fate, call in zip(fates, told, strict=True)]
            missed[name] += [bool(f.error) or f.latency_s > limit for f, limit in pairs if limit < math.inf]
            means[name].append(statistics.fmean(f.latency_s for f, limit in pairs if limit == math.inf))
    return [
        figure
        for name in names
        for figure in (
            Figure(name=f"deadlines: {name}, missed", value=100 * statistics.fmean(missed[name]), unit="%"),
            Figure(
                name=f"deadlines: {name}, mean latency of the others",
                value=statistics.geometric_mean(means[name]), unit="s",
            ),
        )
    ]  # fmt: skip


def short_trace(box: Box, seed: int) -> list[Arrival]:
    source = random.Random(seed)
    span = source.choice([40.0, 80.0, 160.0])
    calls = [Arrival(source.uniform(0, span), source.choice(box.models).name) for _ in range(SHORT_CALLS)]
    return sorted(calls, key=lambda call: call.at)


def optimum() -> list[Figure]:
    """On short traces of the box that holds one model at a time."""
    box = BOXES["three"]
    rules = {"rung, profiled": partial(rung, profiled=True)}
    rules |= {name: RULES[name] for name in ("rung", "loaded-first LRU", "LRU")}
    over: dict[str, list[float]] = {name: [] for name in rules}
    for seed in range(SHORT_CASES):
        calls = short_trace(box, seed)
        least = least_mean_s(box.models, calls)
        for name, found in over.items():
            found.append(mean_s(rules[name](box, calls)) / least)
            assert found[-1] > 1 - 1e-9, "nobody is better than the optimum"
    return [
        Figure(name=f"{SHORT_CALLS} calls: mean latency of {name} over the optimum", value=value, unit="x")
        for name, found in over.items()
        for name, value in ((name, statistics.geometric_mean(found)), (f"{name}, at worst,", max(found)))
    ]


def main() -> None:
    figures = [figure for kind in TIMES for figure in figures_of(kind, run(kind))]
    report("thrash", [*figures, *deadlines(), *optimum()], [])


if __name__ == "__main__":
    main()
