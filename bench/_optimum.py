"""The least mean latency that anybody could reach who knew the whole trace, on a device that holds one model."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from _traces import Model
from rung.runtime.testing.simulate import Arrival

Label = tuple[float, float]
"""When the device is free, and the sum of latencies until then."""
State = tuple[tuple[int, ...], int]
"""How many calls of each model are answered, and which model is loaded; -1: none."""


@dataclass(frozen=True, slots=True)
class Case:
    """models, and when the calls of each come."""

    models: Sequence[Model]
    times: Sequence[Sequence[float]]

    def after(self, state: State, label: Label) -> Iterator[tuple[State, Label]]:
        """Every batch that could be next. Calls of one model take as long as each other, so the older goes first;
        a switch begins at once, since nobody gains by beginning it later."""
        (counts, held), (free, cost) = state, label
        for number, model in enumerate(self.models):
            left = len(self.times[number]) - counts[number]
            for size in range(1, min(left, model.max_batch) + 1):
                batch = self.times[number][counts[number] : counts[number] + size]
                ended = max(free + self.switch_s(held, number), batch[-1]) + model.speed.run_s(size)
                answered = tuple(count + size * (i == number) for i, count in enumerate(counts))
                yield (answered, number), (ended, cost + sum(ended - at for at in batch))

    def switch_s(self, held: int, number: int) -> float:
        if held == number:
            return 0.0
        return self.models[number].speed.load_s + (self.models[held].speed.unload_s if held >= 0 else 0.0)


def least_mean_s(models: Sequence[Model], trace: Sequence[Arrival]) -> float:
    """Exact: every order of batches and switches, less those that are beaten in time and in cost by another that
    answered the same calls and holds the same model."""
    case = Case(models, [[a.at for a in trace if a.variant == model.name] for model in models])
    start: State = (tuple(0 for _ in models), -1)
    labels: dict[State, list[Label]] = {start: [(0.0, 0.0)]}
    due, seen = [(0, start)], {start}
    while due:
        _, state = heapq.heappop(due)
        for label in labels[state]:
            for following, reached in case.after(state, label):
                labels[following] = _unbeaten([*labels.get(following, ()), reached])
                if following not in seen:
                    seen.add(following)
                    heapq.heappush(due, (sum(following[0]), following))
    whole = tuple(len(times) for times in case.times)
    return min(cost for (counts, _), found in labels.items() if counts == whole for _, cost in found) / len(trace)


def _unbeaten(labels: Sequence[Label]) -> list[Label]:
    kept: list[Label] = []
    for free, cost in sorted(labels):
        if not kept or cost < kept[-1][1] - 1e-12:
            kept.append((free, cost))
    return kept
