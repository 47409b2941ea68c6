"""Decides when a device's budget has changed, from readings of what this Rung may have there: pure.

Others take memory and give it back, and figures wobble. A smaller reading counts when the next one says it too, a
larger one when it has stood for seconds; small differences never do. After a silence the first reading counts as it
is, since nobody knows how long it has been so. So does a larger one, however little it is, while somebody waits for
just that: should it be gone again, the claim of the load says so before anything is begun.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rung.runtime.spec import MiB

EVERY_S = 1.0
"""Between two readings."""
GROW_S = 3.0
"""How long more memory must have been free before it is counted on."""
SILENCE_S = 5.0
"""No reading for so long is a silence."""
_LEAST = 64 * MiB
_PART = 50


@dataclass(slots=True, eq=False)
class Watch:
    """One device. told: the budget that the scheduler knows; most: what it may ever be; bytes."""

    told: int
    most: int
    _last: float = field(default=-math.inf, init=False)
    _less: int | None = field(default=None, init=False)
    """The last reading, where it was smaller than what was told."""
    _more: int | None = field(default=None, init=False)
    """The smallest reading since they are larger than what was told, and since when."""
    _since: float = field(default=0.0, init=False)

    @property
    def narrowed(self) -> bool:
        """Whether less was told than there may be."""
        return self.told < self.most

    def due(self, now: float) -> bool:
        """Whether it may be read again."""
        return now - self._last >= EVERY_S

    def see(self, share: int, now: float, eager: bool = False) -> int | None:
        """A reading; the budget to tell, where it has changed. eager: somebody waits for more."""
        share, silent = max(0, min(share, self.most)), now - self._last > SILENCE_S
        self._last = now
        if share < self.told - self._band():
            return self._smaller(share)
        self._less = None
        if eager and share > self.told:
            self.told, self._more = share, None
            return share
        if share > self.told + self._band() or (share == self.most > self.told):
            return self._larger(share, now, silent)
        self._more = None
        return None

    def deny(self, share: int, now: float) -> int:
        """There was not enough: what is told counts from now on, without waiting for another reading."""
        self._last, self._less, self._more = now, None, None
        self.told = max(0, min(share, self.most))
        return self.told

    def _smaller(self, share: int) -> int | None:
        self._more = None
        if self._less is None:
            self._less = share
            return None
        self.told, self._less = max(share, self._less), None
        return self.told

    def _larger(self, share: int, now: float, silent: bool) -> int | None:
        if self._more is None:
            self._more, self._since = share, now
        self._more = min(self._more, share)
        if not silent and now - self._since < GROW_S:
            return None
        self.told, self._more = self._more, None
        return self.told

    def _band(self) -> int:
        return max(_LEAST, self.most // _PART)
