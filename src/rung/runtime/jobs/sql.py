"""Owns the jobs that outlive their server: a JobStore on a database, which several servers may share."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeVar
from weakref import WeakValueDictionary

from rung.runtime.errors import NotFound
from rung.runtime.jobs import keeping, leases, life, rows
from rung.runtime.jobs.idempotency import Idempotency, standing, take
from rung.runtime.jobs.keeping import Pruned
from rung.runtime.jobs.leases import Beat, Lease
from rung.runtime.jobs.record import Ending, Event, JobRecord, Progress, Status
from rung.runtime.jobs.rows import StoredInput
from rung.runtime.store import Database, Transaction, Value

T = TypeVar("T")

POLL_S = 0.5
"""How often a job that somebody follows is looked at, for what other servers write. Ours wakes at once."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A job that is on disk. fresh: False when its key had brought it before."""

    record: JobRecord
    fresh: bool


class SqlJobs:
    """A JobStore whose every method is one transaction, on disk when it returns.

    server: who runs what is adopted here. clock: Unix seconds, for the times of events.
    Every method raises StoreError when the database cannot be used, and DiskFull when there is no room.
    """

    def __init__(self, database: Database, *, server: str, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._server = server
        self._clock = clock
        self._changed: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    # --- what is taken in ---------------------------------------------------------------------------------------

    async def create(self, record: JobRecord) -> None:
        """Keep a new job without its input, and write its `queued` event."""
        await self._database.write(lambda tx: keeping.queue(tx, record, None))

    async def accept(self, record: JobRecord, input: StoredInput, idempotency: Idempotency | None = None) -> Accepted:
        """Keep a new job with its input and its key, or find the one that the key brought. Raises KeyReused."""
        queued = replace(record, durable=True)

        def insert(tx: Transaction) -> None:
            keeping.queue(tx, queued, input)

        return await self._database.write(lambda tx: _kept(tx, queued, idempotency, insert))

    async def find(self, idempotency: Idempotency) -> JobRecord | None:
        """The job that the key brought before; None: it would be fresh. Raises KeyReused."""

        def query(tx: Transaction) -> JobRecord | None:
            known = standing(tx, idempotency, self._clock())
            return None if known is None else rows.load(tx, known)

        return await self._database.read(query)

    async def adopt(
        self,
        record: JobRecord,
        input: StoredInput,
        events: Sequence[Event],
        idempotency: Idempotency | None = None,
    ) -> Accepted:
        """Keep from now on a job that has lived elsewhere; if it runs, this server runs it. Raises KeyReused.

        Not fresh: its key had brought another job, and this one is not kept.
        """
        assert not record.ended
        taken = replace(record, durable=True)
        now = self._clock()

        def insert(tx: Transaction) -> None:
            runs = self._server if record.status == "running" else ""
            rows.insert(tx, taken, runs, last_seq=max((event.seq for event in events), default=0))
            rows.insert_input(tx, taken.id, input)
            for event in events:
                rows.append(tx, taken.id, event, record.created if event.kind == "queued" else now)

        return await self._database.write(lambda tx: _kept(tx, taken, idempotency, insert))

    # --- what is run --------------------------------------------------------------------------------------------

    async def waiting(self, limit: int) -> tuple[JobRecord, ...]:
        """Queued jobs: the highest priority first, then the oldest."""
        clause = "WHERE status = 'queued' ORDER BY priority DESC, created, id LIMIT ?"
        return await self._database.read(lambda tx: rows.select(tx, clause, (limit,)))

    async def input_of(self, job_id: str) -> StoredInput:
        """What a job was asked. Raises NotFound when that is not kept (any more)."""
        found = await self._database.read(lambda tx: rows.input_of(tx, job_id))
        if found is None:
            raise NotFound(f"what job {job_id[:64]!r} was asked is not kept here")
        return found

    async def start(self, job_id: str, server: str, now: float) -> JobRecord | None:
        """Begin a run of a queued job; of many servers that try, one does. None: it is not queued."""
        return await self._wrote(job_id, lambda tx: life.start(tx, job_id, server, now))

    async def report(self, job_id: str, epoch: int, progress: Progress) -> bool:
        """Its progress, as a field and as an event. False: fenced."""
        now = self._clock()
        return await self._wrote(job_id, lambda tx: life.report(tx, job_id, epoch, progress, now))

    async def note(self, job_id: str, epoch: int, kind: str, data: Mapping[str, Any]) -> bool:
        """Write what happened. False: fenced."""
        now = self._clock()
        return await self._wrote(job_id, lambda tx: life.note(tx, job_id, epoch, kind, data, now))

    async def finish(self, job_id: str, epoch: int, ending: Ending) -> JobRecord | None:
        """The end of a run: row, attempt, event and message. None: fenced."""
        return await self._wrote(job_id, lambda tx: life.finish(tx, job_id, epoch, ending))

    async def drop(self, job_id: str, ending: Ending) -> JobRecord | None:
        """End a queued job without beginning it. None: it is not queued."""
        return await self._wrote(job_id, lambda tx: life.drop(tx, job_id, ending))

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """A queued job ends at once; a running one is marked, and its server learns of it with its next beat."""
        return await self._wrote(job_id, lambda tx: life.cancel(tx, job_id, now))

    # --- who runs it --------------------------------------------------------------------------------------------

    async def beat(self, epochs: Mapping[str, int]) -> Beat:
        """Say that these jobs' server lives (id -> epoch), and hear what became of them meanwhile."""
        if not epochs:
            return Beat(cancelled=frozenset(), fenced=frozenset())
        return await self._database.write(lambda tx: leases.beat(tx, epochs))

    async def leases(self) -> tuple[Lease, ...]:
        """All runs under way, of every server."""
        return await self._database.read(leases.leases)

    async def take_back(
        self,
        job_id: str,
        epoch: int,
        *,
        outcome: Literal["lost", "released"],
        detail: str,
        now: float,
        beat: int | None = None,
    ) -> bool:
        """End a run that its server will not end: the job waits again, or ends. False: that run is over.

        It ends where a cancel was asked for, its deadline is past, or LOSSES servers were lost with it.
        beat: only if the server was not heard of since.
        """

        def deed(tx: Transaction) -> bool:
            return life.take_back(tx, job_id, epoch, outcome=outcome, detail=detail, now=now, beat=beat)

        return await self._wrote(job_id, deed)

    def amiss(self) -> str:
        """Why nothing can be kept now, as far as the last write tells; empty where nothing is known against it."""
        return self._database.refused

    async def try_again(self) -> None:
        """Where the last write was refused: see whether one is taken by now."""
        await self._database.try_again()

    # --- what is seen -------------------------------------------------------------------------------------------

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands. Raises NotFound."""
        return await self._database.read(lambda tx: rows.load(tx, job_id))

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Events with seq > after, as they come; ends with the event that says how the job ended."""
        after = await self._database.read(lambda tx: rows.at_most_last(tx, job_id, after))
        while True:
            changed = self._changed.setdefault(job_id, asyncio.Event())
            found, ended = await self._database.read(partial(rows.events_after, job_id=job_id, seq=after))
            for event in found:
                after = event.seq
                yield event
            if ended:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), POLL_S)

    async def story(self, job_id: str) -> tuple[tuple[float, Event], ...]:
        """Every event that is kept, with the time it was written (Unix seconds). Raises NotFound."""
        return await self._database.read(lambda tx: rows.story(tx, job_id))

    async def list(
        self, *, status: Status | None = None, limit: int = 100, scope: str | None = None
    ) -> tuple[JobRecord, ...]:
        """The newest first."""
        wanted: dict[str, Value] = {"status": status, "scope": scope}
        where = {name: value for name, value in wanted.items() if value is not None}
        conditions = " AND ".join(f"{name} = ?" for name in where)
        clause = f"{'WHERE ' if where else ''}{conditions} ORDER BY created DESC, id DESC LIMIT ?"
        return await self._database.read(lambda tx: rows.select(tx, clause, (*where.values(), limit)))

    async def count(self) -> Mapping[Status, int]:
        """How many jobs are kept in each state."""
        found = await self._database.read(lambda tx: tx.rows("SELECT status, count(*) AS n FROM jobs GROUP BY status"))
        return Counter({row["status"]: row["n"] for row in found})

    # --- what is kept -------------------------------------------------------------------------------------------

    async def retry(self, job_id: str, new_id: str, now: float) -> JobRecord:
        """A new job that asks for the same. Raises NotFound; Conflict while the job has not ended, or without input."""
        return await self._database.write(lambda tx: keeping.retry(tx, job_id, new_id, now))

    async def delete(self, job_id: str) -> tuple[str, ...]:
        """Remove a job that has ended; the input files that no job refers to any more. Raises NotFound, Conflict."""
        return await self._wrote(job_id, lambda tx: keeping.delete(tx, job_id))

    async def prune(self, now: float, keep_s: float, keep_inputs_s: float) -> Pruned:
        """Remove what has been kept for long enough: rows and inputs of jobs that have ended, and keys."""
        return await self._database.write(lambda tx: keeping.prune(tx, now, keep_s, keep_inputs_s))

    async def pinned(self) -> frozenset[str]:
        """The input files of jobs that have not ended."""
        return await self._database.read(keeping.pinned)

    async def _wrote(self, job_id: str, deed: Callable[[Transaction], T]) -> T:
        """The deed, and whoever follows that job is woken."""
        result = await self._database.write(deed)
        changed = self._changed.pop(job_id, None)
        if changed is not None:
            changed.set()
        return result


def _kept(
    tx: Transaction, record: JobRecord, idempotency: Idempotency | None, insert: Callable[[Transaction], None]
) -> Accepted:
    """The key first: it decides whether there is a job to insert."""
    job_id = record.id if idempotency is None else take(tx, idempotency, record.id, record.created)
    if job_id != record.id:
        return Accepted(rows.load(tx, job_id), fresh=False)
    insert(tx)
    return Accepted(record, fresh=True)
