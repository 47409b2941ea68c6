"""One machine: joins decisions to deeds. The one object with mutable state.

Every event goes through `Scheduler.handle`; every command that comes back is one deed of the crew. Runs on one
asyncio loop; nothing else touches the scheduler.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

from rung.runtime.caller import Tell, unasked
from rung.runtime.engine.askers import Askers
from rung.runtime.engine.calls import EngineAnswer, Open, fail
from rung.runtime.engine.crew import LOOK_S, Crew
from rung.runtime.engine.loads import load_limit_s
from rung.runtime.engine.lookout import Lookout
from rung.runtime.engine.memory import Memory, unmeasured
from rung.runtime.engine.needs import needs_of, working_of
from rung.runtime.engine.ports import OnOutcome, Spawner
from rung.runtime.engine.rows import rows_of
from rung.runtime.engine.seating import copies, members
from rung.runtime.errors import Cancelled, Draining, NotFound, OutOfMemory
from rung.runtime.profile import Observe, unobserved
from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.health import Trouble
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.story import story
from rung.runtime.scheduling.words import mib
from rung.runtime.spec import Placement
from rung.runtime.tasks import pixels_of
from rung.runtime.workers.process import WorkerCall

AHEAD_S = 0.1
"""Between two batches a worker waits for 1 to 3 ms: worth a batch that cannot be taken back up to here."""


@dataclass
class Engine:
    """Holds the workers of one machine. Use it with `async with`: at the end all of them are gone.

    placements: every rung that may be asked for. budgets: bytes per device id. cores: for running calls.
    on_health: given all troubles whenever they change; it must not raise, and not take long.
    look_s: between two looks at a worker's memory. observe: given what loads and calls took. memory: what is really
    there, others' use counted. ahead_s: a busy worker is given its next batch already, where that takes no longer.
    """

    placements: Mapping[str, Placement]
    budgets: Mapping[str, int]
    cores: int
    spawner: Spawner
    record: Callable[[happened.Event, Sequence[do.Command]], None] = lambda event, commands: None
    on_health: Callable[[Sequence[Trouble]], None] = lambda troubles: None
    look_s: float = LOOK_S
    observe: Observe = unobserved
    memory: Memory = field(default_factory=unmeasured)
    ahead_s: float = AHEAD_S
    _open: dict[str, Open] = field(default_factory=dict, init=False)
    _heard: dict[str, Tell] = field(default_factory=dict, init=False)
    _alarm: asyncio.TimerHandle | None = field(default=None, init=False)
    _rings: float = field(default=math.inf, init=False)
    """When it does."""
    _closing: bool = field(default=False, init=False)
    _health: int = field(default=0, init=False)
    _ids: count[int] = field(default_factory=lambda: count(1), init=False)

    def __post_init__(self) -> None:
        """The scheduler and the crew over these placements."""
        needs = needs_of(copies(self.placements.values()))
        most = {device: bound.most for device, bound in self.memory.bounds.items()}
        self.scheduler = Scheduler(needs, self.budgets, self.cores, most=most, ahead_s=self.ahead_s, record=self.record)
        held = members(self.scheduler.seats, self.placements.values())
        self._crew = Crew(held, self.spawner, self._tell, self.look_s, self.observe, self.memory)
        self._askers = Askers(self.scheduler.seats)
        self._lookout = Lookout(self.memory, self._is_asked, self.scheduler.awaits, self._tell)

    async def __aenter__(self) -> Self:
        """Nothing is started: the first call loads. What is pinned is so from the start."""
        for name, placement in self.placements.items():
            for seat in self.seats_of(name) if placement.pinned else ():
                self._tell(happened.Pinned(seat, True, time.monotonic()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every worker; what is still open is cancelled."""
        self._closing = True
        if self._alarm is not None:
            self._alarm.cancel()
        for opened in list(self._open.values()):
            fail(opened.answer, Cancelled("the runtime is going down"))
        self._askers.close()
        await self._lookout.close()
        await self._crew.close()
        await self.memory.close()
        for opened in list(self._open.values()):
            opened.let_go()

    # --- what others ask ----------------------------------------------------------------------------

    async def call(
        self,
        variant: str,
        input: Any,
        *,
        deadline: float,
        scope: str = "",
        seed: int | None = None,
        options: Mapping[str, Any] | None = None,
        on_outcome: OnOutcome = lambda call, outcome: None,
        tell: Tell = unasked,
        replaceable: bool = False,
    ) -> EngineAnswer:
        """Run one call on that variant, loading it if need be. deadline: time.monotonic() seconds.

        replaceable: another rung may answer in its place, so it does not wait to its end for memory that others hold.

        Raises a RungError. DeadlineExceeded comes at the deadline, although the worker may be busy with the call for
        a moment more. When the awaiting task is cancelled the call is taken back, and the cancellation goes on when
        nothing of the call runs any more: a worker that does not let go within two seconds is ended.
        """
        if self._closing:
            raise Draining("the runtime is going down and takes no new call")
        placement = self._placement(variant)
        call = WorkerCall(
            id=f"c{next(self._ids)}",
            task=placement.variant.task,
            input=input,
            seed=seed,
            options=options or {},
            scope=scope,
            deadline=deadline,
            variant=variant,
        )
        await self._look_before(variant)
        opened = self._opened(call, on_outcome, tell)
        working = working_of(placement, input, opened.pixels)
        self._tell(happened.CallArrived(call.id, variant, deadline, opened.arrived, working, replaceable))
        try:
            return await opened.answer
        except asyncio.CancelledError:
            await self._take_back(opened, deadline)
            raise
        finally:
            self._open.pop(call.id, None)
            self._heard.pop(call.id, None)

    def _is_asked(self) -> bool:
        return bool(self._open) or self._askers.expect_load

    def _opened(self, call: WorkerCall, on_outcome: OnOutcome, tell: Tell) -> Open:
        """Somebody awaits it from now on."""
        answer: asyncio.Future[EngineAnswer] = asyncio.get_running_loop().create_future()
        opened = Open(call, answer, on_outcome, time.monotonic(), pixels_of(call.input))
        self._open[call.id] = opened
        self._lookout.poke()
        if tell is not unasked:
            self._heard[call.id] = tell
        return opened

    async def _look_before(self, name: str) -> None:
        """Where nobody serves it yet: others may have given memory back since somebody looked last."""
        line = self.scheduler.board.line_of(name.partition("@")[0])
        if line is not None and not any(seat.serves for seat in line.seats):
            await self._lookout.refresh({seat.need.device for seat in line.seats})

    async def _take_back(self, opened: Open, deadline: float) -> None:
        """Nobody wants the call any more. Past its deadline nobody waits for its end either."""
        opened.over = asyncio.get_running_loop().create_future()
        now = time.monotonic()
        self._tell(happened.CallCancelled(opened.call.id, now))
        if now < deadline and not self._closing:
            await opened.over

    def seats_of(self, name: str) -> list[str]:
        """The seats that a name means: of a variant all, the preferred one first (those of its group, where it has
        one); of a seat (`migan@cuda:1`) that one. Raises NotFound."""
        variant, _, device = name.partition("@")
        line = self.scheduler.board.line_of(variant)
        found = [seat.name for seat in line.seats if device in ("", seat.need.device)] if line is not None else []
        if found:
            return found
        if name in self.scheduler.seats:
            return [name]
        raise NotFound(f"no variant {name!r} is planned on this machine; planned: {', '.join(self.placements)}")

    async def load(self, name: str) -> None:
        """Take a variant into memory, on its preferred device, or the named seat; in quarantine too.

        Where others hold the memory it waits for as long as a load may take. Raises what kept it out; Cancelled when a
        later unload overtakes it.
        """
        await self._load(self.seats_of(name)[0], name)

    async def preload(self, name: str) -> None:
        """As `load`, but nothing makes room for it, and after one failure it is left alone for a while.

        Raises OutOfMemory too where it does not fit beside what is there.
        """
        seat = self.scheduler.seats[self.seats_of(name)[0]]
        await self._look_before(name)
        free = self.scheduler.board.free(seat.need.device)
        if seat.state == "unloaded" and seat.need.peak > free:
            needs, left = mib(seat.need.peak), mib(max(free, 0))
            raise OutOfMemory(
                f"{seat.name} needs {needs} on {seat.need.device}, and {left} are left beside what was loaded before",
                needed=seat.need.peak,
                device=seat.need.device,
            )
        await self._load(seat.name, name, strict=True)

    async def _load(self, seat: str, name: str, *, strict: bool = False) -> None:
        await self._look_before(name)
        asked = self._askers.to_load(seat, name)
        self._lookout.poke()
        now = time.monotonic()
        until = -math.inf if strict else now + load_limit_s(self._crew.members[seat])
        self._tell(happened.LoadAsked(seat, now, strict, until))
        if self.scheduler.seats[seat].state == "ready":
            self._askers.loaded(seat)
        await asked

    async def unload(self, name: str) -> None:
        """Take a variant out of memory on every device, with the others of its group, or the named seat alone.

        Returns when its running calls are done and its processes are gone. Raises Cancelled when a later load
        overtakes it.
        """
        leaving = [self._unload(seat) for seat in self.seats_of(name)]
        await asyncio.gather(*(gone for gone in leaving if gone is not None))

    def _unload(self, seat: str) -> asyncio.Future[None] | None:
        """What tells that it is gone; None: it is not there."""
        gone = self._askers.to_unload(seat)
        self._tell(happened.UnloadAsked(seat, time.monotonic()))
        return gone

    async def pin(self, name: str, pinned: bool = True) -> None:
        """Never evict it for another one: a variant on its preferred device, or the named seat."""
        self._tell(happened.Pinned(self.seats_of(name)[0], pinned, time.monotonic()))

    async def keep(self, name: str, ttl_s: float | None) -> None:
        """Unload a variant, on every device, or the named seat, after so many seconds without a call; None: it stays
        until others need the room. What has not been used for so long already leaves now, unless it is pinned."""
        for seat in self.seats_of(name):
            self._tell(happened.LifeSet(seat, ttl_s, time.monotonic()))

    def status(self) -> list[dict[str, Any]]:
        """The state of each variant on each seat, for people and metrics, as `rows_of` makes it."""
        tasks = {name: placement.variant.task for name, placement in self.placements.items()}
        return rows_of(self.scheduler.board, self._crew.held, tasks, time.monotonic())

    def used(self) -> dict[str, int]:
        """Bytes taken of each device's budget; those of a worker count until nothing of its process is left."""
        return {device: self.scheduler.used(device) for device in self.budgets}

    def health(self) -> tuple[Trouble, ...]:
        """The variants that cannot be loaded for now, with the reason. Empty when all is well."""
        return self.scheduler.troubles(time.monotonic())

    def _placement(self, variant: str) -> Placement:
        placement = self.placements.get(variant)
        if placement is None:
            raise NotFound(f"no variant {variant!r} is planned on this machine; planned: {', '.join(self.placements)}")
        return placement

    # --- decisions and deeds ------------------------------------------------------------------------

    def _tell(self, *events: happened.Event) -> None:
        """What happened in one moment, in its order."""
        if self._closing or not events:
            return
        commands = self.scheduler.handle(*events)
        for event in events:
            if isinstance(event, happened.MemorySeen | happened.RamSeen):
                self._crew.resize(event.seat, self._wants(event.seat, self.scheduler.seats[event.seat].held))
        for command in commands:
            self._obey(command)
        for event in events:
            self._askers.hear(event)
        self._set_alarm()
        if self._heard:
            self._narrate(events, commands)
        self._watch_health()

    def _narrate(self, events: Sequence[happened.Event], commands: Sequence[do.Command]) -> None:
        """What followed from all of them is told with the last."""
        for event in events:
            followed = commands if event is events[-1] else ()
            for call, sentence in story(event, followed, self.scheduler.board):
                if call in self._heard:
                    self._heard[call](sentence)

    def _obey(self, command: do.Command) -> None:
        crew = self._crew
        match command:
            case do.Load(seat=name):
                crew.load(name, self._wants(name, self.scheduler.seats[name].held))
            case do.Unload(seat=name):
                crew.unload(name)
            case do.Dispatch(seat=name, calls=calls, ahead=ahead):
                crew.run(name, [self._open[call] for call in calls], ahead=ahead)
                crew.resize(name, self._wants(name, self.scheduler.seats[name].held))
            case do.Begun(calls=calls):
                now = time.monotonic()
                for call in self._open.keys() & calls:
                    self._open[call].begin(now)
            case do.CancelRunning(seat=name, call=call):
                crew.cancel(name, call)
            case do.Kill(seat=name):
                crew.kill(name)
            case do.LoadSpare(seat=name):
                crew.load_spare(name, self._wants(name, self.scheduler.seats[name].spare_held))
            case do.Swap(seat=name):
                crew.swap(name)
                self._askers.loaded(name)
            case do.EndSpare(seat=name):
                crew.drop_spare(name)
            case do.LetGo(call=call):
                if call in self._open:
                    self._open[call].let_go()
            case do.Fail(call=call, error=error):
                if call in self._open:
                    fail(self._open[call].answer, error)
            case do.Refuse(seat=name, error=error):
                self._askers.refused(name, error)

    def _wants(self, seat: str, size: int) -> dict[str, int]:
        """By device, what its worker takes that holds `size` bytes of the seat's own one."""
        found = self.scheduler.seats[seat]
        return {device: size if device == found.need.device else found.ram for device in found.devices}

    def _set_alarm(self) -> None:
        """One that rings before it has to is left alone: the Tick then sets the next. Times are moved on with every
        call, and a timer for each would cost more than one that rings for nothing."""
        due = self.scheduler.ring_by()
        if due >= self._rings:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._rings = due
        wait = max(due - time.monotonic(), 0.0) + 0.001
        self._alarm = asyncio.get_running_loop().call_later(wait, self._ring)

    def _ring(self) -> None:
        self._alarm, self._rings = None, math.inf
        self._tell(happened.Tick(time.monotonic()))

    def _watch_health(self) -> None:
        changes = self.scheduler.health_changes()
        if changes != self._health:
            self._health = changes
            self.on_health(self.health())
