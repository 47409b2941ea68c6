"""Owns the jobs under way: takes one in, runs its pipeline in a task, keeps what came of it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from rung.runtime.app import App, File, Operation
from rung.runtime.errors import (
    Cancelled,
    DeadlineExceeded,
    Draining,
    ModelFailed,
    NotFound,
    QueueFull,
    RungError,
)
from rung.runtime.job import Caller, Job
from rung.runtime.jobs import Artifacts, Ending, Failure, JobRecord, JobStore, Reporter, Status, failure_of, new_id
from rung.runtime.spec import GiB, Policy, Settings
from rung.runtime.tasks import Picture

log = logging.getLogger(__name__)

DEADLINE_S = 600.0
"""Of a job whose caller gave none."""
RUNNING = 32
"""Pipelines at once; the models' own queues order the calls, this bounds what the pipelines hold."""
HELD_BYTES = 1 * GiB
"""Encoded pictures that accepted jobs may hold together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Accepted:
    record: JobRecord
    operation: Operation
    input: BaseModel
    deadline: float
    held: int


class Runner:
    """Runs jobs while it is entered (`async with`); leaving it takes nothing new and ends what runs."""

    def __init__(
        self, apps: Iterable[App], caller: Caller, jobs: JobStore, artifacts: Artifacts, settings: Settings
    ) -> None:
        self.jobs = jobs
        self.artifacts = artifacts
        self._apps = {app.name: app for app in apps}
        self._caller = caller
        self._queue = settings.server.max_queue
        self._slots = asyncio.Semaphore(RUNNING)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[str] = set()
        self._held = 0
        self._draining = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain(grace_s=0.0)

    @property
    def draining(self) -> bool:
        """Whether new jobs are refused because the end is near."""
        return self._draining

    @property
    def open_jobs(self) -> int:
        """How many jobs are accepted and have not ended."""
        return len(self._tasks)

    def operation(self, app: str, name: str) -> Operation:
        """The operation of that name. Raises NotFound."""
        found = self._apps[app].operation(name) if app in self._apps else None
        if found is None:
            known = ", ".join(f"{a.name}/{o.name}" for a in self._apps.values() for o in a.operations)
            raise NotFound(f"no operation {app}/{name}; there is {known or 'none'}")
        return found

    async def submit(
        self,
        app: str,
        operation: str,
        input: BaseModel,
        *,
        policy: Policy | None = None,
        deadline_s: float | None = None,
        scope: str = "",
        warnings: tuple[str, ...] = (),
    ) -> JobRecord:
        """Accept a job and start it. Raises NotFound, QueueFull, Draining; then nothing was accepted."""
        found = self.operation(app, operation)
        held = sum(len(picture.data) for picture in _pictures(input))
        self._admit(held)
        seconds = DEADLINE_S if deadline_s is None else deadline_s
        record = JobRecord(
            id=new_id(),
            app=app,
            operation=operation,
            created=time.time(),
            warnings=warnings,
            policy=policy or Policy(),
            deadline_s=seconds,
            scope=scope,
        )
        accepted = _Accepted(
            record=record, operation=found, input=input, deadline=time.monotonic() + seconds, held=held
        )
        self._held += held
        try:
            await self.jobs.create(record)
        except BaseException:
            self._held -= held
            raise
        task = asyncio.create_task(self._live(accepted), name=f"job {record.id}")
        self._tasks[record.id] = task
        task.add_done_callback(lambda _: self._forget(record.id, held))
        return record

    async def wait(self, job_id: str, timeout_s: float | None = None) -> JobRecord:
        """The job when it has ended, or as it stands after timeout_s. Raises NotFound."""
        task = self._tasks.get(job_id)
        if task is not None:
            await asyncio.wait({task}, timeout=timeout_s)
        return await self.jobs.get(job_id)

    async def cancel(self, job_id: str, patience_s: float = 2.0) -> JobRecord:
        """Take the job back; its calls are cancelled with it. The job as it stands at most patience_s later."""
        record = await self.jobs.cancel(job_id, time.time())
        task = self._tasks.get(job_id)
        if task is None or record.ended:
            return record
        self._stop(job_id)
        return await self.wait(job_id, patience_s)

    async def drain(self, grace_s: float) -> None:
        """Accept nothing new, let what runs end within grace_s, cancel the rest and see it end."""
        self._draining = True
        if self._tasks and grace_s > 0:
            await asyncio.wait(set(self._tasks.values()), timeout=grace_s)
        left = dict(self._tasks)
        for job_id in left:
            self._stop(job_id)
        if left:
            await asyncio.wait(set(left.values()))

    def _stop(self, job_id: str) -> None:
        """Cancel the pipeline; a job whose end is being written is left to write it."""
        if job_id not in self._ending:
            self._tasks[job_id].cancel()

    def _admit(self, held: int) -> None:
        if self._draining:
            raise Draining("the server is going down and takes no new jobs")
        if len(self._tasks) >= self._queue:
            raise QueueFull(
                f"{len(self._tasks)} jobs wait or run, as many as server.max_queue allows", limit=self._queue
            )
        if self._held and self._held + held > HELD_BYTES:
            raise QueueFull(f"accepted jobs hold {self._held} bytes of pictures; {held} more pass {HELD_BYTES}")

    def _forget(self, job_id: str, held: int) -> None:
        self._held -= held
        del self._tasks[job_id]
        self._ending.discard(job_id)

    async def _live(self, accepted: _Accepted) -> None:
        """One job from accepted to its end. Its errors become its record; only a broken store raises."""
        job_id = accepted.record.id
        progress = Reporter(self.jobs, job_id, 1)
        job = self._job(accepted, progress)
        output: Mapping[str, Any] | None = None
        failure: Failure | None = None
        status: Status = "succeeded"
        try:
            output = await self._run(accepted, job)
        except asyncio.CancelledError:
            status, failure = await self._cancelled(job_id)
        except Exception as error:  # foreign code runs in there: whatever it raises ends this job and no other
            status, failure = _told(error, job_id)
        self._ending.add(job_id)
        await progress.settle()
        await self.jobs.start(job_id, "", time.time())  # what ended before it began
        ending = Ending(
            status=status,
            finished=time.time(),
            output=output,
            error=failure,
            provenance=tuple(job.provenance),
            warnings=tuple(job.warnings),
        )
        await self.jobs.finish(job_id, 1, ending)

    async def _cancelled(self, job_id: str) -> tuple[Status, Failure]:
        """A cancellation that nobody asked for is a fault of the pipeline, and is called one."""
        if (await self.jobs.get(job_id)).cancel:
            return "canceled", failure_of(Cancelled("the job was cancelled on request"))
        if self._draining:
            return "canceled", failure_of(Cancelled("the server went down before the job's end"))
        return _told(RuntimeError("the pipeline cancelled itself"), job_id)

    async def _run(self, accepted: _Accepted, job: Job) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(accepted.deadline - time.monotonic()) as limit, self._slots:
                await self.jobs.start(job.id, "", time.time())
                output = await accepted.operation.pipeline(job, accepted.input)
                return _finite(await self._kept(output))
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise DeadlineExceeded(f"not done within the job's deadline of {accepted.record.deadline_s:g} s") from late

    def _job(self, accepted: _Accepted, progress: Reporter) -> Job:
        record = accepted.record
        return Job(
            id=record.id,
            caller=self._caller,
            policy=record.policy,
            deadline=accepted.deadline,
            scope=record.scope,
            warnings=list(record.warnings),
            report=progress,
        )

    async def _kept(self, output: BaseModel) -> dict[str, Any]:
        """The output in its JSON form, its files kept and replaced by links."""
        fields = type(output).model_fields
        files = {name: value for name in fields if _has_file(value := getattr(output, name))}
        plain = output.model_dump(mode="json", exclude=set(files))
        return {name: await self._linked(files[name]) if name in files else plain[name] for name in fields}

    async def _linked(self, value: Any) -> Any:
        match value:
            case File():
                ref = await self.artifacts.put(value.data, value.media_type, value.width, value.height)
                return ref.as_json()
            case BaseModel():
                return await self._kept(value)
            case Mapping():
                return {str(key): await self._linked(item) for key, item in value.items()}
            case list() | tuple():
                return [await self._linked(item) for item in value]
            case _:
                return to_jsonable_python(value)


def _pictures(input: BaseModel) -> list[Picture]:
    values = (getattr(input, name) for name in type(input).model_fields)
    flat = (item for value in values for item in (value if isinstance(value, list | tuple) else [value]))
    return [item for item in flat if isinstance(item, Picture)]


def _has_file(value: Any) -> bool:
    match value:
        case File():
            return True
        case BaseModel():
            return any(_has_file(getattr(value, name)) for name in type(value).model_fields)
        case Mapping():
            return any(_has_file(item) for item in value.values())
        case list() | tuple():
            return any(_has_file(item) for item in value)
        case _:
            return False


def _finite(output: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN: a model that produced one has failed, and the caller is told so."""
    try:
        json.dumps(output, allow_nan=False)
    except ValueError as error:
        raise ModelFailed("the answer holds a number that is not finite (NaN or infinity)") from error
    return output


def _told(error: Exception, job_id: str) -> tuple[Status, Failure]:
    """How a job ended that raised, and what its caller is told."""
    ours = _ours(error)
    if ours is None:
        log.error("job %s failed on an error that is not Rung's", job_id, exc_info=error)
        return "failed", failure_of(RungError(f"an internal error; the server's log names it under job {job_id}"))
    log.info("job %s: %s: %s", job_id, ours.code, ours.message)
    match ours:
        case Cancelled():
            return "canceled", failure_of(ours)
        case DeadlineExceeded():
            return "expired", failure_of(ours)
        case _:
            return "failed", failure_of(ours)


def _ours(error: BaseException) -> RungError | None:
    """The RungError in it: itself, or the first of a group that holds nothing else (a fan-out's)."""
    if isinstance(error, RungError):
        return error
    if isinstance(error, BaseExceptionGroup):
        inner = [_ours(one) for one in error.exceptions]
        return None if None in inner else inner[0]
    return None
