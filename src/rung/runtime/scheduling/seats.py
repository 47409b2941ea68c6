"""The scheduler's picture of one variant: what it needs, where it stands, who waits for it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from rung.runtime.scheduling.health import Health
from rung.runtime.scheduling.wear import Wear

SeatState = Literal["unloaded", "loading", "ready", "unloading"]
SpareState = Literal["", "loading", "ready", "leaving"]
Doom = Literal["", "hung", "taken-back", "oom"]
"""Why we end a worker: a call outlived its limit, a call that was taken back did not let go, its memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a variant takes while it is loaded and while it runs.

    peak: bytes on `device` (resident and working); threads: cores that one running batch keeps busy,
    0 for work too short to count; max_concurrent: batches at once; limit_s: a call that runs longer ends the worker.
    soft_limit, max_calls: a worker that holds more bytes, or has answered so many calls, is replaced.
    hard_limit: one that holds more bytes is ended at once. None: no such limit.
    """

    variant: str
    device: str
    peak: int
    threads: int = 1
    max_concurrent: int = 1
    max_batch: int = 1
    limit_s: float = 300.0
    soft_limit: int | None = None
    hard_limit: int | None = None
    max_calls: int | None = None


@dataclass(slots=True)
class Waiting:
    """A call that is not answered yet. `order` is its place among all calls ever seen."""

    call: str
    variant: str
    order: int
    deadline: float
    arrived: float = 0.0
    attempts: int = 0
    """How often it was begun."""
    deaths: int = 0
    """Workers that died under it, perhaps because of it."""
    shortages: int = 0
    """How often it ran out of memory."""
    alone: bool = False
    """It may be what killed its worker: nothing else runs on the seat beside it."""
    most: int = 0
    """Calls in a batch with it, itself included; 0: as many as the model takes."""
    together: int = 1
    """Calls in the batch that it runs in, as it began."""
    started: float = 0.0
    late: bool = False
    """It outlived its limit."""
    abandoned: bool = False
    stop_by: float = 0.0
    """When an abandoned call must have let go."""
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
    """To be unloaded as soon as nothing runs."""
    gate: int | None = None
    doom: Doom = ""
    """Why its worker is being ended."""
    spare: SpareState = ""
    """A second worker: the replacement while it loads and waits for its turn, then the old one until it is gone."""
    spare_after: float = 0.0
    """No replacement is tried before."""
    began: float = 0.0
    """When the load under way began."""
    restarts: int = 0
    """Workers that died or were replaced."""
    wear: Wear = field(default_factory=Wear)
    health: Health = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is held against it."""
        self.health = Health(self.need.variant)

    @property
    def idle(self) -> bool:
        """Ready, nothing running, nobody waiting."""
        return self.state == "ready" and not self.running and not self.queue

    @property
    def bytes(self) -> int:
        """What it holds of its device. Bytes of a worker that is leaving stay counted until they are back."""
        return self.need.peak * ((self.state != "unloaded") + (self.spare != ""))

    @property
    def replacing(self) -> bool:
        """Whether a replacement loads or waits for its turn."""
        return self.spare in ("loading", "ready")

    @property
    def batches(self) -> int:
        """How many batches run here."""
        return len({waiting.batch for waiting in self.running.values()}) if self.running else 0

    def oldest(self) -> int | None:
        """The order of the call that waits longest here."""
        return self.queue[0].order if self.queue else None

    def may_start(self) -> bool:
        """Whether the head of the queue could run now, as far as this seat alone goes.

        A replacement that is ready takes over when nothing runs; so nothing begins on the old worker any more.
        """
        if self.state != "ready" or self.leaving or self.doom or self.spare == "ready" or not self.queue:
            return False
        if self.running and (self.batches >= self.need.max_concurrent or self._exclusive()):
            return False
        return self.gate is None or self.queue[0].order <= self.gate

    def _exclusive(self) -> bool:
        return self.queue[0].alone or any(waiting.alone for waiting in self.running.values())

    def next_batch(self) -> list[Waiting]:
        """Takes calls off the queue, oldest first, as long as the gate, the model and the calls themselves allow."""
        batch = [self.queue.popleft()]
        most = _most(batch[0], self.need.max_batch)
        while self.queue and (self.gate is None or self.queue[0].order <= self.gate):
            most = min(most, _most(self.queue[0], self.need.max_batch))
            if len(batch) >= most:
                break
            batch.append(self.queue.popleft())
        return batch

    def put_back(self, waiting: Waiting) -> None:
        """Into the queue again, at the place that its order gives it."""
        place = sum(other.order < waiting.order for other in self.queue)
        self.queue.insert(place, waiting)

    def vacate(self) -> None:
        """The worker is gone."""
        self.state, self.leaving, self.doom, self.gate, self.wear = "unloaded", False, "", None, Wear()
        self.running.clear()


def _most(waiting: Waiting, max_batch: int) -> int:
    if waiting.alone:
        return 1
    return min(waiting.most or max_batch, max_batch)
