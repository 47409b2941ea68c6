"""Owns what is kept of jobs that have ended, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rung.runtime.errors import Conflict
from rung.runtime.jobs import rows
from rung.runtime.jobs.idempotency import forget_old
from rung.runtime.jobs.record import Event, JobRecord, Progress
from rung.runtime.store import Transaction

_OVER = "finished <= ?"
"""NULL until a job has ended, and then this is not true of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went: how many jobs and keys, and the files that no job refers to any more."""

    jobs: int
    files: tuple[str, ...]
    keys: int


def prune(tx: Transaction, now: float, keep_s: float, keep_inputs_s: float) -> Pruned:
    """Remove jobs that ended keep_s ago, inputs of those that ended keep_inputs_s ago, keys that do not count."""
    inputs_until = now - min(keep_inputs_s, keep_s)
    over = f"job IN (SELECT id FROM jobs WHERE {_OVER})"
    files = tx.rows(f"SELECT DISTINCT file FROM input_files WHERE {over} ORDER BY file", (inputs_until,))
    tx.run(f"DELETE FROM inputs WHERE {over}", (inputs_until,))
    gone = tx.run(f"DELETE FROM jobs WHERE {_OVER}", (now - keep_s,))
    return Pruned(jobs=gone, files=_unused(tx, (row["file"] for row in files)), keys=forget_old(tx, now))


def delete(tx: Transaction, job_id: str) -> tuple[str, ...]:
    """Remove a job that has ended; the files that no job refers to any more. Raises NotFound, Conflict."""
    record = rows.load(tx, job_id)
    input = rows.input_of(tx, job_id)
    if not record.ended or not tx.run("DELETE FROM jobs WHERE id = ? AND status = ?", (job_id, record.status)):
        raise Conflict(f"job {job_id} is {record.status}; cancel it first, it can be deleted when it has ended")
    return _unused(tx, sorted(set(input.files)) if input else ())


def retry(tx: Transaction, job_id: str, new_id: str, now: float) -> JobRecord:
    """A new job that asks for the same. Raises NotFound, Conflict."""
    old = rows.load(tx, job_id)
    input = rows.input_of(tx, job_id)
    if not old.ended:
        raise Conflict(f"job {job_id} is {old.status}; it can be run again when it has ended")
    if input is None:
        raise Conflict(f"what job {job_id} was asked is not kept any more; send the request again")
    record = replace(
        old,
        id=new_id,
        status="queued",
        created=now,
        started=None,
        finished=None,
        progress=Progress(),
        output=None,
        error=None,
        provenance=(),
        warnings=(),
        cancel=False,
        epoch=0,
        attempts=(),
        deadline_at=None if old.deadline_at is None else now + old.deadline_s,
    )
    queue(tx, record, input)
    return record


def queue(tx: Transaction, record: JobRecord, input: rows.StoredInput | None) -> None:
    """A new job that waits, with its event."""
    rows.insert(tx, record, server="", last_seq=1)
    if input is not None:
        rows.insert_input(tx, record.id, input)
    rows.append(tx, record.id, Event(seq=1, kind="queued", data={}), record.created)


def pinned(tx: Transaction) -> frozenset[str]:
    """The input files of jobs that have not ended."""
    unended = "job IN (SELECT id FROM jobs WHERE status IN ('queued', 'running'))"
    return frozenset(row["file"] for row in tx.rows(f"SELECT DISTINCT file FROM input_files WHERE {unended}"))


def _unused(tx: Transaction, files: Iterable[str]) -> tuple[str, ...]:
    used = "SELECT 1 FROM input_files WHERE file = ? LIMIT 1"
    return tuple(file for file in files if not tx.rows(used, (file,)))
