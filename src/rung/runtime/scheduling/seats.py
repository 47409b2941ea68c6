"""The scheduler's picture of one worker's place on one device: where it stands, what runs there.

Most seats hold one variant and have a queue of their own. The seats of *replicas* share a queue; the seat of a
*group* holds several variants, and a batch is of one of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from rung.runtime.scheduling.health import Health
from rung.runtime.scheduling.need import Need, together
from rung.runtime.scheduling.pace import Pace
from rung.runtime.scheduling.waiting import Waiting
from rung.runtime.scheduling.wear import Wear

SeatState = Literal["unloaded", "loading", "ready", "unloading"]
SpareState = Literal["", "loading", "ready", "leaving"]
Doom = Literal["", "hung", "taken-back", "oom"]
"""Why we end a worker: a call outlived its limit, a call that was taken back did not let go, its memory."""


@dataclass(slots=True)
class Seat:
    """One worker's place. `gate`: while set, only calls older than it may still run here.

    name: the line's for its first seat, `line@device` for the others. needs: by variant.
    queue: of its line, shared with the line's other seats.
    """

    name: str
    line: str
    needs: Mapping[str, Need]
    queue: deque[Waiting] = field(default_factory=deque)
    need: Need = field(init=False)
    """Of the worker with everything that it holds."""
    state: SeatState = "unloaded"
    running: dict[str, Waiting] = field(default_factory=dict)
    last_used: float = 0.0
    pinned: bool = False
    wanted: bool = False
    """Asked for without a call."""
    strict: bool = False
    """One failure of the load under way is enough."""
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
    """When the load or the unload under way began."""
    restarts: int = 0
    """Workers that died or were replaced."""
    wear: Wear = field(default_factory=Wear)
    health: Health = field(init=False)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is held against it."""
        self.need = together(list(self.needs.values()))
        self.health = Health(self.name)
        self.pace = Pace(self.needs)

    @property
    def idle(self) -> bool:
        """Ready, nothing running, nobody waiting."""
        return self.state == "ready" and not self.running and not self.queue

    @property
    def fresh(self) -> bool:
        """Nothing has run there since it was loaded, or nothing will have."""
        return self.state == "loading" or (self.state == "ready" and not self.wear.answers and not self.running)

    @property
    def serves(self) -> bool:
        """Whether there is a worker of it that answers its line's calls, or will."""
        return self.state in ("loading", "ready") or self.replacing

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

    @property
    def threads(self) -> int:
        """Cores that its running batches keep busy."""
        batches = {waiting.batch: waiting.variant for waiting in self.running.values()}
        return sum(self.needs[variant].threads for variant in batches.values())

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
        return self._admits(self.queue[0])

    def _exclusive(self) -> bool:
        return self.queue[0].alone or any(waiting.alone for waiting in self.running.values())

    def _admits(self, waiting: Waiting) -> bool:
        return self.gate is None or waiting.order <= self.gate

    def next_batch(self, now: float) -> list[Waiting]:
        """Takes calls of one variant off the queue, oldest first, as far as the gate, the model and the calls
        themselves allow, and none is late because of the others. Those of the group's other variants keep their
        places."""
        batch = [self.queue[0]]
        largest = self.needs[batch[0].variant].max_batch
        most = batch[0].most_beside(largest)
        for waiting in islice(self.queue, 1, None):
            if len(batch) >= most:
                break
            if waiting.variant != batch[0].variant:
                continue
            most = min(most, waiting.most_beside(largest))
            if len(batch) >= most or not self._admits(waiting):
                break
            if not self.pace.in_time([*batch, waiting], now):
                break
            batch.append(waiting)
        for waiting in batch:
            self.queue.remove(waiting)
        return batch

    def put_back(self, waiting: Waiting) -> None:
        """Into the queue again, at the place that its order gives it."""
        place = sum(other.order < waiting.order for other in self.queue)
        self.queue.insert(place, waiting)
        waiting.seat = ""

    def vacate(self) -> None:
        """The worker is gone."""
        self.strict = False
        self.state, self.leaving, self.doom, self.gate, self.wear = "unloaded", False, "", None, Wear()
        self.running.clear()
