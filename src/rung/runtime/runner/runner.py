"""Owns the jobs under way: takes one in, begins it in its turn, moves it to disk, lets it go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel

from rung.runtime.app import App, Operation
from rung.runtime.caller import Caller
from rung.runtime.errors import Conflict, Draining, NotFound
from rung.runtime.jobs import Artifacts, JobRecord, MemoryJobs, new_id
from rung.runtime.jobs.book import JobBook
from rung.runtime.jobs.estimate import History
from rung.runtime.logs import event
from rung.runtime.runner import pulse
from rung.runtime.runner.admission import check
from rung.runtime.runner.desk import Desk
from rung.runtime.runner.direct import DirectCalls
from rung.runtime.runner.keeper import Durable
from rung.runtime.runner.live import Deps, live
from rung.runtime.runner.outputs import files_of
from rung.runtime.runner.stored import files_in
from rung.runtime.runner.terms import Entry, Stopped, Terms
from rung.runtime.settings import Settings

log = logging.getLogger(__name__)

_ALL = 1_000_000
LAST_S = 15.0
"""How long a pipeline may take to let go once it was cancelled for the end of the server."""


class Runner:
    """Runs jobs while it is entered (`async with`); leaving it takes nothing new and ends what runs.

    jobs: of callers who wait. durable: where the others are kept; without it every job lives in memory.
    server: what attempts call this process. ended: told of every job that ended here.
    """

    def __init__(
        self,
        apps: Iterable[App],
        caller: Caller,
        jobs: MemoryJobs,
        artifacts: Artifacts,
        settings: Settings,
        *,
        durable: Durable | None = None,
        server: str = "",
        ended: Callable[[JobRecord], None] = lambda record: None,
    ) -> None:
        self.artifacts = artifacts
        self.durable = durable
        self.jobs = JobBook(jobs, durable.jobs if durable else None)
        self._apps = {app.name: app for app in apps}
        self._memory = jobs
        self._settings = settings
        self._ended = ended
        self.desk = Desk(settings.server.max_running, jobs)
        self._history = History()
        self._draining = False
        self._pulse: asyncio.Task[None] | None = None
        inputs = durable.inputs if durable else artifacts
        self._deps = Deps(
            caller=caller, artifacts=artifacts, inputs=inputs, history=self._history,
            durable=durable.jobs if durable else None, server=server,
            shelves=Path(settings.data_dir) / "shelf" if settings.data_dir else None,
        )  # fmt: skip
        self.direct = DirectCalls(
            caller=caller, desk=self.desk, history=self._history, server=settings.server,
            draining=lambda: self._draining,
        )  # fmt: skip
        self.more = asyncio.Event()
        """Set when jobs that lie on disk could be begun here."""
        self.strange: set[str] = set()
        """Jobs on disk that cannot be begun here."""
        self.lacking = False
        """Whether more of them lay there than were taken the last time."""

    async def __aenter__(self) -> Self:
        """Take over what an earlier server left, and begin it."""
        if self.durable is not None:
            await pulse.take_over(self, self.durable)
            self._pulse = asyncio.create_task(pulse.beat_for_ever(self, self.durable, self._settings.jobs))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain(grace_s=0.0)
        if self._pulse is not None:
            self._pulse.cancel()
            await asyncio.wait({self._pulse})

    # --- what is open ---------------------------------------------------------------------------------------

    @property
    def draining(self) -> bool:
        """Whether new jobs are refused because the end is near."""
        return self._draining

    def amiss(self) -> str:
        """Why new jobs are refused now for want of a place to keep things, with the remedy; empty where nothing is
        known against them. It costs a look at the disk and writes nothing."""
        return self.artifacts.amiss() or (self.durable.amiss() if self.durable is not None else "")

    @property
    def folder(self) -> str:
        """Where what is kept lies, for who runs the server."""
        return self._settings.data_dir

    @property
    def open_jobs(self) -> int:
        """How many jobs are accepted here and have not ended."""
        return len(self.desk.entries)

    async def flush(self) -> None:
        """What was told of the runs so far is written to the jobs on disk, for whoever asks why they wait."""
        for entry in self.desk:
            if entry.flush is not None and not entry.settled and self.desk.on_disk(entry):
                await entry.flush()

    def operation(self, app: str, name: str) -> Operation:
        """The operation of that name. Raises NotFound."""
        found = self._apps[app].operation(name) if app in self._apps else None
        if found is None:
            known = ", ".join(f"{a.name}/{o.name}" for a in self._apps.values() for o in a.operations)
            raise NotFound(f"no operation {app}/{name}; there is {known or 'none'}")
        return found

    # --- taking in --------------------------------------------------------------------------------------------

    async def submit(self, app: str, operation: str, input: BaseModel, terms: Terms | None = None) -> JobRecord:
        """Accept a job; it is begun in its turn. With a known idempotency key: the job that it made first.

        Raises NotFound, QueueFull, Draining, DeadlineUnreachable, DiskFull, KeyReused, Conflict (the first request
        with that key is being accepted just now); then nothing was accepted.
        """
        found, terms = self.operation(app, operation), terms or Terms()
        record = _record(app, operation, terms, kept=terms.kept and self.durable is not None)
        before = await self.durable.known(record, input, terms) if self.durable is not None else None
        if before is not None:
            return before
        held = sum(len(file.data) for file in files_in(input))
        self._check(f"{app}/{operation}", held, terms.deadline_s)
        deadline = time.monotonic() + terms.deadline_s
        entry = Entry(record=record, operation=found, input=input, deadline=deadline, home=self._memory, held=held)
        if record.durable and self.durable is not None:
            return await self._accept(entry, input, terms, self.durable)
        await self._memory.create(record)
        self._join(entry)
        return record

    def _check(self, operation: str, held: int, deadline_s: float) -> None:
        load = self.desk.load(draining=self._draining)
        check(operation, held, deadline_s, load, self._history, self._settings.server)
        self.artifacts.admit(held)

    async def _accept(self, entry: Entry, input: BaseModel, terms: Terms, durable: Durable) -> JobRecord:
        self.desk.arriving.add(entry.id)
        try:
            got, files = await durable.accept(entry.record, input, terms)
        finally:
            self.desk.arriving.discard(entry.id)
        if got.fresh:
            entry.record, entry.home, entry.files = got.record, durable.jobs, files
            if not self._draining:  # else the next server begins it
                self._join(entry)
        return got.record

    def adopt(self, record: JobRecord, files: tuple[str, ...]) -> bool:
        """Take in a queued job that lies on disk: an earlier server's, or one that was given back.

        False: it cannot be begun here, because its app is not installed or its pictures lie with another server.
        """
        assert self.durable is not None
        found = self._apps[record.app].operation(record.operation) if record.app in self._apps else None
        if found is None or not self.durable.has_files(files):
            said = "a waiting job cannot be begun here: its app or its pictures are another server's"
            event(log, said, level=logging.WARNING, job=record.id, app=record.app)
            return False
        left = record.deadline_s if record.deadline_at is None else record.deadline_at - time.time()
        self.durable.inputs.pin(files)
        deadline, home = time.monotonic() + left, self.durable.jobs
        self._join(Entry(record=record, operation=found, input=None, deadline=deadline, home=home, files=files))
        return True

    def _join(self, entry: Entry) -> None:
        entry.task = asyncio.create_task(live(entry, self._deps), name=f"job {entry.id}")
        entry.task.add_done_callback(lambda _: self._leave(entry))
        self.desk.join(entry)

    def _leave(self, entry: Entry) -> None:
        self.desk.leave(entry)
        if self.durable is not None and entry.files:
            self.durable.inputs.unpin(entry.files)
        entry.done.set()
        if self.lacking and self.desk.line.waiting == 0:
            self.more.set()
        if entry.task is not None and not entry.task.cancelled() and (error := entry.task.exception()) is not None:
            event(log, "the end of a job could not be written", level=logging.ERROR, error=error, job=entry.id)
        if entry.record.ended:
            self._ended(entry.record)

    # --- while it runs ------------------------------------------------------------------------------------------

    async def wait(self, job_id: str, timeout_s: float | None = None) -> JobRecord:
        """The job when it has ended, or as it stands after timeout_s. Raises NotFound."""
        entry = self.desk.entries.get(job_id)
        try:
            async with asyncio.timeout(timeout_s):
                if entry is not None:
                    await entry.done.wait()
                else:
                    await self._elsewhere(job_id)
        except TimeoutError:
            pass
        return await self.jobs.get(job_id)

    async def _elsewhere(self, job_id: str) -> None:
        """Until a job that is not open here has ended: its events end with it."""
        if not (await self.jobs.get(job_id)).ended:
            async for _ in self.jobs.events(job_id):
                pass

    async def keep(self, job_id: str) -> None:
        """Put a job on disk that was accepted in memory: its caller goes, and it has to survive the server.

        Raises DiskFull, StoreError; then it is not kept.
        """
        entry = self.desk.entries.get(job_id)
        if self.durable is None or entry is None:
            return
        async with entry.moving:
            if self.desk.on_disk(entry) or (await self._memory.get(job_id)).ended:
                return
            assert entry.input is not None
            entry.files = await self.durable.move(job_id, entry.input, self._memory)
            entry.home, entry.record = self.durable.jobs, replace(entry.record, durable=True)

    async def cancel(self, job_id: str, patience_s: float = 4.0) -> JobRecord:
        """Take the job back; its calls are cancelled with it. The job as it stands at most patience_s later."""
        record = await self.jobs.cancel(job_id, time.time())
        if self.stop(job_id, "cancel"):
            return await self.wait(job_id, patience_s)
        return record

    def stop(self, job_id: str, why: Stopped) -> bool:
        """End the job's task; False when it is not open here, or is writing its end already."""
        entry = self.desk.entries.get(job_id)
        if entry is None or entry.task is None or entry.settled:
            return False
        if not entry.stopped:  # once: a second cancellation would interrupt what the first one has to write
            entry.stopped = why
            entry.task.cancel()
        return True

    async def retry(self, job_id: str) -> JobRecord:
        """A new job from the kept input of one that has ended. Raises NotFound, Conflict, QueueFull, Draining."""
        if self.durable is None or self._memory.holds(job_id):
            raise Conflict("only jobs that were kept on disk can be run again; this one lived in memory")
        before = await self.jobs.get(job_id)
        self._check(f"{before.app}/{before.operation}", 0, before.deadline_s)
        record = await self.durable.jobs.retry(job_id, new_id(), time.time())
        if not self.desk.has(record.id):
            self.adopt(record, (await self.durable.jobs.input_of(record.id)).files)
        return record

    async def delete(self, job_id: str) -> None:
        """Forget an ended job: its row, its input and its results. Raises NotFound, Conflict while it has not ended."""
        record = await self.jobs.get(job_id)
        if not record.ended:
            raise Conflict(f"job {job_id} is {record.status}; cancel it first")
        if self._memory.holds(job_id):
            self._memory.forget(job_id)
        elif self.durable is not None:
            for file_id in await self.durable.jobs.delete(job_id):
                await self.durable.inputs.delete(file_id)
        named = {file_id for other in await self.jobs.list(limit=_ALL) for file_id in files_of(other.output)}
        for file_id in set(files_of(record.output)) - named:  # equal results of two jobs are one file
            await self.artifacts.delete(file_id)

    async def drain(self, grace_s: float) -> None:
        """Accept and begin nothing new, let what runs end within grace_s, then give the rest back.

        Jobs on disk wait there for the next server; those in memory end as cancelled.
        """
        self._draining = True
        for entry in self.desk:
            if not entry.turn.is_set() and self.desk.on_disk(entry):
                self.stop(entry.id, "drain")
        tasks = self._under_way()
        if tasks and grace_s > 0:
            await asyncio.wait(tasks, timeout=grace_s)
        for entry in self.desk:
            self.stop(entry.id, "drain")
        for call in self.direct.open:
            call.end(Draining("the server is going down, and the call with it"))
        left = self._under_way()
        if left:
            _, stuck = await asyncio.wait(left, timeout=LAST_S)
            for task in stuck:
                name = task.get_name() if isinstance(task, asyncio.Task) else "a call"
                log.error("%s does not end although it was cancelled; left behind", name)

    def _under_way(self) -> set[asyncio.Future[Any]]:
        return {*(call.over() for call in self.direct.open), *(e.task for e in self.desk if e.task is not None)}


def _record(app: str, operation: str, terms: Terms, *, kept: bool) -> JobRecord:
    now = time.time()
    return JobRecord(
        id=new_id(),
        app=app,
        operation=operation,
        created=now,
        warnings=terms.warnings,
        policy=terms.policy,
        deadline_s=terms.deadline_s,
        deadline_at=now + terms.deadline_s,
        scope=terms.scope,
        priority=terms.priority,
        durable=kept,
        callback=terms.callback,
        request=terms.request,
    )
