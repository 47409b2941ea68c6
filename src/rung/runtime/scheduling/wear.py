"""Decides when a worker has grown old: it leaks, or has answered as many calls as it may.

A leak is growth: a worker is judged by its first calls as well as by its footprint, so that a footprint which is
merely too small does not have its worker replaced for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.scheduling.words import mib

SETTLED = 3
"""Calls after which a worker's memory is what it takes to answer; what comes on top of it later is growth."""


@dataclass(slots=True)
class Wear:
    """One worker's life so far. seen: bytes at the last look; base: the most that its first calls took.

    asked: why it asked itself to be replaced.
    """

    seen: int = 0
    base: int = 0
    answers: int = 0
    asked: str = ""

    def look(self, size: int) -> None:
        """It holds that many bytes now."""
        self.seen = size
        if self.answers < SETTLED:
            self.base = max(self.base, size)

    def reason(self, soft_limit: int | None, max_calls: int | None) -> str:
        """Why it should be replaced; empty when it should not. soft_limit: bytes; None: none."""
        if self.asked:
            return self.asked
        if max_calls is not None and self.answers >= max_calls:
            return f"it has answered {self.answers} calls, as many as a worker of it may"
        if soft_limit is None or self.answers < SETTLED:
            return ""
        line = max(soft_limit, self.base + self.base // 2)
        return f"it has grown to {mib(self.seen)}, past {mib(line)}" if self.seen > line else ""
