"""When the last of some jobs is done on equal devices, at best: exactly for a few of them, a bound for many."""

from __future__ import annotations

from collections.abc import Sequence


def bound_s(seconds: Sequence[float], devices: int) -> float:
    """Nobody can be faster: all devices are busy all the time, and the longest job is not split."""
    return max(sum(seconds) / devices, max(seconds))


def least_s(seconds: Sequence[float], devices: int) -> float:
    """The exact optimum by branch and bound: the longest job first onto each device in turn, devices that are equally
    busy tried once, and a branch left as soon as it cannot beat the best that is known."""
    jobs = sorted(seconds, reverse=True)
    best, floor = _longest_first(jobs, devices), bound_s(jobs, devices)

    def place(number: int, busy: list[float]) -> None:
        nonlocal best
        if number == len(jobs):
            best = min(best, max(busy))
            return
        for device in sorted({until: at for at, until in enumerate(busy)}.values(), key=busy.__getitem__):
            if busy[device] + jobs[number] < best - 1e-12 and best > floor + 1e-12:
                busy[device] += jobs[number]
                place(number + 1, busy)
                busy[device] -= jobs[number]

    place(0, [0.0] * devices)
    return best


def _longest_first(jobs: Sequence[float], devices: int) -> float:
    busy = [0.0] * devices
    for job in jobs:
        busy[busy.index(min(busy))] += job
    return max(busy)
