"""How long a batch takes, learned: a*n + b over the last batches of a variant."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

KEPT = 50
"""Batches that are remembered."""


@dataclass(slots=True)
class Latency:
    """The line through the last batches: seconds against calls.

    prior: (calls, seconds) known from elsewhere, a profile say; they count like batches, and are displaced by them.
    """

    prior: Sequence[tuple[int, float]] = ()
    _seen: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=KEPT), init=False)
    _line: tuple[float, float] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """What is known before the first batch."""
        self._seen.extend(self.prior)

    def learn(self, calls: int, seconds: float) -> None:
        """One batch has run."""
        self._seen.append((calls, seconds))
        self._line = None

    def of(self, calls: int) -> float | None:
        """Seconds that a batch of so many takes; None while nothing is known."""
        if not self._seen:
            return None
        self._line = self._line or _fit(self._seen)
        each, once = self._line
        return each * calls + once

    def most(self, within_s: float) -> int | None:
        """The largest batch that is done within so many seconds, perhaps 0; None while nothing is known."""
        if not self._seen:
            return None
        self._line = self._line or _fit(self._seen)
        each, once = self._line
        if each <= 0:
            return 1_000_000 if once <= within_s else 0
        return max(int((within_s - once) / each + 1e-9), 0)


def _fit(seen: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """(each, once) by least squares, neither below 0.

    Batches that all have one size tell nothing of another: then all of it is held to grow with the calls, so that a
    larger batch is never promised to be cheap before one was seen.
    """
    count = len(seen)
    n = sum(calls for calls, _ in seen) / count
    s = sum(seconds for _, seconds in seen) / count
    spread = sum((calls - n) ** 2 for calls, _ in seen)
    if spread == 0:
        return s / n, 0.0
    each = sum((calls - n) * (seconds - s) for calls, seconds in seen) / spread
    if each < 0:
        return 0.0, s
    if s - each * n < 0:
        return sum(calls * seconds for calls, seconds in seen) / sum(calls * calls for calls, _ in seen), 0.0
    return each, s - each * n
