"""How long a batch takes, learned: a*n + b over the last batches of a variant."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

KEPT = 50
"""Batches that are remembered."""
_MICRO = 1_000_000
"""Sums are whole microseconds, so that what leaves takes away exactly what it brought."""


@dataclass(slots=True)
class LatencyLine:
    """The line by least squares through the last batches: seconds against calls.

    prior: (calls, seconds) known from elsewhere, a profile say; they count like batches, and are displaced by them.
    """

    prior: Sequence[tuple[int, float]] = ()
    _seen: deque[tuple[int, int]] = field(default_factory=deque, init=False)
    _sums: list[int] = field(default_factory=lambda: [0, 0, 0, 0], init=False)
    """Of n, of the time t, of n*n and of n*t."""

    def __post_init__(self) -> None:
        """What is known before the first batch."""
        for calls, seconds in self.prior:
            self.learn(calls, seconds)

    def learn(self, calls: int, seconds: float) -> None:
        """One batch has run."""
        batch = (calls, round(seconds * _MICRO))
        self._seen.append(batch)
        self._add(*batch, 1)
        if len(self._seen) > KEPT:
            self._add(*self._seen.popleft(), -1)

    def of(self, calls: int) -> float | None:
        """Seconds that a batch of so many takes; None while nothing is known."""
        if not self._seen:
            return None
        each, once = self._fit()
        return each * calls + once

    def _add(self, n: int, t: int, sign: int) -> None:
        for place, term in enumerate((n, t, n * n, n * t)):
            self._sums[place] += sign * term

    def _fit(self) -> tuple[float, float]:
        """(each, once), neither below 0.

        Batches that all have one size tell nothing of another: then all of it is held to grow with the calls, so
        that a larger batch is never promised to be cheap before one was seen.
        """
        count, (n, t, nn, nt) = len(self._seen), self._sums
        spread = count * nn - n * n
        if spread == 0:
            return t / n / _MICRO, 0.0
        each = (count * nt - n * t) / spread
        if each < 0:
            return 0.0, t / count / _MICRO
        once = (t - each * n) / count
        if once < 0:
            return nt / nn / _MICRO, 0.0
        return each / _MICRO, once / _MICRO
