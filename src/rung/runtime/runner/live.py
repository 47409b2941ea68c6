"""Owns one run of a job, from waiting for its turn to its end being written."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rung.runtime.caller import Caller
from rung.runtime.errors import Cancelled, DeadlineExceeded, Draining, RungError, StoreError
from rung.runtime.job import Job
from rung.runtime.jobs import Artifacts, Ending, JobRecord, Progress, Reporter, Shelf, Status, failure_of
from rung.runtime.jobs.estimate import History
from rung.runtime.jobs.shelf import shelf_of
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.logs import event
from rung.runtime.runner.outcome import failed, succeeded
from rung.runtime.runner.outputs import keep_output
from rung.runtime.runner.stored import decode
from rung.runtime.runner.terms import Entry

log = logging.getLogger(__name__)

FINISH_AGAIN_S = 1.0
FINISH_TRIES = 600
"""Ten minutes; then the run counts as lost, and the job is run again when the database is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """What a run needs of its runner. durable: the store on disk. server: who runs. shelves: where apps keep things."""

    caller: Caller
    artifacts: Artifacts
    inputs: Artifacts
    history: History
    durable: SqlJobs | None
    server: str
    shelves: Path | None


async def live(entry: Entry, deps: Deps) -> None:
    """One job from accepted to its end. Its errors become its record; only a broken store raises."""
    try:
        await _turn(entry, deps.history)
    except asyncio.CancelledError:
        await _never_begun(entry)
        return
    except DeadlineExceeded as late:
        await _drop(entry, late)
        return
    if await _begin(entry, deps):
        reporter = _reporter(entry)
        entry.flush = reporter.flush
        ending = await _ending(entry, deps, reporter)
        entry.settled = True
        if ending is not None:
            await reporter.settle()
            await _finish(entry, ending)


async def _begin(entry: Entry, deps: Deps) -> bool:
    """Whether it is this server's run now: else it was cancelled meanwhile, or another server begins it.

    Not interrupted: a run that was begun on disk and is forgotten here would wait for its lease to lapse.
    """

    async def start() -> JobRecord | None:
        async with entry.moving:
            return await entry.home.start(entry.id, deps.server, time.time())

    starting = asyncio.ensure_future(start())
    try:
        begun = await asyncio.shield(starting)
    except asyncio.CancelledError:
        begun = await starting
    if begun is None:
        entry.record = await entry.home.get(entry.id)
        return False
    entry.record, entry.epoch = begun, begun.epoch
    return True


def _reporter(entry: Entry) -> Reporter:
    """Writes to wherever the job lives at that moment."""

    async def report(progress: Progress) -> None:
        async with entry.moving:
            await entry.home.report(entry.id, entry.epoch, progress)

    async def note(kind: str, data: Mapping[str, Any]) -> None:
        async with entry.moving:
            await entry.home.note(entry.id, entry.epoch, kind, data)

    return Reporter(report, note)


async def _turn(entry: Entry, history: History) -> None:
    """Until it may begin. Raises DeadlineExceeded when that would be too late for the fastest run known."""
    name = f"{entry.record.app}/{entry.record.operation}"
    least = history.least(name)
    try:
        async with asyncio.timeout(max(entry.left_s() - least, 0.0)):
            await entry.turn.wait()
    except TimeoutError:
        pass
    if entry.left_s() <= least or not entry.turn.is_set():
        took = f"; it has never taken less than {least:.2g} s" if least else ""
        raise DeadlineExceeded(
            f"not begun: {max(entry.left_s(), 0.0):.2g} s were left of the deadline of "
            f"{entry.record.deadline_s:g} s when its turn came{took}"
        )


async def _never_begun(entry: Entry) -> None:
    """Its task was ended while it waited: cancelled jobs have ended already, those on disk wait for another server."""
    if entry.stopped == "drain" and not entry.record.durable:
        await _drop(entry, Draining("the server went down before the job began"))
    else:
        entry.record = await entry.home.get(entry.id)


async def _drop(entry: Entry, why: RungError) -> None:
    status: Status = "canceled" if isinstance(why, Draining) else "expired"
    async with entry.moving:
        ended = await entry.home.drop(entry.id, Ending(status=status, finished=time.time(), error=failure_of(why)))
    entry.record = ended or entry.record


async def _ending(entry: Entry, deps: Deps, reporter: Reporter) -> Ending | None:
    """How the run ended; None when this server has no say in it."""
    job = Job(
        id=entry.id,
        caller=deps.caller,
        policy=entry.record.policy,
        deadline=entry.deadline,
        scope=entry.record.scope,
        warnings=list(entry.record.warnings),
        report=reporter,
        tell=reporter.tell,
        shelf=Shelf() if deps.shelves is None else shelf_of(deps.shelves, entry.record.app, entry.record.scope),
    )
    try:
        if entry.stopped:
            return await _stopped(entry, job, deps, reporter)
        return await _run(entry, job, deps)
    except asyncio.CancelledError:
        return await _stopped(entry, job, deps, reporter)
    except Exception as error:  # foreign code runs in there: whatever it raises ends this job and no other
        return failed(error, entry.id, job)


async def _run(entry: Entry, job: Job, deps: Deps) -> Ending:
    begun = time.monotonic()
    try:
        async with asyncio.timeout(entry.left_s()) as limit:
            input = entry.input if entry.input is not None else await _read(entry, deps)
            output = await entry.operation.pipeline(job, input)
            kept = await _kept(entry, output, deps)
    except TimeoutError as late:
        if not limit.expired():
            raise
        raise DeadlineExceeded(f"not done within the job's deadline of {entry.record.deadline_s:g} s") from late
    deps.history.add(f"{entry.record.app}/{entry.record.operation}", time.monotonic() - begun)
    return succeeded(kept, job)


async def _kept(entry: Entry, output: Any, deps: Deps) -> Mapping[str, Any]:
    """The answer, its files on disk. Of a job that was promised to last it is tried again while the disk refuses, as
    its end is: work that is done is not thrown away for want of room. Until its deadline, or somebody stops it."""
    while True:
        try:
            return await keep_output(output, deps.artifacts, durable=entry.record.durable)
        except StoreError as error:
            if not entry.record.durable:
                raise
            said = "the files of a job's answer cannot be written yet"
            event(log, said, level=logging.ERROR, job=entry.id, reason=error.message)
            await asyncio.sleep(FINISH_AGAIN_S)


async def _read(entry: Entry, deps: Deps) -> BaseModel:
    """The input as it lies on disk."""
    assert deps.durable is not None
    stored = await deps.durable.input_of(entry.id)
    return await decode(stored.text, entry.operation.input, deps.inputs.read)


async def _stopped(entry: Entry, job: Job, deps: Deps, reporter: Reporter) -> Ending | None:
    """Its task was ended. A cancellation that nobody asked for is a fault of the pipeline, and is called one."""
    match entry.stopped:
        case "fenced":
            event(
                log, "another server runs the job; what came of it here is dropped", level=logging.WARNING, job=entry.id
            )
            return None
        case "cancel":
            return failed(Cancelled("the job was cancelled on request"), entry.id, job)
        case "drain" if entry.home is deps.durable and deps.durable is not None:
            await reporter.settle()
            await deps.durable.take_back(
                entry.id, entry.epoch, outcome="released", detail="its server was stopped", now=time.time()
            )
            return None
        case "drain":
            return failed(Cancelled("the server went down before the job's end"), entry.id, job)
        case _:
            return failed(RuntimeError("the pipeline cancelled itself"), entry.id, job)


async def _finish(entry: Entry, ending: Ending) -> None:
    """Write the end. A result is not dropped because the disk is full or the database away: it is tried again."""
    for attempt in count():
        try:
            async with entry.moving:
                ended = await entry.home.finish(entry.id, entry.epoch, ending)
            break
        except StoreError as error:
            if attempt == FINISH_TRIES:
                raise
            event(
                log, "the end of a job cannot be written yet", level=logging.ERROR, job=entry.id, reason=error.message
            )
            await asyncio.sleep(FINISH_AGAIN_S)
    if ended is None:
        event(log, "an older run's end was not written", level=logging.WARNING, job=entry.id, status=ending.status)
    entry.record = ended or replace(entry.record, status="running")
