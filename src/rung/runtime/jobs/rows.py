"""Owns the statements on one job's row and on what hangs on it: attempts, events, input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rung.runtime.errors import NotFound
from rung.runtime.jobs.codec import columns_of, encode, event_of, record_of
from rung.runtime.jobs.record import ENDED, Attempt, Event, JobRecord, Outcome
from rung.runtime.store import Transaction, Value

EVENTS = 1000
"""Kept per job. A client that resumes from before them is given the later ones."""
_AT_ONCE = 500
"""Values in one statement; SQLite takes 32766, PostgreSQL 65535."""


@dataclass(frozen=True, slots=True)
class StoredInput:
    """What a job was asked. text: JSON. files: ids of the files that it names, in its order."""

    text: str
    files: tuple[str, ...] = ()


def insert(tx: Transaction, record: JobRecord, server: str, last_seq: int) -> None:
    """A new row, its attempts with it."""
    values = {**columns_of(record), "server": server, "beat": 0, "last_seq": last_seq}
    marks = ", ".join("?" for _ in values)
    tx.run(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
    for attempt in record.attempts:
        insert_attempt(tx, record.id, attempt)


def insert_attempt(tx: Transaction, job_id: str, attempt: Attempt) -> None:
    """One more time that it is run."""
    tx.run(
        "INSERT INTO attempts (job, number, server, started, ended, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            job_id,
            attempt.number,
            attempt.server,
            attempt.started,
            attempt.ended,
            attempt.outcome,
            encode(attempt.detail),
        ),
    )


def close_attempt(tx: Transaction, job_id: str, number: int, outcome: Outcome, detail: str, now: float) -> None:
    """That time is over."""
    tx.run(
        "UPDATE attempts SET ended = ?, outcome = ?, detail = ? WHERE job = ? AND number = ?",
        (now, outcome, encode(detail), job_id, number),
    )


def insert_input(tx: Transaction, job_id: str, input: StoredInput) -> None:
    """What it was asked."""
    tx.run("INSERT INTO inputs (job, text) VALUES (?, ?)", (job_id, input.text))
    for position, file in enumerate(input.files):
        tx.run("INSERT INTO input_files (job, position, file) VALUES (?, ?, ?)", (job_id, position, file))


def input_of(tx: Transaction, job_id: str) -> StoredInput | None:
    """What it was asked, as long as that is kept."""
    found = tx.rows("SELECT text FROM inputs WHERE job = ?", (job_id,))
    if not found:
        return None
    files = tx.rows("SELECT file FROM input_files WHERE job = ? ORDER BY position", (job_id,))
    return StoredInput(found[0]["text"], tuple(row["file"] for row in files))


def load(tx: Transaction, job_id: str) -> JobRecord:
    """The job as it stands. Raises NotFound."""
    # An id of another shape is none of ours, and not every text can be a parameter.
    known = job_id.isascii() and job_id.isprintable()
    found = select(tx, "WHERE id = ?", (job_id,)) if known else ()
    if not found:
        raise NotFound(f"no job {job_id[:64]!r} here; jobs are kept for a time after they end")
    return found[0]


def select(tx: Transaction, clause: str, parameters: Sequence[Value] = ()) -> tuple[JobRecord, ...]:
    """The jobs that a clause of SELECT finds, in its order, with their attempts."""
    rows = tx.rows(f"SELECT * FROM jobs {clause}", parameters)
    attempts: dict[str, list[Mapping[str, Any]]] = {row["id"]: [] for row in rows}
    ids = list(attempts)
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        marks = ", ".join("?" for _ in some)
        for attempt in tx.rows(f"SELECT * FROM attempts WHERE job IN ({marks}) ORDER BY job, number", some):
            attempts[attempt["job"]].append(attempt)
    return tuple(record_of(row, attempts[row["id"]]) for row in rows)


def change(tx: Transaction, job_id: str, values: Mapping[str, Value], where: Mapping[str, Value]) -> int | None:
    """Set columns of a row that is as `where` says, all in one statement; the number of the event that goes with it.

    None: it is not so, and nothing is changed. This is the only way that a job's state changes.
    """
    sets = "".join(f"{name} = ?, " for name in values)
    conditions = "".join(f" AND {name} = ?" for name in where)
    found = tx.rows(
        f"UPDATE jobs SET {sets}last_seq = last_seq + 1 WHERE id = ?{conditions} RETURNING last_seq",
        (*values.values(), job_id, *where.values()),
    )
    return int(found[0]["last_seq"]) if found else None


def append(tx: Transaction, job_id: str, event: Event, at: float) -> None:
    """Write an event under the number that `change` gave; the oldest makes room."""
    tx.run(
        "INSERT INTO events (job, seq, at, kind, data) VALUES (?, ?, ?, ?, ?)",
        (job_id, event.seq, at, event.kind, encode(event.data)),
    )
    if event.seq > EVENTS:
        tx.run("DELETE FROM events WHERE job = ? AND seq <= ?", (job_id, event.seq - EVENTS))


def at_most_last(tx: Transaction, job_id: str, seq: int) -> int:
    """That number, or the last event's where it is smaller. Raises NotFound."""
    load(tx, job_id)
    return min(seq, int(tx.rows("SELECT last_seq FROM jobs WHERE id = ?", (job_id,))[0]["last_seq"]))


def events_after(tx: Transaction, job_id: str, seq: int) -> tuple[tuple[Event, ...], bool]:
    """The later events, and whether no more will come. The state is read first: its last event is then there."""
    state = tx.rows("SELECT status FROM jobs WHERE id = ?", (job_id,))
    found = tx.rows("SELECT * FROM events WHERE job = ? AND seq > ? ORDER BY seq", (job_id, seq))
    return tuple(event_of(row) for row in found), not state or state[0]["status"] in ENDED


def story(tx: Transaction, job_id: str) -> tuple[tuple[float, Event], ...]:
    """Every event that is kept, with its time. Raises NotFound."""
    load(tx, job_id)
    found = tx.rows("SELECT * FROM events WHERE job = ? ORDER BY seq", (job_id,))
    return tuple((row["at"], event_of(row)) for row in found)
