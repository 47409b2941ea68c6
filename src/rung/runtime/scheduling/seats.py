"""The scheduler's picture of one variant: what it needs, where it stands, who waits for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

SeatState = Literal["unloaded", "loading", "ready", "unloading"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a variant takes while it is loaded and while it runs.

    peak: bytes on `device` (resident and working); threads: cores that one running batch keeps busy,
    0 for work too short to count; max_concurrent: batches at once; limit_s: a call that runs longer ends the worker.
    """

    variant: str
    device: str
    peak: int
    threads: int = 1
    max_concurrent: int = 1
    max_batch: int = 1
    limit_s: float = 300.0


@dataclass(slots=True)
class Waiting:
    """A call that is not answered yet. `order` is its place among all calls ever seen."""

    call: str
    variant: str
    order: int
    deadline: float
    attempts: int = 0
    started: float = 0.0
    abandoned: bool = False
    batch: str = ""
    """The first call of the batch it runs in."""


@dataclass(slots=True)
class Seat:
    """One variant. `gate`: while set, only calls older than it may still run here."""

    need: Need
    state: SeatState = "unloaded"
    queue: deque[Waiting] = field(default_factory=deque)
    running: dict[str, Waiting] = field(default_factory=dict)
    last_used: float = 0.0
    pinned: bool = False
    wanted: bool = False
    """Asked for without a call."""
    leaving: bool = False
    """To be unloaded as soon as it is idle."""
    gate: int | None = None
    killed: bool = False

    @property
    def idle(self) -> bool:
        """Ready, nothing running, nobody waiting."""
        return self.state == "ready" and not self.running and not self.queue

    @property
    def bytes(self) -> int:
        """What it holds of its device. Bytes of a variant that is leaving stay counted until they are back."""
        return 0 if self.state == "unloaded" else self.need.peak

    @property
    def batches(self) -> int:
        """How many batches run here."""
        return len({waiting.batch for waiting in self.running.values()})

    def oldest(self) -> int | None:
        """The order of the call that waits longest here."""
        return self.queue[0].order if self.queue else None

    def may_start(self) -> bool:
        """Whether the head of the queue could run now, as far as this seat alone goes."""
        if self.state != "ready" or self.leaving or self.killed or not self.queue:
            return False
        if self.batches >= self.need.max_concurrent:
            return False
        return self.gate is None or self.queue[0].order <= self.gate
