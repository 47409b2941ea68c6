"""Owns what a variant takes: while it is loaded, and while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

RAM = "cpu"
"""The device whose memory the others' workers take beside their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a variant takes on one device.

    resident: bytes on `device` while its worker is ready; working: bytes on top of them while its smallest call runs.
    ram: bytes of the CPU's memory beside the device, while its worker is there.
    group: variants with the same one share a worker, and `resident` is that of all of them; empty: one of its own.
    threads: cores that one running batch keeps busy, 0 for work too short to count; max_concurrent: batches at once;
    limit_s: a call that runs longer ends the worker.
    soft_limit, max_calls: a worker that holds more bytes, or has answered so many calls, is replaced.
    hard_limit: one that holds more bytes is ended at once. None: no such limit.
    ttl_s: seconds without a call after which it is unloaded. None: it stays until others need the room.
    load_s: seconds that a load takes; runs: (calls, seconds) of batches. Where they are not known they are learned.
    """

    variant: str
    device: str
    resident: int
    working: int = 0
    ram: int = 0
    group: str = ""
    threads: int = 1
    max_concurrent: int = 1
    max_batch: int = 1
    limit_s: float = 300.0
    soft_limit: int | None = None
    hard_limit: int | None = None
    max_calls: int | None = None
    ttl_s: float | None = None
    load_s: float | None = None
    runs: tuple[tuple[int, float], ...] = ()

    @property
    def line(self) -> str:
        """Whose queue its calls wait in."""
        return self.group or self.variant

    @property
    def devices(self) -> tuple[str, ...]:
        """Those whose memory it takes."""
        return (self.device, RAM) if self.ram and self.device != RAM else (self.device,)

    @property
    def peak(self) -> int:
        """Bytes at the worst moment of its smallest call."""
        return self.resident + self.working


def together(needs: Sequence[Need]) -> Need:
    """What one worker takes that holds all of these. Its `variant` is the line's name.

    Where members differ the worker takes the narrower limit of calls and the sum of the limits of bytes.
    """
    if len(needs) == 1 and not needs[0].group:
        return needs[0]
    return replace(
        needs[0],
        variant=needs[0].line,
        resident=max(need.resident for need in needs),
        working=max(need.working for need in needs),
        ram=max(need.ram for need in needs),
        threads=max(need.threads for need in needs),
        max_concurrent=min(need.max_concurrent for need in needs),
        max_batch=max(need.max_batch for need in needs),
        limit_s=max(need.limit_s for need in needs),
        soft_limit=_sum(need.soft_limit for need in needs),
        hard_limit=_sum(need.hard_limit for need in needs),
        ttl_s=_longest([need.ttl_s for need in needs]),
        max_calls=min((need.max_calls for need in needs if need.max_calls is not None), default=None),
    )


def _longest(lives: Sequence[float | None]) -> float | None:
    """None when one of them is: it stays."""
    return None if None in lives else max(life for life in lives if life is not None)


def _sum(limits: Iterable[int | None]) -> int | None:
    """None when one of them is."""
    total = 0
    for limit in limits:
        if limit is None:
            return None
        total += limit
    return total
