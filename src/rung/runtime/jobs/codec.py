"""Decides how a job's values look as columns, and back, without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from rung.runtime.errors import NotFinite
from rung.runtime.jobs.record import Attempt, Event, Failure, JobRecord, Progress
from rung.runtime.spec import Cost, Policy, Provenance
from rung.runtime.store import Value

_PROVENANCE = tuple(one.name for one in fields(Provenance))
_COST = tuple(one.name for one in fields(Cost))


def encode(value: Any) -> str:
    """JSON as ASCII, so that no character of a text is beyond any database. Raises NotFinite for NaN and infinity."""
    try:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise NotFinite("a value of the job holds a number that is not finite, and JSON has none such") from error


def columns_of(record: JobRecord) -> dict[str, Value]:
    """The row of a job, less what only the store knows (server, beat, last_seq) and its attempts."""
    return {
        "id": record.id,
        "app": record.app,
        "operation": record.operation,
        "status": record.status,
        "created": record.created,
        "started": record.started,
        "finished": record.finished,
        "deadline_s": record.deadline_s,
        "deadline_at": record.deadline_at,
        "priority": record.priority,
        "scope": record.scope,
        "cancel": int(record.cancel),
        "epoch": record.epoch,
        "callback": record.callback,
        "request": record.request,
        "policy": encode(asdict(record.policy)),
        "progress": encode(asdict(record.progress)),
        "warnings": encode(record.warnings),
        "provenance": encoded_provenance(record.provenance),
        "output": encoded_output(record.output),
        "error": encoded_failure(record.error),
    }


def record_of(row: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> JobRecord:
    """The job of a row and of its attempts' rows, which are in order."""
    error = row["error"]
    return JobRecord(
        id=row["id"],
        app=row["app"],
        operation=row["operation"],
        status=row["status"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        deadline_s=row["deadline_s"],
        deadline_at=row["deadline_at"],
        priority=row["priority"],
        scope=row["scope"],
        cancel=bool(row["cancel"]),
        epoch=row["epoch"],
        callback=row["callback"],
        request=row["request"],
        policy=Policy(**json.loads(row["policy"])),
        progress=Progress(**json.loads(row["progress"])),
        warnings=tuple(json.loads(row["warnings"])),
        provenance=tuple(_provenance(one) for one in json.loads(row["provenance"])),
        output=None if row["output"] is None else json.loads(row["output"]),
        error=None if error is None else Failure(**json.loads(error)),
        attempts=tuple(_attempt(one) for one in attempts),
        durable=True,
    )


def encoded_provenance(provenance: Sequence[Provenance]) -> str:
    """The column of that name."""
    return encode([provenance_values(one) for one in provenance])


def provenance_values(made: Provenance) -> dict[str, Any]:
    """As `asdict` gives it, which copies every value and takes longer than the whole rest of an answer."""
    cost = {name: getattr(made.cost, name) for name in _COST}
    return {name: getattr(made, name) for name in _PROVENANCE} | {"cost": cost}


def encoded_output(output: Mapping[str, Any] | None) -> str | None:
    """The column of that name; None: there is no output."""
    return None if output is None else encode(output)


def encoded_failure(failure: Failure | None) -> str | None:
    """The column `error`; None: nothing failed."""
    return None if failure is None else encode(asdict(failure))


def event_of(row: Mapping[str, Any]) -> Event:
    """The event of a row."""
    return Event(seq=row["seq"], kind=row["kind"], data=json.loads(row["data"]))


def _provenance(values: Mapping[str, Any]) -> Provenance:
    return Provenance(**{**values, "cost": Cost(**values["cost"]), "cached": tuple(values["cached"])})


def _attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(
        number=row["number"],
        server=row["server"],
        started=row["started"],
        ended=row["ended"],
        outcome=row["outcome"],
        detail=json.loads(row["detail"]),
    )
