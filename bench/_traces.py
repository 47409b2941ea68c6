"""The machines and the traces of the thrash bench: fixed before the policy was tried on them, seeded, never tuned."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rung.runtime.testing.simulate import Arrival, Speed

READ_GBPS = 2.0
"""From the page cache into private memory, measured here for 520 MB (2 to 3 GB/s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """gb: resident and working, in 1e9 bytes. share: of all the seconds of running that the trace asks for."""

    name: str
    gb: float
    each_s: float
    share: float
    base_s: float = 0.0
    max_batch: int = 1

    @property
    def speed(self) -> Speed:
        """A forked worker, its weights at READ_GBPS; the driver's release time when it leaves."""
        return Speed(load_s=0.1 + self.gb / READ_GBPS, unload_s=0.5, base_s=self.base_s, each_s=self.each_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Models that do not fit together on one device, which runs one batch at a time."""

    models: Sequence[Model]
    budget_gb: float = 22.0


BOXES = {
    "five": Box(
        models=(
            Model(name="edit", gb=14.0, each_s=6.0, share=0.25),
            Model(name="generate", gb=9.0, each_s=2.5, share=0.25),
            Model(name="describe", gb=7.0, each_s=1.2, share=0.2),
            Model(name="chat", gb=5.0, base_s=0.6, each_s=0.2, max_batch=8, share=0.2),
            Model(name="segment", gb=3.0, base_s=0.1, each_s=0.1, max_batch=8, share=0.1),
        )
    ),
    "three": Box(
        models=(
            Model(name="edit", gb=14.0, each_s=6.0, share=0.34),
            Model(name="generate", gb=12.0, each_s=2.5, share=0.33),
            Model(name="describe", gb=12.0, each_s=1.2, share=0.33),
        )
    ),
    "eight": Box(
        models=tuple(
            Model(name=f"m{number}", gb=6.0, each_s=each_s, share=1 / 8)
            for number, each_s in enumerate((0.3, 0.3, 0.6, 0.6, 1.2, 1.2, 2.4, 2.4))
        )
    ),
}
"""Of five two or three fit; of three one; of eight three."""
LOAD = 0.5
"""Seconds of running asked for per second, each call run alone."""


def trace(kind: str, seed: int, hours: float, models: Sequence[Model], load: float = LOAD) -> list[Arrival]:
    """All calls of so many hours in the order of time. kind: poisson, gamma (CV 4) or bursty (on and off)."""
    arrivals = []
    for number, model in enumerate(models):
        rate = load * model.share / (model.base_s + model.each_s)
        source = random.Random(f"{kind} {seed} {number}")
        arrivals += [Arrival(at, model.name) for at in TIMES[kind](source, rate, hours * 3600)]
    return sorted(arrivals, key=lambda arrival: arrival.at)


def poisson(source: random.Random, rate: float, end: float) -> Iterator[float]:
    """Gaps that remember nothing."""
    return _until(end, lambda: source.expovariate(rate))


def gamma(source: random.Random, rate: float, end: float) -> Iterator[float]:
    """Gaps with a coefficient of variation of 4: clumps."""
    shape = 1 / 16
    return _until(end, lambda: source.gammavariate(shape, 1 / (rate * shape)))


def bursty(source: random.Random, rate: float, end: float) -> Iterator[float]:
    """On for 30 s in the mean at five times the rate, off for 120 s."""
    now = 0.0
    while now < end:
        now += source.expovariate(1 / 120)
        off = now + source.expovariate(1 / 30)
        while (now := now + source.expovariate(5 * rate)) < min(off, end):
            yield now
        now = off


def _until(end: float, gap: Callable[[], float]) -> Iterator[float]:
    now = gap()
    while now < end:
        yield now
        now += gap()


TIMES = {"poisson": poisson, "gamma": gamma, "bursty": bursty}
