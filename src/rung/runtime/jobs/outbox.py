"""Owns the messages that tell of a job's end: written with the end itself, kept until they were delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from rung.runtime.jobs.codec import encode
from rung.runtime.jobs.ids import new_id
from rung.runtime.jobs.record import JobRecord
from rung.runtime.store import Database, Transaction

LARGEST_OUTPUT = 256 * 1024
"""Characters of JSON; receivers refuse long bodies, and a longer output is asked for."""
HELD_S = 60.0
"""A message that was handed out is nobody else's for so long; then it is due again, whoever had it may be dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. id: the same at every attempt, so that a receiver can tell repeats. Times: Unix seconds.

    attempts: deliveries that failed. due: when it is to be sent. error: of the last failed delivery.
    """

    id: str
    job: str
    url: str
    body: str
    attempts: int
    due: float
    created: float
    state: Literal["waiting", "delivered", "given-up"] = "waiting"
    error: str = ""


class SqlOutbox:
    """The messages of all servers on one database; each goes to one of them at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: float, limit: int) -> tuple[Message, ...]:
        """Messages to send now, the oldest first. They are this caller's for HELD_S seconds."""
        return await self._database.write(lambda tx: hand_out(tx, now, limit))

    async def delivered(self, message_id: str) -> None:
        """The receiver has it."""
        await self._set(message_id, "state = 'delivered', error = ?", encode(""))

    async def failed(self, message_id: str, error: str, next_due: float) -> None:
        """It did not arrive; again at next_due."""
        await self._set(message_id, "attempts = attempts + 1, error = ?, due = ?", encode(error), next_due)

    async def given_up(self, message_id: str, error: str) -> None:
        """It did not arrive, and is not tried any more."""
        await self._set(message_id, "attempts = attempts + 1, error = ?, state = 'given-up'", encode(error))

    async def of(self, job_id: str) -> tuple[Message, ...]:
        """The messages about one job."""
        rows = await self._database.read(
            lambda tx: tx.rows("SELECT * FROM outbox WHERE job = ? ORDER BY created, id", (job_id,))
        )
        return tuple(_message(row) for row in rows)

    async def _set(self, message_id: str, what: str, *values: str | float) -> None:
        sql = f"UPDATE outbox SET {what} WHERE id = ? AND state = 'waiting'"
        await self._database.write(lambda tx: tx.run(sql, (*values, message_id)))


def tell(tx: Transaction, record: JobRecord, now: float) -> None:
    """Keep the message of that job's end, where somebody wants to be told."""
    if not record.callback:
        return
    tx.run(
        "INSERT INTO outbox (id, job, url, body, state, attempts, error, due, created)"
        " VALUES (?, ?, ?, ?, 'waiting', 0, ?, ?, ?)",
        (f"msg_{new_id()}", record.id, record.callback, encode(body_of(record, now)), encode(""), now, now),
    )


def body_of(record: JobRecord, now: float) -> dict[str, Any]:
    """What the receiver gets: that it ended and how, its output where that is not too large (files in it are links),
    and where to ask for the rest."""
    here = f"/v1/jobs/{record.id}"
    output = record.output if len(encode(record.output)) <= LARGEST_OUTPUT else None
    error = record.error and {"code": record.error.code, "message": record.error.message}
    return {
        "type": f"job.{record.status}",
        "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        "data": {
            "id": record.id,
            "app": record.app,
            "operation": record.operation,
            "status": record.status,
            "created": record.created,
            "started": record.started,
            "finished": record.finished,
            "error": error,
            "output": output,
            "urls": {"self": here, "events": f"{here}/events"},
        },
    }


def hand_out(tx: Transaction, now: float, limit: int) -> tuple[Message, ...]:
    """The messages that are due, held for whoever asks."""
    sql = "SELECT * FROM outbox WHERE state = 'waiting' AND due <= ? ORDER BY due, id LIMIT ?"
    return tuple(_message(row) for row in tx.rows(sql, (now, limit)) if _held(tx, row["id"], now))


def _held(tx: Transaction, message_id: str, now: float) -> bool:
    """Conditional, since another server may have taken it in between."""
    sql = "UPDATE outbox SET due = ? WHERE id = ? AND state = 'waiting' AND due <= ?"
    return tx.run(sql, (now + HELD_S, message_id, now)) == 1


def _message(row: Mapping[str, Any]) -> Message:
    return Message(
        id=row["id"],
        job=row["job"],
        url=row["url"],
        body=row["body"],
        attempts=row["attempts"],
        due=row["due"],
        created=row["created"],
        state=row["state"],
        error=json.loads(row["error"]),
    )
