"""Decides from the past how long a job will take at least, and when a slot is likely to be free. Touches nothing."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

KEEP = 32
"""Runs remembered per operation."""
ENOUGH = 5
"""Runs after which the past is taken for a guide."""
LONGEST_S = 60.0
"""Nobody is told to come back later than this: what is known of the queue is old by then."""


@dataclass(slots=True)
class History:
    """Seconds that the last runs of each operation took, from begun to succeeded."""

    _runs: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, operation: str, seconds: float) -> None:
        """A run that succeeded."""
        self._runs.setdefault(operation, deque(maxlen=KEEP)).append(seconds)

    def least(self, operation: str) -> float:
        """Seconds that a run takes at the very least: the fastest remembered one; 0 while too few are known.

        The fastest and not the usual one, because a job is refused for it: the doubt is the caller's.
        """
        runs = self._runs.get(operation, ())
        return min(runs) if len(runs) >= ENOUGH else 0.0

    def usual(self, operation: str) -> float | None:
        """The median of the remembered runs, None while there is none."""
        runs = self._runs.get(operation)
        return statistics.median(runs) if runs else None

    def mean(self, operations: Mapping[str, int]) -> float | None:
        """Seconds that a run of this mixture takes: so many of each, each as usual. Those of which nothing is known
        are taken for like the rest; None where nothing is known of any."""
        known = [(usual, many) for name, many in operations.items() if (usual := self.usual(name)) is not None]
        return sum(usual * many for usual, many in known) / sum(many for _, many in known) if known else None


def retry_after(mean_s: float | None, waiting: int, slots: int) -> float:
    """Seconds until a tenth of a full line has moved on, so that those who come back find room; 1 to 60, and 1 where
    nothing is known. mean_s: that one of those ahead takes. slots: how many run at once."""
    if mean_s is None:
        return 1.0
    return min(max(mean_s * max(1.0, waiting / 10) / max(slots, 1), 1.0), LONGEST_S)
