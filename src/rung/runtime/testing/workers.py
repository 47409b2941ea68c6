"""Workers without processes, for tests of the engine: they answer, crash and fail to load as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.errors import Cancelled, LoadFailed, RungError, WorkerCrashed
from rung.runtime.model import Part, Progress
from rung.runtime.spec import Placement
from rung.runtime.workers.process import LoadReport, WorkerAnswer, WorkerCall

Answerer = Callable[[WorkerCall], Any]


@dataclass
class FakeWorker:
    """Answers each call with `answer(call)`: a value is an output, a RungError its error, a WorkerAnswer all.

    `hold`: while the event is not set, calls stay running. `die` ends it as a crash would.
    """

    placement: Placement
    answer: Answerer
    hold: asyncio.Event
    load_error: RungError | None = None
    run_error: Exception | None = None
    """Raised by `run`, as when an input cannot be sent."""
    pid: int = 0
    cause: str = ""
    bytes: int | None = None
    """What `memory` says."""
    deaf: bool = False
    """It goes on with calls that were cancelled."""
    dies_at_load: bool = False
    stuck: bool = False
    """Its load does not end."""
    exited: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    others: Sequence[Placement] = ()
    """The other members of its group."""
    cancelled: set[str] = field(default_factory=set)
    batches: list[list[Any]] = field(default_factory=list)
    """The inputs of each batch that it was given."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _running: list[asyncio.Future[None]] = field(default_factory=list)
    """The batches under way, oldest first. Where the variant takes one at a time, the others wait their turn."""

    async def load(self) -> LoadReport:
        """At once, or the error it was given; while `stuck`, never."""
        if self.stuck:
            await asyncio.shield(self.exited)
        if self.dies_at_load:
            self.die("killed while it loaded")
            raise LoadFailed(f"{self.placement.variant.name}: {self.exited.result()}")
        if self.load_error is not None:
            raise self.load_error
        return LoadReport(load_s=0.0, resident_bytes=None)

    async def run(self, calls: Sequence[WorkerCall]) -> list[WorkerAnswer | RungError]:
        """As `begin`, and the outcomes."""
        ended: asyncio.Future[list[WorkerAnswer | RungError]] = asyncio.get_running_loop().create_future()
        self.begin(calls, lambda call, said: None, ended.set_result)
        return await ended

    def begin(
        self,
        calls: Sequence[WorkerCall],
        on_outcome: Callable[[str, Progress | Part], None],
        on_end: Callable[[list[WorkerAnswer | RungError]], None],
    ) -> None:
        """Wait for `hold` or for the end of the batch's last call, then answer; dead meanwhile: WorkerCrashed."""
        if self.run_error is not None:
            raise self.run_error
        self.batches.append([call.input for call in calls])
        before = self._running[-1:] if self.placement.variant.max_concurrent == 1 else []
        running = asyncio.ensure_future(self._run(calls, on_end, before))
        self._running.append(running)
        running.add_done_callback(self._running.remove)

    async def _run(
        self,
        calls: Sequence[WorkerCall],
        on_end: Callable[[list[WorkerAnswer | RungError]], None],
        before: Sequence[asyncio.Future[None]],
    ) -> None:
        if before:
            await asyncio.wait(before)
        waiting = asyncio.ensure_future(self.hold.wait())
        unwanted = asyncio.ensure_future(self._unwanted([call.id for call in calls]))
        either: set[asyncio.Future[Any]] = {waiting, unwanted, self.exited}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        unwanted.cancel()
        if self.exited.done():
            on_end([WorkerCrashed(self.exited.result()) for _ in calls])
        else:
            on_end([self._one(call) for call in calls])

    async def _unwanted(self, ids: Sequence[str]) -> None:
        while self.deaf or not self.cancelled.issuperset(ids):
            self._changed.clear()
            await self._changed.wait()

    def _one(self, call: WorkerCall) -> WorkerAnswer | RungError:
        if call.id in self.cancelled and not self.deaf:
            return Cancelled(f"{call.id} was cancelled")
        output = self.answer(call)
        if isinstance(output, RungError | WorkerAnswer):
            return output
        return WorkerAnswer(output=output, run_s=0.0, peak_bytes=None, cached=(), warnings=())

    def cancel(self, call_id: str) -> None:
        """A call under way answers Cancelled, unless the worker is deaf."""
        self.cancelled.add(call_id)
        self._changed.set()

    async def end(self, grace_s: float = 2.0) -> None:
        """At once."""
        self.die("ended")

    def die(self, reason: str, cause: str = "") -> None:
        """The process is gone."""
        if not self.exited.done():
            self.cause = cause
            self.exited.set_result(reason)

    def memory(self) -> int | None:
        """What the test says; there is no process."""
        return None if self.exited.done() else self.bytes


@dataclass
class FakeSpawner:
    """Makes FakeWorkers. `workers` keeps them in the order of their start."""

    answer: Answerer = lambda call: call.input
    load_error: Callable[[str], RungError | None] = lambda variant: None
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    dies_at_load: Callable[[], bool] = lambda: False
    deaf: bool = False
    stuck: Callable[[str], bool] = lambda variant: False
    workers: list[FakeWorker] = field(default_factory=list)
    closed: bool = False

    async def spawn(self, placement: Placement, others: Sequence[Placement] = ()) -> FakeWorker:
        """A worker that obeys this spawner's settings."""
        name = placement.variant.name
        worker = FakeWorker(placement, self.answer, self.hold, self.load_error(name), pid=len(self.workers) + 1)
        worker.dies_at_load, worker.deaf, worker.stuck = self.dies_at_load(), self.deaf, self.stuck(name)
        worker.others = others
        self.workers.append(worker)
        return worker

    async def close(self) -> None:
        """All end."""
        self.closed = True
        for worker in self.workers:
            worker.die("closed")
