"""The scheduler's picture of one worker's place on one device: where it stands, what runs there.

Most seats hold one variant and have a queue of their own. The seats of *replicas* share a queue; the seat of a
*group* holds several variants, and a batch is of one of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from rung.runtime.scheduling.health import Health
from rung.runtime.scheduling.need import RAM, Need, together
from rung.runtime.scheduling.pace import Pace
from rung.runtime.scheduling.queue import Queue
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
    queue: Queue = field(default_factory=Queue)
    need: Need = field(init=False)
    """Of the worker with everything that it holds."""
    state: SeatState = "unloaded"
    running: dict[str, Waiting] = field(default_factory=dict)
    ahead: dict[str, Waiting] = field(default_factory=dict)
    """A batch that its worker has already and begins when what runs has ended."""
    last_used: float = 0.0
    pinned: bool = False
    ttl_s: float | None = field(init=False)
    """Seconds without a call after which it is unloaded; None: it stays until others need the room."""
    wanted: bool = False
    """Asked for without a call."""
    wanted_until: float = -math.inf
    """How long that wish waits for memory that others hold."""
    beyond: str = ""
    """The device of which others hold what that wish lacks."""
    strict: bool = False
    """One failure of the load under way is enough."""
    leaving: bool = False
    """To be unloaded as soon as nothing runs."""
    held: int = 0
    """Bytes of its device that its worker is held to hold: what is resident, and the working bytes of what runs or
    has run there, since allocators keep them. Those of one that is leaving count until they are back."""
    spare_held: int = 0
    """The same of the second worker."""
    ram: int = field(init=False)
    """Bytes of RAM that its worker keeps beside its device."""
    gate: int | None = None
    doom: Doom = ""
    """Why its worker is being ended."""
    spare: SpareState = ""
    """A second worker: the replacement while it loads and waits for its turn, then the old one until it is gone."""
    spare_after: float = 0.0
    """No replacement is tried before."""
    displaced: set[str] = field(default_factory=set)
    """The seats that left so that it can be loaded."""
    returning: bool = False
    """It left for a load that failed."""
    short_loads: int = 0
    """Loads in a row that ran out of memory."""
    began: float = 0.0
    """When the load or the unload under way began."""
    restarts: int = 0
    """Workers that died or were replaced."""
    wear: Wear = field(default_factory=Wear)
    shortest_limit_s: float = field(init=False)
    """The least that one of its calls may run."""
    health: Health = field(init=False)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is held against it."""
        self.need = together(list(self.needs.values()))
        self.ttl_s, self.ram = self.need.ttl_s, self.need.ram
        self.shortest_limit_s = min(need.limit_s for need in self.needs.values())
        self.health = Health(self.name)
        self.pace = Pace(self.needs)

    @property
    def idle(self) -> bool:
        """Ready, nothing running, nobody waiting."""
        return self.state == "ready" and not self.running and not self.queue

    @property
    def stale_at(self) -> float:
        """When it has not been used for its time to live."""
        if self.ttl_s is None or self.pinned:
            return math.inf
        return self.last_used + self.ttl_s

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
        """What its workers hold of its device."""
        return self.held + self.spare_held

    def on(self, device: str) -> int:
        """What its workers hold of that device."""
        if device == self.need.device:
            return self.bytes
        if device != RAM:
            return 0
        return self.ram * (self.state != "unloaded") + self.need.ram * (self.spare != "")

    def takes(self, device: str, working: int) -> int:
        """What one worker of it takes of that device, a call with so many working bytes included."""
        return self.need.resident + working if device == self.need.device else self.need.ram

    def shares(self, other: Seat) -> bool:
        """Whether both take memory of one device."""
        return any(device in other.devices for device in self.devices)

    @property
    def devices(self) -> tuple[str, ...]:
        """Those whose memory its worker takes."""
        return self.need.devices if self.need.ram or not self.ram else (self.need.device, RAM)

    @property
    def asked(self) -> int:
        """Working bytes of the call that it is loaded for, or of its smallest one."""
        return self.queue[0].working if self.queue else self.need.working

    def lacks(self) -> dict[str, int]:
        """By device, the bytes that it has to be given for the next call to run: to be loaded, or to grow."""
        if self.state == "unloaded":
            return {device: self.takes(device, self.asked) for device in self.need.devices}
        return {self.need.device: self.short}

    @property
    def usable(self) -> bool:
        """Whether the next call may begin here as soon as there is room for it."""
        there = self.state == "ready" and not self.leaving and not self.doom and self.spare != "ready"
        return there and bool(self.queue) and self._admits(self.queue[0])

    @property
    def short(self) -> int:
        """Bytes that its worker lacks for the next call, if nothing else runs there."""
        return max(self.need.resident + self.asked - self.held, 0)

    def growth(self) -> int:
        """Bytes that it lacks for the next call beside what runs there."""
        return max(self.need.resident + self._in_use() + self.asked - self.held, 0)

    def _in_use(self) -> int:
        return sum(waiting.working for calls in (self.running, self.ahead) for waiting in calls.values())

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

    def may_start(self) -> bool:
        """Whether the head of the queue could run now, as far as this seat alone goes.

        A replacement that is ready takes over when nothing runs; so nothing begins on the old worker any more.
        """
        if not self.usable:
            return False
        return not self.running or (self.batches < self.need.max_concurrent and not self._exclusive())

    def _exclusive(self) -> bool:
        return self.queue[0].alone or any(waiting.alone for waiting in self.running.values())

    def _admits(self, waiting: Waiting) -> bool:
        return self.gate is None or waiting.order <= self.gate

    def choose(self, free: int, now: float) -> list[Waiting]:
        """The next batch: calls of one variant, oldest first, as far as the gate, the model, the memory and the calls
        themselves allow, and none is late because of the others when it begins at `now`. Those of the group's other
        variants are passed over. free: bytes to grow by; the first call is taken whatever they are."""
        batch = [self.queue[0]]
        largest = self.needs[batch[0].variant].max_batch
        most = batch[0].most_beside(largest)
        room = self.held + free - self.need.resident - self._in_use() - batch[0].working
        for waiting in islice(self.queue, 1, None):
            if len(batch) >= most:
                break
            if waiting.variant != batch[0].variant:
                continue
            most, room = min(most, waiting.most_beside(largest)), room - waiting.working
            if len(batch) >= most or room < 0 or not self._admits(waiting):
                break
            if not self.pace.in_time([*batch, waiting], now):
                break
            batch.append(waiting)
        return batch

    def next_batch(self, free: int, now: float) -> list[Waiting]:
        """The same, taken off the queue."""
        batch = self.choose(free, now)
        for waiting in batch:
            self.queue.remove(waiting)
        return batch

    def lay_ready(self, batch: list[Waiting]) -> None:
        """Its worker has these calls too, and begins them later. Their memory is theirs from now on."""
        for waiting in batch:
            self.queue.remove(waiting)
            waiting.seat = self.name
            self.ahead[waiting.call] = waiting
        self.held = max(self.held, self.need.resident + self._in_use())

    def take_off(self, waiting: Waiting) -> bool:
        """Its worker has answered it. Whether it had begun, as far as we had heard."""
        if self.ahead.pop(waiting.call, None) is not None:
            return False
        del self.running[waiting.call]
        return True

    def begin(self, batch: list[Waiting], now: float) -> None:
        """These calls run here from now on."""
        for waiting in batch:
            waiting.begin(self.name, batch[0].call, len(batch), now)
            self.running[waiting.call] = waiting
        self.last_used = now
        self.held = max(self.held, self.need.resident + self._in_use())

    def seen(self, size: int) -> None:
        """Its worker holds that many bytes: what it was held to hold and does not is free again, except what the calls
        that run may still take, and what the smallest call needs."""
        least = self.need.resident + max(self._in_use(), self.need.working)
        self.held = min(self.held, max(size, least))

    def put_back(self, waiting: Waiting) -> None:
        """Into the queue again, at the place that its order gives it."""
        place = sum(other.order < waiting.order for other in self.queue)
        self.queue.insert(place, waiting)
        waiting.seat = ""

    def vacate(self) -> None:
        """The worker is gone."""
        self.strict = False
        self.state, self.leaving, self.doom, self.gate, self.wear = "unloaded", False, "", None, Wear()
        self.held, self.ram = 0, self.need.ram
        self.running.clear()
        self.ahead.clear()
