"""Owns the changes of a job's state, each as one deed: all of it is kept, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, cast

from rung.runtime.errors import Cancelled, DeadlineExceeded, JobLost
from rung.runtime.jobs import rows
from rung.runtime.jobs.codec import encode, encoded_failure, encoded_output, encoded_provenance
from rung.runtime.jobs.outbox import tell
from rung.runtime.jobs.record import (
    ENDED,
    Attempt,
    Ending,
    Event,
    Failure,
    JobRecord,
    Outcome,
    Progress,
    Status,
    failure_of,
)
from rung.runtime.store import Transaction, Value

LOSSES = 20
"""A job whose servers were lost so often is not begun again: it may be what they die of."""


def start(tx: Transaction, job_id: str, server: str, now: float) -> JobRecord | None:
    """Begin a run of a queued job; None when it is not queued. Raises NotFound."""
    epoch = rows.load(tx, job_id).epoch
    seq = rows.change(
        tx,
        job_id,
        {"status": "running", "started": now, "epoch": epoch + 1, "server": server, "beat": 0},
        {"status": "queued", "epoch": epoch},
    )
    if seq is None:
        return None
    rows.insert_attempt(tx, job_id, Attempt(number=epoch + 1, server=server, started=now))
    rows.append(tx, job_id, Event(seq=seq, kind="started", data={"attempt": epoch + 1}), now)
    return rows.load(tx, job_id)


def report(tx: Transaction, job_id: str, epoch: int, progress: Progress, now: float) -> bool:
    """Its progress, as a field and as an event. False: fenced."""
    values = {"progress": encode(asdict(progress))}
    told = {"stage": progress.stage, "frac": round(progress.frac, 4)}
    return _written(tx, job_id, epoch, values, "progress", told, now)


def note(tx: Transaction, job_id: str, epoch: int, kind: str, data: Mapping[str, Any], now: float) -> bool:
    """Write what happened. False: fenced."""
    return _written(tx, job_id, epoch, {}, kind, data, now)


def finish(tx: Transaction, job_id: str, epoch: int, ending: Ending) -> JobRecord | None:
    """The end of a run: row, attempt, event and message. None: fenced."""
    assert ending.status in ENDED
    values: dict[str, Value] = {
        "status": ending.status,
        "finished": ending.finished,
        "output": encoded_output(ending.output),
        "error": encoded_failure(ending.error),
        "provenance": encoded_provenance(ending.provenance),
        "warnings": encode(ending.warnings),
    }
    if ending.status == "succeeded":
        values["progress"] = encode(asdict(Progress(stage="done", frac=1.0)))
    seq = rows.change(tx, job_id, values, {"status": "running", "epoch": epoch})
    if seq is None:
        return None
    detail = ending.error.message if ending.error else ""
    rows.close_attempt(tx, job_id, epoch, cast(Outcome, ending.status), detail, ending.finished)
    return _ended(tx, job_id, seq, ending.finished)


def cancel(tx: Transaction, job_id: str, now: float) -> JobRecord:
    """A queued job ends at once; a running one is marked. Raises NotFound."""
    while True:  # its state may change under our hands: then it is looked at again
        record = rows.load(tx, job_id)
        if record.ended or record.cancel:
            return record
        if record.status == "queued":
            failure = failure_of(Cancelled("the job was cancelled before it began"))
            ended = drop(tx, job_id, Ending(status="canceled", finished=now, error=failure), cancel=True)
            if ended is not None:
                return ended
        tx.run("UPDATE jobs SET cancel = 1 WHERE id = ? AND status = 'running'", (job_id,))


def drop(tx: Transaction, job_id: str, ending: Ending, *, cancel: bool = False) -> JobRecord | None:
    """End a job that waits; cancel: since that was asked for. None: it does not wait. Raises NotFound."""
    rows.load(tx, job_id)
    values: dict[str, Value] = {
        "status": ending.status,
        "finished": ending.finished,
        "error": encoded_failure(ending.error),
        "cancel": int(cancel),
    }
    seq = rows.change(tx, job_id, values, {"status": "queued"})
    return None if seq is None else _ended(tx, job_id, seq, ending.finished)


def take_back(
    tx: Transaction,
    job_id: str,
    epoch: int,
    *,
    outcome: Literal["lost", "released"],
    detail: str,
    now: float,
    beat: int | None = None,
) -> bool:
    """End a run that its server will not end: the job waits again, or has ended. False: that run is over."""
    found = rows.select(tx, "WHERE id = ? AND epoch = ? AND status = 'running'", (job_id, epoch))
    if not found:
        return False
    record = found[0]
    status, failure = fate(record, outcome, now)
    # `cancel` stands there too: a request to cancel that comes in between must not be lost on a job that waits.
    where: dict[str, Value] = {"status": "running", "epoch": epoch, "cancel": int(record.cancel)}
    if beat is not None:
        where["beat"] = beat
    values: dict[str, Value] = {"status": status, "server": ""}
    if failure is None:
        values |= {"started": None, "progress": encode(asdict(Progress()))}
    else:
        values |= {"finished": now, "error": encoded_failure(failure)}
    seq = rows.change(tx, job_id, values, where)
    if seq is None:
        return False
    rows.close_attempt(tx, job_id, epoch, outcome, detail, now)
    if failure is None:
        rows.append(tx, job_id, Event(seq=seq, kind="requeued", data={"attempt": epoch, "reason": outcome}), now)
    else:
        _ended(tx, job_id, seq, now)
    return True


def fate(record: JobRecord, outcome: Literal["lost", "released"], now: float) -> tuple[Status, Failure | None]:
    """What becomes of a job whose run was lost or released."""
    if record.cancel:
        return "canceled", failure_of(Cancelled("the job was cancelled on request"))
    if record.deadline_at is not None and record.deadline_at <= now:
        return "expired", failure_of(late(record))
    lost = sum(attempt.outcome == "lost" for attempt in record.attempts) + (outcome == "lost")
    if lost >= LOSSES:
        return "failed", failure_of(JobLost(f"{lost} servers that ran the job were lost; it is not begun again"))
    return "queued", None


def late(record: JobRecord) -> DeadlineExceeded:
    """That nobody waits for it any more."""
    return DeadlineExceeded(f"not done within the job's deadline of {record.deadline_s:g} s")


def _written(
    tx: Transaction,
    job_id: str,
    epoch: int,
    values: Mapping[str, Value],
    kind: str,
    data: Mapping[str, Any],
    now: float,
) -> bool:
    seq = rows.change(tx, job_id, values, {"status": "running", "epoch": epoch})
    if seq is None:
        return False
    rows.append(tx, job_id, Event(seq=seq, kind=kind, data=data), now)
    return True


def _ended(tx: Transaction, job_id: str, seq: int, now: float) -> JobRecord:
    """What every end leaves: its event, and the message for whoever wants to be told."""
    record = rows.load(tx, job_id)
    data = {"error": record.error.code} if record.error else {}
    rows.append(tx, job_id, Event(seq=seq, kind=record.status, data=data), now)
    tell(tx, record, now)
    return record
