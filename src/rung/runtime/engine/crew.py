"""Owns the workers: each of the scheduler's commands about one is a deed here, and what came of it an event.

A seat has one worker, and for a while a second one when the first is replaced. Workers are named by their seats.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from rung.runtime.engine.beside import moves, ram_beside
from rung.runtime.engine.calls import Open
from rung.runtime.engine.endings import end_of, load_error, no_memory
from rung.runtime.engine.loads import load_limit_s, too_long
from rung.runtime.engine.memory import Denied, Memory, unmeasured
from rung.runtime.engine.observing import load_seen, rest_seen, run_seen
from rung.runtime.engine.ports import Spawner, Worker
from rung.runtime.errors import Cancelled, LoadFailed, OutOfMemory, RungError, WorkerCrashed
from rung.runtime.model import Part, Progress
from rung.runtime.profile import Observe, Seen, unobserved
from rung.runtime.scheduling import events as happened
from rung.runtime.spec import Placement, Strategy
from rung.runtime.workers.process import LoadReport, WorkerAnswer

LOOK_S = 1.0
"""Between two looks at a worker's memory: each costs a millisecond, in a thread."""
RESTED = 2.5
"""After how many times look_s a worker that rests is looked at once more: a second after its last call it gives back
what its calls freed, and what it held at their end would stay booked."""
AGAIN_S = 0.1
"""Between a load that was denied and the answer to it, when it was denied a moment before."""
GLANCE_S = 0.2
"""How long the end of a worker may wait for the figure of what it held."""


@dataclass(slots=True, eq=False)
class Held:
    """A worker, when its load began and ended, and what it held when somebody looked last."""

    worker: Worker
    began: float
    ready: float = 0.0
    report: LoadReport | None = None
    bytes: int | None = None
    looked: float = 0.0
    looking: bool = False
    resting: bool = False
    """Somebody is going to look once more."""
    batches: int = 0
    claim: str = ""
    """Of its memory."""
    wants: Mapping[str, int] = field(default_factory=dict)
    """What was asked for, by device."""
    resizing: bool = False
    strategies: dict[str, Strategy] = field(default_factory=dict)
    """By variant: how its components were held when it ran last."""


@dataclass(slots=True, eq=False)
class _Spare:
    """A second worker. dropped: it is not wanted any more, though it may not have started yet."""

    held: Held | None = None
    dropped: bool = False


@dataclass(slots=True, eq=False)
class Crew:
    """The processes of one machine. members: by seat, what its worker holds, one variant or a group's; tell: given
    every event, those of one moment together; look_s: between two looks at a worker's memory."""

    members: Mapping[str, Sequence[Placement]]
    spawner: Spawner
    tell: Callable[..., None]
    look_s: float = LOOK_S
    observe: Observe = unobserved
    memory: Memory = field(default_factory=unmeasured)
    held: dict[str, Held] = field(default_factory=dict)
    _denied: dict[str, float] = field(default_factory=dict)
    """When a load was denied last."""
    _claims: count[int] = field(default_factory=lambda: count(1))
    _spares: dict[str, _Spare] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _closing: bool = False

    async def close(self) -> None:
        """End every worker and every deed under way."""
        self._closing = True
        held = [*self.held.values(), *(spare.held for spare in self._spares.values() if spare.held)]
        self.held, self._spares = {}, {}
        await asyncio.gather(*(h.worker.end(0.5) for h in held), return_exceptions=True)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.spawner.close()

    # --- the deeds, each begun at once ----------------------------------------------------------------

    def load(self, name: str, wants: Mapping[str, int]) -> None:
        """LoadDone, LoadFailed or LoadDenied follows. wants: bytes that it is given, by device."""
        self._begin(self._load(name, wants))

    def resize(self, name: str, wants: Mapping[str, int]) -> None:
        """Its worker is given more, or less: BudgetSeen follows where more is not there."""
        held = self.held.get(name)
        if held is not None and held.wants != wants:
            held.wants = dict(wants)
            if not held.resizing:
                held.resizing = True
                self._begin(self._resize(held))

    def unload(self, name: str) -> None:
        """UnloadDone follows, when nothing of the process is left."""
        self._begin(self._unload(self.held.pop(name), name))

    def run(self, name: str, calls: Sequence[Open], *, ahead: bool = False) -> None:
        """One CallDone or CallShort for each follows, or WorkerExited. They are on their way when this returns.

        ahead: they begin when what runs there has ended.
        """
        held, now = self.held[name], time.monotonic()
        for one in () if ahead else calls:
            one.begin(now)
        held.batches += 1
        self._look_at(held, name)
        ended = partial(self._ran, held, name, calls)
        unsent: RungError
        try:
            held.worker.begin([one.call for one in calls], _teller(calls), ended)
            return
        except RungError as error:  # the calls never reached the worker
            unsent = error
        except OSError as error:
            unsent = OutOfMemory(f"{name}: the input cannot be handed to its worker ({error})")
        asyncio.get_running_loop().call_soon(ended, [unsent] * len(calls))

    def cancel(self, name: str, call: str) -> None:
        """Asks only."""
        self.held[name].worker.cancel(call)

    def kill(self, name: str) -> None:
        """WorkerExited follows."""
        self._begin(self._kill(self.held[name]))

    def load_spare(self, name: str, wants: Mapping[str, int]) -> None:
        """SpareReady or SpareFailed follows, or SpareGone when it was dropped meanwhile."""
        spare = self._spares[name] = _Spare()
        self._begin(self._load_spare(spare, name, wants))

    def swap(self, name: str) -> None:
        """The second worker becomes the first; SpareGone follows when there was a first one."""
        old, spare = self.held.get(name), self._spares.pop(name)
        assert spare.held is not None, "swapped before it was ready"
        self.held[name] = spare.held
        if old is not None:
            self._begin(self._end_spare(old, name))

    def drop_spare(self, name: str) -> None:
        """SpareGone follows."""
        spare = self._spares.pop(name)
        spare.dropped = True
        if spare.held is None:
            return  # it is being started; `_load_spare` ends it
        if spare.held.ready:
            self._begin(self._end_spare(spare.held, name))
        else:
            self._begin(spare.held.worker.end(0.0))  # the load fails, and `_load_spare` goes on from there

    # --- how they are done ----------------------------------------------------------------------------

    def _begin(self, deed: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(deed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _spawn(self, claim: str, name: str) -> Worker:
        first, *others = self.members[name]
        try:
            return await self.spawner.spawn(first, others)
        except BaseException:
            await self.memory.release(claim)
            raise

    async def _resize(self, held: Held) -> None:
        asked: Mapping[str, int] = {}
        while asked is not held.wants:  # they may change meanwhile
            asked = held.wants
            denied = await self.memory.claim(held.claim, asked)
            if denied is not None:
                self.tell(happened.BudgetSeen(denied.device, denied.bytes, time.monotonic()))
        held.resizing = False

    async def _load(self, name: str, wants: Mapping[str, int]) -> None:
        began = time.monotonic()
        claim, denied = await self._claim(name, wants)
        if denied is not None:
            await self._pause(name)
            self.tell(happened.LoadDenied(name, denied.device, denied.bytes, time.monotonic()))
            return
        try:
            worker = await self._spawn(claim, name)
        except (RungError, OSError) as error:  # OSError: no descriptors, no processes left
            died = isinstance(error, WorkerCrashed)  # its template, before there was a worker
            self.tell(happened.LoadFailed(name, load_error(name, error), time.monotonic(), died))
            return
        held = self.held[name] = Held(worker, began, claim=claim, wants=wants)
        try:
            held.report = await self._loaded(worker, name)
        except (RungError, OSError) as error:
            died = worker.exited.done()
            self.held.pop(name, None)
            await self._end(held, 0.0)
            if died and worker.cause == "oom":
                error, died = no_memory(name, self.members[name], error), False
            self.tell(happened.LoadFailed(name, load_error(name, error), time.monotonic(), died))
            return
        await self.memory.settle(claim, worker.pid)
        self._ready(held, name)
        self.tell(happened.LoadDone(name, held.ready))

    async def _pause(self, name: str) -> None:
        """Figures that contradict each other must not make the scheduler and the machine ask each other for ever."""
        again, self._denied[name] = time.monotonic() - self._denied.get(name, -math.inf) < 1.0, time.monotonic()
        if again:
            await asyncio.sleep(AGAIN_S)

    async def _claim(self, name: str, wants: Mapping[str, int]) -> tuple[str, Denied | None]:
        """The claim's name, and what was denied."""
        claim = f"{name}#{next(self._claims)}"
        return claim, await self.memory.claim(claim, wants)

    async def _loaded(self, worker: Worker, name: str) -> LoadReport:
        limit_s = load_limit_s(self.members[name])
        try:
            async with asyncio.timeout(limit_s):
                return await worker.load()
        except TimeoutError as error:
            raise too_long(name, self.members[name], limit_s) from error

    async def _end(self, held: Held, *grace_s: float) -> None:
        """Return when nothing of the process is left, and its memory is back."""
        async with self.memory.leaving(held.claim):
            await held.worker.end(*grace_s)

    def _ready(self, held: Held, name: str) -> None:
        held.ready = held.looked = time.monotonic()
        held.worker.exited.add_done_callback(lambda exited: self._exited(held, name, exited))
        if (
            held.report is not None
            and (seen := load_seen(self.members[name], held.worker.pid, held.report)) is not None
        ):
            self.observe(seen)

    def _exited(self, held: Held, name: str, exited: asyncio.Future[str]) -> None:
        if not self._closing and not exited.cancelled():
            self._begin(self._bury(held, name, exited.result()))

    async def _bury(self, held: Held, name: str, reason: str) -> None:
        await self._end(held, 0.0)  # its children too: only then is its memory back
        now = time.monotonic()
        if self.held.get(name) is held:
            del self.held[name]
            self.tell(happened.WorkerExited(name, reason, now, held.worker.cause, held.bytes))
        elif (spare := self._spares.get(name)) is not None and spare.held is held:
            del self._spares[name]
            self.tell(happened.SpareFailed(name, LoadFailed(reason), now))

    async def _unload(self, held: Held, name: str) -> None:
        await self._end(held)
        self.tell(happened.UnloadDone(name, time.monotonic()))

    async def _kill(self, held: Held) -> None:
        with suppress(TimeoutError):  # of a process that is stuck in the kernel even this may not be answered
            async with asyncio.timeout(GLANCE_S):
                held.bytes = await asyncio.to_thread(held.worker.memory) or held.bytes
        await held.worker.end(0.0)

    async def _load_spare(self, spare: _Spare, name: str, wants: Mapping[str, int]) -> None:
        held: Held | None = None
        try:
            began = time.monotonic()
            claim, denied = await self._claim(name, wants)
            if denied is not None:
                raise OutOfMemory(f"{name}: no memory for a second worker beside the first")
            held = Held(await self._spawn(claim, name), began, claim=claim, wants=wants)
            if spare.dropped:
                raise Cancelled(f"{name}: the replacement is not needed")
            spare.held = held
            held.report = await self._loaded(held.worker, name)
            if spare.dropped:
                raise Cancelled(f"{name}: the replacement is not needed")
        except (RungError, OSError) as error:
            if held is not None:
                await self._end(held, 0.0)
            if spare.dropped:
                self.tell(happened.SpareGone(name, time.monotonic()))
            else:
                del self._spares[name]
                self.tell(happened.SpareFailed(name, load_error(name, error), time.monotonic()))
            return
        await self.memory.settle(held.claim, held.worker.pid)
        self._ready(held, name)
        self.tell(happened.SpareReady(name, held.ready))

    async def _end_spare(self, held: Held, name: str) -> None:
        await self._end(held)
        self.tell(happened.SpareGone(name, time.monotonic()))

    def _ran(self, held: Held, name: str, calls: Sequence[Open], outcomes: Sequence[WorkerAnswer | RungError]) -> None:
        """The scheduler hears of it first, so that the worker has its next batch before the callers have their
        answers."""
        held.batches -= 1
        if self.held.get(name) is not held:
            return  # the worker died meanwhile: the scheduler has given its calls to another
        ends = [end_of(one.call.id, outcome, time.monotonic()) for one, outcome in zip(calls, outcomes, strict=True)]
        self.tell(*[end for end in ends if end is not None], *self._moved(held, name, calls, outcomes))
        for one, outcome, end in zip(calls, outcomes, ends, strict=True):
            if isinstance(end, happened.CallDone):
                one.resolve(outcome, held.began, held.ready)
        self._observed(run_seen(self.members[name], calls[0].call.variant, calls[0].pixels, held.report, outcomes))
        self._look_at(held, name)

    def _moved(
        self, held: Held, name: str, calls: Sequence[Open], outcomes: Sequence[WorkerAnswer | RungError]
    ) -> Iterator[happened.RamSeen]:
        """What it keeps in RAM now, where a call found its components held otherwise than the one before."""
        members = self.members[name]
        if not moves(members):
            return
        pairs = zip(calls, outcomes, strict=True)
        told = {one.call.variant: got.strategy for one, got in pairs if isinstance(got, WorkerAnswer)}
        if not told.items() <= held.strategies.items():
            held.strategies |= told
            yield happened.RamSeen(name, ram_beside(members, held.strategies), time.monotonic())

    def _observed(self, seen: Seen | None) -> None:
        if seen is not None:
            self.observe(seen)

    # --- memory ---------------------------------------------------------------------------------------

    def _look_at(self, held: Held, name: str) -> None:
        """See to it that somebody looks at its memory within look_s, while calls run and after them."""
        if not held.looking and not self._closing:
            held.looking = True
            self._begin(self._look(held, name))

    async def _look(self, held: Held, name: str) -> None:
        await asyncio.sleep(max(held.looked + self.look_s - time.monotonic(), 0.0))
        resting = not held.batches
        size = await asyncio.to_thread(held.worker.memory)
        held.looked, held.looking = time.monotonic(), False
        if size is not None and self.held.get(name) is held:
            held.bytes = size
            if resting and not held.batches:
                self._observed(rest_seen(self.members[name], held.worker.pid, size))
            there = await self.memory.settle(held.claim, held.worker.pid)
            self.tell(happened.MemorySeen(name, size, held.looked, there.get(self.members[name][0].device)))
            if held.batches or not resting:  # a call may have ended while its worker was looked at
                self._look_at(held, name)
            elif not held.resting:
                held.resting = True
                self._begin(self._look_once_more(held, name))

    async def _look_once_more(self, held: Held, name: str) -> None:
        await asyncio.sleep(self.look_s * RESTED)
        if not held.batches:
            await self._look(held, name)
        held.resting = False


def _teller(calls: Sequence[Open]) -> Callable[[str, Progress | Part], None]:
    """Hands on what is told of a call that goes on."""
    return lambda call, said: next(one for one in calls if one.call.id == call).on_outcome(call, said)
