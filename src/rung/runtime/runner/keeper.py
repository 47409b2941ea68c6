"""Owns the way of a job onto the disk: its files first, then its row, then it is accepted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel

from rung.runtime.errors import Conflict
from rung.runtime.jobs import Artifacts, JobRecord, MemoryJobs
from rung.runtime.jobs.idempotency import Idempotency
from rung.runtime.jobs.rows import StoredInput
from rung.runtime.jobs.sql import Accepted, SqlJobs
from rung.runtime.runner.stored import encode, files_in, fingerprint
from rung.runtime.runner.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Durable:
    """What jobs need to survive their server. inputs: their files. sole: no other server can use this database."""

    jobs: SqlJobs
    inputs: Artifacts
    sole: bool = False
    _creating: set[tuple[str, str]] = field(default_factory=set)

    def has_files(self, files: tuple[str, ...]) -> bool:
        """Whether a job's files are here. A sole server says so of all: one that is gone is gone for good."""
        return self.sole or all(self.inputs.has(file_id) for file_id in files)

    def amiss(self) -> str:
        """What on this machine keeps jobs from being kept, with the remedy; empty where nothing is known.

        A database that others share is not meant: they could keep no more than this server, which still answers who
        waits.
        """
        return self.inputs.amiss() or (self.jobs.amiss() if self.sole else "")

    async def try_again(self) -> None:
        """Where the last thing was refused: see whether it can be kept by now."""
        await self.inputs.try_again()
        await self.jobs.try_again()

    async def known(self, record: JobRecord, input: BaseModel, terms: Terms) -> JobRecord | None:
        """The job that the same request made before, under its idempotency key. Raises KeyReused."""
        mark = _mark(record, encode(input), terms) if terms.idempotency else None
        return None if mark is None else await self.jobs.find(mark)

    async def accept(self, record: JobRecord, input: BaseModel, terms: Terms) -> tuple[Accepted, tuple[str, ...]]:
        """Keep a new job; its files are pinned when it is fresh. Raises Conflict while the same key is accepted."""
        text = encode(input)
        mark = _mark(record, text, terms)
        async with self._alone(mark), self._spooled(input) as files:
            got = await self.jobs.accept(record, StoredInput(text=text, files=files), mark)
            if not got.fresh:
                self.inputs.unpin(files)
            return got, files

    async def move(self, job_id: str, input: BaseModel, memory: MemoryJobs) -> tuple[str, ...]:
        """Put a job on disk that lives in memory; nobody may write to it meanwhile. Its files, pinned."""
        async with self._spooled(input) as files:
            record, events = memory.peek(job_id)
            stored = StoredInput(text=encode(input), files=files)
            if record.status == "queued":
                await self.jobs.accept(record, stored)
            else:
                await self.jobs.adopt(record, stored, events)
            memory.forget(job_id)
            return files

    @asynccontextmanager
    async def _alone(self, mark: Idempotency | None) -> AsyncIterator[None]:
        """One at a time for a key: a second request that comes meanwhile is told so."""
        if mark is None:
            yield
            return
        name = (mark.scope, mark.key)
        if name in self._creating:
            raise Conflict("the first request with this Idempotency-Key is being accepted just now", retry_after_s=1)
        self._creating.add(name)
        try:
            yield
        finally:
            self._creating.discard(name)

    @asynccontextmanager
    async def _spooled(self, input: BaseModel) -> AsyncIterator[tuple[str, ...]]:
        """The input's files on the disk itself, pinned; unpinned again when what follows fails."""
        found = files_in(input)
        self.inputs.admit(sum(len(file.data) for file in found))
        files = tuple(dict.fromkeys(file.key for file in found))
        self.inputs.pin(files)
        try:
            for f in found:
                await self.inputs.put(f.data, f.media_type, f.width, f.height, durable=True)
            yield files
        except BaseException:
            self.inputs.unpin(files)
            raise


def _mark(record: JobRecord, text: str, terms: Terms) -> Idempotency | None:
    if not terms.idempotency:
        return None
    extra = {"deadline_s": terms.deadline_s, "priority": terms.priority, "callback": terms.callback}
    same = fingerprint(record.app, record.operation, text, terms.policy, extra)
    return Idempotency(key=terms.idempotency, scope=terms.scope, fingerprint=same)
