"""Owns the calls that wait in one line, oldest first, and counts them, so that nobody has to go through all."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from itertools import islice

from rung.runtime.scheduling.waiting import Waiting


class Queue(deque[Waiting]):
    """A deque that counts. counts: calls by variant.

    A call is due no later than those behind it: they cannot begin before it has. So the first one tells for all.
    """

    def __init__(self, calls: Iterable[Waiting] = ()) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self._arrived = 0.0
        for call in calls:
            self.append(call)

    def waited(self, now: float) -> float:
        """Seconds that all of them have waited together."""
        return len(self) * now - self._arrived

    def of_first(self, most: int) -> Mapping[str, int]:
        """So many of them, by variant."""
        return self.counts if most >= len(self) else Counter(call.variant for call in islice(self, most))

    def append(self, call: Waiting) -> None:
        """Behind all others."""
        super().append(call)
        self._count(call, 1)
        self._due(len(self) - 1)

    def insert(self, place: int, call: Waiting) -> None:
        """Before the one that is at that place."""
        super().insert(place, call)
        self._count(call, 1)
        if place + 1 < len(self):
            call.due = min(call.due, self[place + 1].due)
        self._due(place)

    def remove(self, call: Waiting) -> None:
        """It does not wait any more."""
        super().remove(call)
        self._count(call, -1)

    def popleft(self) -> Waiting:
        """The oldest does not wait any more."""
        call = super().popleft()
        self._count(call, -1)
        return call

    def clear(self) -> None:
        """Nobody waits any more."""
        super().clear()
        self.counts.clear()
        self._arrived = 0.0

    def _count(self, call: Waiting, sign: int) -> None:
        self.counts[call.variant] += sign
        if not self.counts[call.variant]:
            del self.counts[call.variant]
        self._arrived = self._arrived + sign * call.arrived if self else 0.0

    def _due(self, place: int) -> None:
        """Those before that place are due no later. What one pass has lowered stops the next one."""
        due = self[place].due
        for older in islice(reversed(self), len(self) - place, None):
            if older.due <= due:
                return
            older.due = due
