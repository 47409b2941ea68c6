"""One machine: joins decisions to deeds. The one object with mutable state.

Every event goes through `Scheduler.handle`; every command that comes back is one deed of the crew. Runs on one
asyncio loop; nothing else touches the scheduler.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

from rung.runtime.engine.calls import EngineAnswer, Open, fail, settle
from rung.runtime.engine.crew import LOOK_S, Crew
from rung.runtime.engine.needs import need_of
from rung.runtime.engine.ports import OnOutcome, Spawner, Tell, unasked
from rung.runtime.errors import Cancelled, Draining, NotFound
from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.health import Trouble
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.story import story
from rung.runtime.spec import Placement
from rung.runtime.workers.process import WorkerCall


@dataclass
class Engine:
    """Holds the workers of one machine. Use it with `async with`: at the end all of them are gone.

    placements: every rung that may be asked for. budgets: bytes per device id. cores: for running calls.
    on_health: given all troubles whenever they change; it must not raise, and not take long.
    look_s: between two looks at a worker's memory.
    """

    placements: Mapping[str, Placement]
    budgets: Mapping[str, int]
    cores: int
    spawner: Spawner
    record: Callable[[happened.Event, Sequence[do.Command]], None] = lambda event, commands: None
    on_health: Callable[[Sequence[Trouble]], None] = lambda troubles: None
    look_s: float = LOOK_S
    _open: dict[str, Open] = field(default_factory=dict, init=False)
    _heard: dict[str, Tell] = field(default_factory=dict, init=False)
    _asked: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict, init=False)
    _leaving: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict, init=False)
    _alarm: asyncio.TimerHandle | None = field(default=None, init=False)
    _closing: bool = field(default=False, init=False)
    _health: int = field(default=0, init=False)
    _ids: count[int] = field(default_factory=lambda: count(1), init=False)

    def __post_init__(self) -> None:
        """The scheduler and the crew over these placements."""
        needs = [need_of(p) for p in self.placements.values()]
        self.scheduler = Scheduler(needs, self.budgets, self.cores, record=self.record)
        self._crew = Crew(self.placements, self.spawner, self._tell, self.look_s)

    async def __aenter__(self) -> Self:
        """Nothing is started: the first call loads."""
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
        for name in [*self._asked, *self._leaving]:
            settle(self._asked.pop(name, []), Draining("the runtime is going down"))
            settle(self._leaving.pop(name, []), None)
        await self._crew.close()
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
    ) -> EngineAnswer:
        """Run one call on that variant, loading it if need be. deadline: time.monotonic() seconds.

        Raises a RungError. DeadlineExceeded comes at the deadline, although the worker may be busy with the call for
        a moment more. When the awaiting task is cancelled the call is taken back, and the cancellation goes on when
        nothing of the call runs any more: a worker that does not let go within two seconds is ended.
        """
        if self._closing:
            raise Draining("the runtime is going down and takes no new call")
        task = self._placement(variant).variant.task
        call = WorkerCall(
            id=f"c{next(self._ids)}",
            task=task,
            input=input,
            seed=seed,
            options=options or {},
            scope=scope,
            deadline=deadline,
            variant=variant,
        )
        opened = Open(call, asyncio.get_running_loop().create_future(), on_outcome, time.monotonic())
        self._open[call.id] = opened
        if tell is not unasked:
            self._heard[call.id] = tell
        self._tell(happened.CallArrived(call.id, variant, deadline, opened.arrived))
        try:
            return await opened.answer
        except asyncio.CancelledError:
            await self._take_back(opened, deadline)
            raise
        finally:
            self._open.pop(call.id, None)
            self._heard.pop(call.id, None)

    async def _take_back(self, opened: Open, deadline: float) -> None:
        """Nobody wants the call any more. Past its deadline nobody waits for its end either."""
        opened.over = asyncio.get_running_loop().create_future()
        now = time.monotonic()
        self._tell(happened.CallCancelled(opened.call.id, now))
        if now < deadline and not self._closing:
            await opened.over

    async def load(self, variant: str) -> None:
        """Take a variant into memory, in quarantine too. Raises what kept it out; Cancelled when a later unload
        overtakes it."""
        self._placement(variant)
        settle(self._leaving.pop(variant, []), Cancelled(f"{variant}: a later load overtook this unload"))
        asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(variant, []).append(asked)
        self._tell(happened.LoadAsked(variant, time.monotonic()))
        if self.scheduler.seats[variant].state == "ready":
            settle(self._asked.pop(variant, []), None)
        await asked

    async def unload(self, variant: str) -> None:
        """Take a variant out of memory; returns when its running calls are done and the process is gone.

        Raises Cancelled when a later load overtakes it.
        """
        self._placement(variant)
        settle(self._asked.pop(variant, []), Cancelled(f"{variant}: a later unload overtook this load"))
        if self.scheduler.seats[variant].state == "unloaded":
            self._tell(happened.UnloadAsked(variant, time.monotonic()))
            return
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaving.setdefault(variant, []).append(gone)
        self._tell(happened.UnloadAsked(variant, time.monotonic()))
        await gone

    async def pin(self, variant: str, pinned: bool = True) -> None:
        """Never evict it for another one."""
        self._placement(variant)
        self._tell(happened.Pinned(variant, pinned, time.monotonic()))

    def status(self) -> list[dict[str, Any]]:
        """Each variant's state, for people and metrics. bytes: measured where it runs, else None."""
        troubles = {trouble.variant: trouble for trouble in self.health()}
        return [self._row(name, troubles.get(name)) for name in self.placements]

    def used(self) -> dict[str, int]:
        """Bytes taken of each device's budget; those of a worker count until nothing of its process is left."""
        return {device: self.scheduler.used(device) for device in self.budgets}

    def health(self) -> tuple[Trouble, ...]:
        """The variants that cannot be loaded for now, with the reason. Empty when all is well."""
        return self.scheduler.troubles(time.monotonic())

    def _row(self, name: str, trouble: Trouble | None) -> dict[str, Any]:
        seat, held = self.scheduler.seats[name], self._crew.held.get(name)
        return {
            "variant": name,
            "task": self.placements[name].variant.task,
            "device": seat.need.device,
            "state": seat.state,
            "running": len(seat.running),
            "queued": len(seat.queue),
            "pinned": seat.pinned,
            "pid": held.worker.pid if held else None,
            "bytes": held.worker.memory() if held else None,
            "reserved": seat.bytes,
            "load_s": held.report.load_s if held and held.report else None,
            "restarts": seat.restarts,
            "trouble": asdict(trouble) if trouble else None,
        }

    def _placement(self, variant: str) -> Placement:
        placement = self.placements.get(variant)
        if placement is None:
            raise NotFound(f"no variant {variant!r} is planned on this machine; planned: {', '.join(self.placements)}")
        return placement

    # --- decisions and deeds ------------------------------------------------------------------------

    def _tell(self, event: happened.Event) -> None:
        if self._closing:
            return
        commands = self.scheduler.handle(event)
        for command in commands:
            self._obey(command)
        self._answer_askers(event)
        self._set_alarm()
        if self._heard:
            self._narrate(event, commands)
        self._watch_health()

    def _narrate(self, event: happened.Event, commands: Sequence[do.Command]) -> None:
        for call, sentence in story(event, commands, self.scheduler.board):
            if call in self._heard:
                self._heard[call](sentence)

    def _obey(self, command: do.Command) -> None:
        crew = self._crew
        match command:
            case do.Load(variant=name):
                crew.load(name)
            case do.Unload(variant=name):
                crew.unload(name)
            case do.Dispatch(variant=name, calls=calls):
                crew.run(name, [self._open[call] for call in calls])
            case do.CancelRunning(variant=name, call=call):
                crew.cancel(name, call)
            case do.Kill(variant=name):
                crew.kill(name)
            case do.LoadSpare(variant=name):
                crew.load_spare(name)
            case do.Swap(variant=name):
                crew.swap(name)
                settle(self._asked.pop(name, []), None)
            case do.EndSpare(variant=name):
                crew.drop_spare(name)
            case do.LetGo(call=call):
                if call in self._open:
                    self._open[call].let_go()
            case do.Fail(call=call, error=error):
                if call in self._open:
                    fail(self._open[call].answer, error)
            case do.Refuse(variant=name, error=error):
                settle(self._asked.pop(name, []), error)

    def _answer_askers(self, event: happened.Event) -> None:
        """Loads and unloads that were asked for without a call, and that this event has ended."""
        match event:
            case happened.LoadDone(variant=name):
                settle(self._asked.pop(name, []), None)
            case happened.LoadFailed(variant=name, error=error):
                settle(self._asked.pop(name, []), error)
                settle(self._leaving.pop(name, []), None)
            case happened.UnloadDone(variant=name) | happened.WorkerExited(variant=name):
                settle(self._leaving.pop(name, []), None)
            case _:
                pass

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self.scheduler.next_alarm()
        if due is not None:
            loop = asyncio.get_running_loop()
            wait = max(due - time.monotonic(), 0.0) + 0.001
            self._alarm = loop.call_later(wait, lambda: self._tell(happened.Tick(time.monotonic())))

    def _watch_health(self) -> None:
        changes = self.scheduler.health_changes()
        if changes != self._health:
            self._health = changes
            self.on_health(self.health())
