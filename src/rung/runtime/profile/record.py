"""The samples of one subject: bounded, newest kept, as plain values that a file can hold.

Calls are kept by size class (a factor of two in pixels), so that a thousand small pictures do not push out the one
large picture that shows how memory grows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from rung.runtime.spec import Subject

T = TypeVar("T")

KEEP = 12
"""Samples of loads, of each size class, and of each size of a batch. What left the last 12 is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSample:
    """One call alone. working: bytes on top of what its worker held when it was loaded; None: nobody can tell."""

    pixels: int
    run_s: float
    working: int | None = None

    @property
    def size_class(self) -> int:
        """Calls of one class differ by less than a factor of two in pixels."""
        return self.pixels.bit_length()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was seen of a subject, oldest first. when: time.time() of the newest sample.

    load_s, loaded: seconds of loads, and bytes held after them. rested: bytes held between calls. batches: (calls,
    seconds) of batches of equal calls, 1 included.
    """

    subject: Subject
    when: float = 0.0
    load_s: tuple[float, ...] = ()
    loaded: tuple[int, ...] = ()
    rested: tuple[int, ...] = ()
    calls: tuple[CallSample, ...] = ()
    batches: tuple[tuple[int, float], ...] = ()

    def plus(self, newer: Record) -> Record:
        """Both, cut to what is kept."""
        return replace(
            self,
            when=max(self.when, newer.when),
            load_s=(*self.load_s, *newer.load_s)[-KEEP:],
            loaded=(*self.loaded, *newer.loaded)[-KEEP:],
            rested=(*self.rested, *newer.rested)[-KEEP:],
            calls=_newest((*self.calls, *newer.calls), [one.size_class for one in (*self.calls, *newer.calls)]),
            batches=_newest((*self.batches, *newer.batches), [n for n, _ in (*self.batches, *newer.batches)]),
        )


def _newest(samples: Sequence[T], classes: Iterable[int]) -> tuple[T, ...]:
    """The newest of each class, in the order in which they came."""
    left: dict[int, int] = defaultdict(lambda: KEEP)
    kept = []
    for sample, of in reversed(list(zip(samples, classes, strict=True))):
        left[of] -= 1
        if left[of] >= 0:
            kept.append(sample)
    return tuple(reversed(kept))
