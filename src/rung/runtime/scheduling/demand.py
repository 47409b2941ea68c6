"""How often a variant is asked for, forgetting exponentially."""

from __future__ import annotations

import math
from dataclasses import dataclass

MEMORY_S = 120.0
"""An arrival so long ago counts 1/e of one now: longer than the gaps within a burst, shorter than those between."""


@dataclass(slots=True)
class Demand:
    """The arrivals of one variant. memory_s: see MEMORY_S."""

    memory_s: float = MEMORY_S
    _level: float = 0.0
    _at: float = -math.inf

    def arrive(self, now: float) -> None:
        """One more call. now: seconds of a clock that does not go back."""
        self._level = self._faded(now) + 1.0
        self._at = now

    def rate(self, now: float) -> float:
        """Calls per second, as things stand. 0 where none ever came."""
        return self._faded(now) / self.memory_s

    def _faded(self, now: float) -> float:
        return self._level * math.exp(-(now - self._at) / self.memory_s) if self._level else 0.0
