"""Owns the jobs that need not survive their server: bounded in number and in time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rung.runtime.errors import Cancelled, NotFound
from rung.runtime.jobs.record import Attempt, Ending, Event, JobRecord, Progress, Status, failure_of

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
        row = self._rows[record.id] = _Row(record)
        _append(row, "queued", {})

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands. Raises NotFound."""
        return self._row(job_id).record

    async def start(self, job_id: str, server: str, now: float) -> JobRecord | None:
        """Begin a run of a queued job; None when it is not queued."""
        row = self._row(job_id)
        if row.record.status != "queued":
            return None
        epoch = row.record.epoch + 1
        attempt = Attempt(number=epoch, server=server, started=now)
        row.record = replace(
            row.record, status="running", started=now, epoch=epoch, attempts=(*row.record.attempts, attempt)
        )
        _append(row, "started", {"attempt": epoch})
        return row.record

    async def drop(self, job_id: str, ending: Ending) -> JobRecord | None:
        """End a queued job without beginning it; None: it is not queued."""
        row = self._row(job_id)
        if row.record.status != "queued":
            return None
        row.record = replace(row.record, status=ending.status, finished=ending.finished, error=ending.error)
        _append(row, ending.status, {"error": ending.error.code} if ending.error else {})
        return row.record

    async def report(self, job_id: str, epoch: int, progress: Progress) -> bool:
        """Its progress, as a field and as an event. False: fenced."""
        row = self._rows.get(job_id)
        if row is None or not _holds(row, epoch):
            return False
        row.record = replace(row.record, progress=progress)
        _append(row, "progress", {"stage": progress.stage, "frac": round(progress.frac, 4)})
        return True

    async def note(self, job_id: str, epoch: int, kind: str, data: Mapping[str, Any]) -> bool:
        """Write what happened, numbered from 1. False: fenced."""
        row = self._rows.get(job_id)
        if row is None or not _holds(row, epoch):
            return False
        _append(row, kind, data)
        return True

    async def finish(self, job_id: str, epoch: int, ending: Ending) -> JobRecord | None:
        """The end of a run. None: fenced."""
        row = self._rows.get(job_id)
        if row is None or not _holds(row, epoch):
            return None
        *before, last = row.record.attempts
        detail = ending.error.message if ending.error else ""
        outcome = ending.status if ending.status != "queued" else "released"
        ended = replace(last, ended=ending.finished, outcome=outcome, detail=detail)
        done = Progress(stage="done", frac=1.0) if ending.status == "succeeded" else row.record.progress
        row.record = replace(
            row.record,
            status=ending.status,
            finished=ending.finished,
            output=ending.output,
            error=ending.error,
            provenance=ending.provenance,
            warnings=ending.warnings,
            attempts=(*before, ended),
            progress=done,
        )
        _append(row, ending.status, {"error": ending.error.code} if ending.error else {})
        return row.record

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """A queued job ends at once; a running one is marked."""
        row = self._row(job_id)
        failure = failure_of(Cancelled("the job was cancelled before it began"))
        if await self.drop(job_id, Ending(status="canceled", finished=now, error=failure)) is not None:
            row.record = replace(row.record, cancel=True)
        elif not row.record.ended:
            row.record = replace(row.record, cancel=True)
            _wake(row)
        return row.record

    def peek(self, job_id: str) -> tuple[JobRecord, tuple[Event, ...]]:
        """A job with its events, for whoever keeps it from now on."""
        row = self._row(job_id)
        return row.record, tuple(row.events)

    def forget(self, job_id: str) -> None:
        """A job is kept elsewhere from now on. Those who follow its events here are told that they end."""
        _wake(self._rows.pop(job_id))

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Events with seq > after, as they come; ends with the event that says how the job ended."""
        row = self._row(job_id)
        after = min(after, row.last)
        while True:
            changed = row.changed
            for event in [e for e in row.events if e.seq > after]:
                after = event.seq
                yield event
            if row.record.ended or self._rows.get(job_id) is not row:
                return
            if changed is row.changed:
                await changed.wait()

    async def list(
        self, *, status: Status | None = None, limit: int = 100, scope: str | None = None
    ) -> tuple[JobRecord, ...]:
        """The newest first."""
        found = (
            row.record
            for row in reversed(self._rows.values())
            if status in (None, row.record.status) and scope in (None, row.record.scope)
        )
        return tuple(record for record, _ in zip(found, range(limit), strict=False))

    async def count(self) -> Mapping[Status, int]:
        """How many jobs are kept in each state."""
        return Counter(row.record.status for row in self._rows.values())

    def holds(self, job_id: str) -> bool:
        """Whether the job is kept here."""
        return job_id in self._rows

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


def _holds(row: _Row, epoch: int) -> bool:
    """Whether that run may still write."""
    return row.record.status == "running" and row.record.epoch == epoch


def _append(row: _Row, kind: str, data: Mapping[str, Any]) -> None:
    row.last += 1
    row.events.append(Event(seq=row.last, kind=kind, data=data))
    _wake(row)


def _wake(row: _Row) -> None:
    """Whoever waits holds the old event; the next wait needs a fresh one."""
    row.changed.set()
    row.changed = asyncio.Event()
