"""Owns the view over all jobs of a server: those in memory and those on disk, under one set of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from rung.runtime.jobs.memory import MemoryJobs
from rung.runtime.jobs.record import Event, JobRecord, JobStore, Status


@dataclass
class JobBook:
    """memory: of jobs whose callers wait for them. disk: of those that must survive the server, where there is one.

    A job is in one of them; it may move from memory to disk, never back.
    """

    memory: MemoryJobs
    disk: JobStore | None = None

    def home(self, job_id: str) -> JobStore:
        """The store that holds the job, or would say that there is none."""
        if self.disk is None or self.memory.holds(job_id):
            return self.memory
        return self.disk

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands. Raises NotFound."""
        return await self.home(job_id).get(job_id)

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """A queued job ends at once; a running one is marked."""
        return await self.home(job_id).cancel(job_id, now)

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Events with seq > after, as they come, across a move from memory to disk."""
        if self.memory.holds(job_id):
            async for event in self.memory.events(job_id, after):
                after = event.seq
                yield event
            if self.memory.holds(job_id) or self.disk is None:
                return
        async for event in self.home(job_id).events(job_id, after):
            yield event

    async def list(
        self, *, status: Status | None = None, limit: int = 100, scope: str | None = None
    ) -> tuple[JobRecord, ...]:
        """The newest first."""
        found = [
            record for store in self._stores() for record in await store.list(status=status, limit=limit, scope=scope)
        ]
        return tuple(sorted(found, key=lambda record: (record.created, record.id), reverse=True)[:limit])

    async def count(self) -> Mapping[Status, int]:
        """How many jobs are kept in each state."""
        total: Counter[Status] = Counter()
        for store in self._stores():
            total.update(await store.count())
        return total

    def _stores(self) -> tuple[JobStore, ...]:
        return (self.memory,) if self.disk is None else (self.memory, self.disk)
