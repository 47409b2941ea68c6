"""One machine: joins decisions to deeds. The one object with mutable state.

Every event goes through `Scheduler.handle`; every command that comes back is one deed here. Runs on one
asyncio loop; nothing else touches the scheduler.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Protocol, Self

from rung.runtime.errors import Cancelled, Draining, LoadFailed, NotFound, OutOfMemory, RungError, WorkerCrashed
from rung.runtime.model import Part, Progress
from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.seats import Need
from rung.runtime.spec import Placement
from rung.runtime.workers.process import LoadReport, WorkerAnswer, WorkerCall

OnOutcome = Callable[[str, Progress | Part], None]
Tell = Callable[[str], None]
"""Given a sentence for each decision about a call."""


class Worker(Protocol):
    """The process that holds a variant, as the engine uses it."""

    pid: int
    exited: asyncio.Future[str]

    async def load(self) -> LoadReport:
        """Take the model into memory."""

    async def run(self, calls: Sequence[WorkerCall], on_outcome: OnOutcome = ...) -> list[WorkerAnswer | RungError]:
        """Answer the calls together."""

    def cancel(self, call_id: str) -> None:
        """Nobody wants it any more."""

    async def end(self, grace_s: float = ...) -> None:
        """Return when the process is gone."""

    def memory(self) -> int | None:
        """Bytes now."""


class Spawner(Protocol):
    """Where workers come from."""

    async def spawn(self, placement: Placement) -> Worker:
        """A worker, not loaded."""

    async def close(self) -> None:
        """End them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """An answer with its times: queue_s before it ran, without load_s, which it spent waiting for a load."""

    output: Any
    queue_s: float
    load_s: float
    run_s: float
    peak_bytes: int | None
    cached: tuple[str, ...]
    warnings: tuple[str, ...]
    attempts: int


@dataclass(slots=True)
class _Open:
    """A call that somebody awaits."""

    call: WorkerCall
    answer: asyncio.Future[EngineAnswer]
    on_outcome: OnOutcome
    arrived: float
    started: float = 0.0
    attempts: int = 0


@dataclass(slots=True)
class _Held:
    """A worker, and when it was loaded."""

    worker: Worker
    began: float
    ready: float | None = None
    report: LoadReport | None = None


def need_of(placement: Placement) -> Need:
    """What the scheduler has to know of a placement."""
    variant = placement.variant
    return Need(
        variant=variant.name,
        device=placement.device,
        peak=placement.footprint.peak(),
        threads=0 if variant.light else placement.threads,
        max_concurrent=variant.max_concurrent,
        max_batch=placement.caps.get("batch", variant.max_batch),
        limit_s=variant.limit_s,
    )


@dataclass
class Engine:
    """Holds the workers of one machine. Use it with `async with`: at the end all of them are gone.

    placements: every rung that may be asked for. budgets: bytes per device id. cores: for running calls.
    """

    placements: Mapping[str, Placement]
    budgets: Mapping[str, int]
    cores: int
    spawner: Spawner
    record: Callable[[happened.Event, Sequence[do.Command]], None] = lambda event, commands: None
    _open: dict[str, _Open] = field(default_factory=dict, init=False)
    _held: dict[str, _Held] = field(default_factory=dict, init=False)
    _asked: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict, init=False)
    _leaving: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict, init=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    _alarm: asyncio.TimerHandle | None = field(default=None, init=False)
    _closing: bool = field(default=False, init=False)
    _ids: count[int] = field(default_factory=lambda: count(1), init=False)

    def __post_init__(self) -> None:
        """The scheduler over these placements."""
        needs = [need_of(p) for p in self.placements.values()]
        self.scheduler = Scheduler(needs, self.budgets, self.cores, record=self.record)

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
            _fail(opened.answer, Cancelled("the runtime is going down"))
        for name in [*self._asked, *self._leaving]:
            self._settle_asked(name, Draining("the runtime is going down"))
            self._settle_leaving(name)
        held, self._held = self._held, {}
        await asyncio.gather(*(h.worker.end(0.5) for h in held.values()), return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.spawner.close()

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
        tell: Tell = lambda sentence: None,
    ) -> EngineAnswer:
        """Run one call on that variant, loading it if need be. deadline: time.monotonic() seconds.

        Raises a RungError. When the awaiting task is cancelled the call is taken back.
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
        )
        opened = _Open(call, asyncio.get_running_loop().create_future(), on_outcome, time.monotonic())
        self._open[call.id] = opened
        self._tell(happened.CallArrived(call.id, variant, deadline, opened.arrived))
        try:
            return await opened.answer
        except asyncio.CancelledError:
            self._tell(happened.CallCancelled(call.id, time.monotonic()))
            raise
        finally:
            self._open.pop(call.id, None)

    async def load(self, variant: str) -> None:
        """Take a variant into memory. Raises what kept it out; Cancelled when a later unload overtakes it."""
        self._placement(variant)
        self._settle_leaving(variant, Cancelled(f"{variant}: a later load overtook this unload"))
        asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(variant, []).append(asked)
        self._tell(happened.LoadAsked(variant, time.monotonic()))
        if self.scheduler.seats[variant].state == "ready":
            self._settle_asked(variant, None)
        await asked

    async def unload(self, variant: str) -> None:
        """Take a variant out of memory; returns when its running calls are done and the process is gone.

        Raises Cancelled when a later load overtakes it.
        """
        self._placement(variant)
        self._settle_asked(variant, Cancelled(f"{variant}: a later unload overtook this load"))
        if self.scheduler.seats[variant].state == "unloaded":
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
        return [self._row(name) for name in self.placements]

    def _row(self, name: str) -> dict[str, Any]:
        seat, held = self.scheduler.seats[name], self._held.get(name)
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
        for command in self.scheduler.handle(event):
            self._obey(command)
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = self.scheduler.next_alarm()
        if due is not None:
            loop = asyncio.get_running_loop()
            wait = max(due - time.monotonic(), 0.0) + 0.001
            self._alarm = loop.call_later(wait, lambda: self._tell(happened.Tick(time.monotonic())))

    def _obey(self, command: do.Command) -> None:
        match command:
            case do.Load(variant=name):
                self._spawn(self._load(name))
            case do.Unload(variant=name):
                self._spawn(self._unload(self._held.pop(name), name))
            case do.Dispatch(variant=name, calls=calls):
                self._spawn(self._run(self._held[name], name, [self._open[c] for c in calls]))
            case do.CancelRunning(variant=name, call=call):
                self._held[name].worker.cancel(call)
            case do.Kill(variant=name):
                self._spawn(self._held[name].worker.end(0.0))
            case do.Fail(call=call, error=error):
                if call in self._open:
                    _fail(self._open[call].answer, error)
            case do.Refuse(variant=name, error=error):
                self._settle_asked(name, error)

    def _spawn(self, deed: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(deed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _load(self, name: str) -> None:
        began = time.monotonic()
        try:
            worker = await self.spawner.spawn(self.placements[name])
        except (RungError, OSError) as error:  # OSError: no descriptors, no processes left
            self._load_failed(name, _load_error(name, error))
            return
        held = self._held[name] = _Held(worker, began)
        try:
            held.report = await worker.load()
        except (RungError, OSError) as error:
            self._held.pop(name, None)
            await worker.end(0.0)
            self._load_failed(name, _load_error(name, error))
            return
        held.ready = time.monotonic()
        self._tell(happened.LoadDone(name, held.ready))
        self._settle_asked(name, None)
        worker.exited.add_done_callback(lambda exited: self._exited(name, held, exited))

    def _load_failed(self, name: str, error: RungError) -> None:
        self._tell(happened.LoadFailed(name, error, time.monotonic()))
        self._settle_asked(name, error)
        self._settle_leaving(name)

    def _settle_asked(self, name: str, error: RungError | None) -> None:
        _settle(self._asked.pop(name, []), error)

    def _exited(self, name: str, held: _Held, exited: asyncio.Future[str]) -> None:
        if self._held.get(name) is not held or exited.cancelled():
            return
        del self._held[name]
        self._tell(happened.WorkerExited(name, exited.result(), time.monotonic()))
        self._settle_leaving(name)

    async def _unload(self, held: _Held, name: str) -> None:
        await held.worker.end()
        self._tell(happened.UnloadDone(name, time.monotonic()))
        self._settle_leaving(name)

    def _settle_leaving(self, name: str, error: RungError | None = None) -> None:
        _settle(self._leaving.pop(name, []), error)

    async def _run(self, held: _Held, name: str, opened: list[_Open]) -> None:
        now = time.monotonic()
        for one in opened:
            one.started, one.attempts = now, one.attempts + 1
        routed = {one.call.id: one.on_outcome for one in opened}
        outcomes: Sequence[WorkerAnswer | RungError]
        try:
            outcomes = await held.worker.run([o.call for o in opened], lambda call, said: routed[call](call, said))
        except RungError as error:  # the calls never reached the worker: their input cannot be sent
            outcomes = [error] * len(opened)
        except OSError as error:
            outcomes = [OutOfMemory(f"{name}: the input cannot be handed to its worker ({error})")] * len(opened)
        if self._held.get(name) is not held:
            return  # the worker died meanwhile: the scheduler has given its calls to another
        for one, outcome in zip(opened, outcomes, strict=True):
            if isinstance(outcome, WorkerCrashed):
                continue  # WorkerExited follows, and the scheduler decides what becomes of the call
            _resolve(one, outcome, held)
            self._tell(happened.CallDone(one.call.id, time.monotonic()))


def _resolve(opened: _Open, outcome: WorkerAnswer | RungError, held: _Held) -> None:
    if isinstance(outcome, RungError):
        _fail(opened.answer, outcome)
        return
    ready = held.ready if held.ready is not None else held.began
    load_s = max(0.0, min(ready, opened.started) - max(opened.arrived, held.began))
    if not opened.answer.done():
        opened.answer.set_result(
            EngineAnswer(
                output=outcome.output,
                queue_s=max(0.0, opened.started - opened.arrived - load_s),
                load_s=load_s,
                run_s=outcome.run_s,
                peak_bytes=outcome.peak_bytes,
                cached=outcome.cached,
                warnings=outcome.warnings,
                attempts=opened.attempts,
            )
        )


def _settle(waiting: Sequence[asyncio.Future[None]], error: RungError | None) -> None:
    for future in waiting:
        if error is not None:
            _fail(future, error)
        elif not future.done():
            future.set_result(None)


def _load_error(name: str, error: RungError | OSError) -> RungError:
    if isinstance(error, RungError):
        return error
    return LoadFailed(f"{name}: no worker could be started ({error.strerror or error})")


def _fail(future: asyncio.Future[Any], error: RungError) -> None:
    if not future.done():
        future.set_exception(error)


__all__ = ["Engine", "EngineAnswer", "Spawner", "Worker", "need_of"]
