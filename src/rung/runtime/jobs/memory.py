"""Owns the jobs of a server whose jobs need not survive it: bounded in number and in time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rung.runtime.errors import NotFound
from rung.runtime.jobs.record import Event, JobRecord, Status

_EVENTS = 1000
"""Kept per job. A client that resumes from before them is given the later ones."""


@dataclass(slots=True)
class _Row:
    record: JobRecord
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=_EVENTS))
    last: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class MemoryJobs:
    """A JobStore in a dict. Jobs that have ended go when they are `ttl_s` old or more than `keep` are held."""

    def __init__(self, *, keep: int = 1000, ttl_s: float = 3600.0, clock: Callable[[], float] = time.time) -> None:
        self._keep = keep
        self._ttl_s = ttl_s
        self._clock = clock
        self._pruned = 0.0
        self._rows: dict[str, _Row] = {}

    async def create(self, record: JobRecord) -> None:
        """Keep a new job and write its `queued` event; old ones make room."""
        self._prune()
        self._rows[record.id] = _Row(record)
        await self.append_event(record.id, "queued", {})

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands. Raises NotFound."""
        return self._row(job_id).record

    async def update(self, job_id: str, **changes: Any) -> JobRecord:
        """The job with those fields changed; one that has ended stays as it is."""
        row = self._row(job_id)
        if not row.record.ended:
            row.record = replace(row.record, **changes)
            _wake(row)
        return row.record

    async def append_event(self, job_id: str, kind: str, data: Mapping[str, Any]) -> Event:
        """Write what happened, numbered from 1."""
        row = self._row(job_id)
        row.last += 1
        event = Event(seq=row.last, kind=kind, data=data)
        row.events.append(event)
        _wake(row)
        return event

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Events with seq > after, as they come; ends with the event that says how the job ended."""
        row = self._row(job_id)
        after = min(after, row.last)
        while True:
            changed = row.changed
            for event in [e for e in row.events if e.seq > after]:
                after = event.seq
                yield event
            if row.record.ended and after >= row.last and row.events[-1].kind == row.record.status:
                return
            if changed is row.changed:
                await changed.wait()

    async def list(self, *, status: Status | None = None, limit: int = 100) -> tuple[JobRecord, ...]:
        """The newest first."""
        found = (row.record for row in reversed(self._rows.values()) if status is None or row.record.status == status)
        return tuple(record for record, _ in zip(found, range(limit), strict=False))

    async def count(self) -> Mapping[Status, int]:
        """How many jobs are kept in each state."""
        return Counter(row.record.status for row in self._rows.values())

    async def request_cancel(self, job_id: str) -> JobRecord:
        """Set the cancel flag of a job that has not ended."""
        return await self.update(job_id, cancel=True)

    def _row(self, job_id: str) -> _Row:
        row = self._rows.get(job_id)
        if row is None:
            raise NotFound(f"no job {job_id[:64]!r} here; jobs are kept for {self._ttl_s:g} s after they end")
        return row

    def _prune(self) -> None:
        """Ten in a hundred more go than must, so that a full store is not sorted on every request."""
        now = self._clock()
        if len(self._rows) < self._keep and now < self._pruned + self._ttl_s / 60:
            return
        self._pruned = now
        ended = sorted((r.record for r in self._rows.values() if r.record.ended), key=lambda r: r.finished or 0.0)
        surplus = len(ended) - self._keep * 9 // 10 if len(ended) >= self._keep else 0
        for at, record in enumerate(ended):
            if at < surplus or (record.finished or 0.0) <= now - self._ttl_s:
                del self._rows[record.id]


def _wake(row: _Row) -> None:
    """Whoever waits holds the old event; the next wait needs a fresh one."""
    row.changed.set()
    row.changed = asyncio.Event()
