"""Jobs as the tests make them, and what has to be true of any job at any time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from rung.runtime.jobs import ENDED, Ending, Event, Failure, JobRecord, JobStore
from rung.runtime.jobs.idempotency import Idempotency
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs, StoredInput
from rung.runtime.store import Database, open_database

DONE = Ending(status="succeeded", finished=9.0, output={"sum": 3})
BROKEN = Ending(status="failed", finished=9.0, error=Failure(code="model-failed", message="the model raised"))
ASKED = StoredInput('{"points": []}', ("f1", "f2"))
KEY = Idempotency(key="k", scope="mine", fingerprint="same")
FAR = 1e12
QUICK_S = 10.0


def record(name: str = "a", created: float = 1.0, **more: Any) -> JobRecord:
    return JobRecord(id=name, app="toy", operation="sum", created=created, **more)


async def begun(jobs: JobStore, name: str = "a", **more: Any) -> JobRecord:
    await jobs.create(record(name, **more))
    started = await jobs.start(name, "one", 2.0)
    assert started is not None
    return started


async def events(jobs: JobStore, name: str = "a", after: int = 0) -> list[Event]:
    """All events of a job that has ended."""
    async with asyncio.timeout(QUICK_S):
        return [event async for event in jobs.events(name, after)]


async def lost(jobs: SqlJobs, name: str = "a", now: float = 5.0, **more: Any) -> bool:
    """Its server is not heard of any more; whether that run could be taken back."""
    epoch = (await jobs.get(name)).epoch
    return await jobs.take_back(name, epoch, outcome="lost", detail="silent", now=now, **more)


async def ended_with_callback(jobs: SqlJobs, name: str = "a") -> None:
    await begun(jobs, name, callback="https://example.com/hook")
    await jobs.finish(name, 1, DONE)


async def until(found: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(QUICK_S):
        while not await found():
            await asyncio.sleep(0.002)


@asynccontextmanager
async def on(url: str, server: str = "one") -> AsyncIterator[SqlJobs]:
    """A server's view of the database at that URL."""
    async with opened(url) as database:
        yield SqlJobs(database, server=server)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = open_database(url, (JOBS,))
    try:
        yield database
    finally:
        await database.close()


async def check(jobs: SqlJobs, name: str) -> None:
    """What has to be true of a job at any time. seq: without gaps; ends: one, the last, where there is one."""
    job = await jobs.get(name)
    story = [event for _, event in await jobs.story(name)]
    ends = [event.kind for event in story if event.kind in ENDED]
    first = story[0].seq
    assert [event.seq for event in story] == list(range(first, first + len(story)))
    assert ends == ([job.status] if job.ended else [])
    assert not job.ended or story[-1].kind == job.status
    assert [attempt.number for attempt in job.attempts] == list(range(1, job.epoch + 1))
    assert [a.number for a in job.attempts if a.ended is None] == ([job.epoch] if job.status == "running" else [])
