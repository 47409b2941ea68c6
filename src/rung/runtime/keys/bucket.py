"""Decides whether one more may come now: a bucket that fills at a steady rate and holds no more than its size."""

from __future__ import annotations


class Bucket:
    """Starts full. rate: how many a second come back; size: how many may come at once.

    Times are monotonic seconds; one that goes back gives nothing, one that leaps gives no more than the size.
    """

    __slots__ = ("_at", "_left", "rate", "size")

    def __init__(self, rate: float, size: float, now: float) -> None:
        self.rate = rate
        self.size = size
        self._left = size
        self._at = now

    def take(self, now: float) -> float:
        """0.0, and one is taken; or nothing is taken, and the seconds until one would be there."""
        self._left = min(self.size, self._left + max(now - self._at, 0.0) * self.rate)
        self._at = max(now, self._at)
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) / self.rate if self.rate > 0 else float("inf")
