"""Decides how a run of a job ended, from what it returned or raised."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from rung.runtime.errors import Cancelled, DeadlineExceeded, RungError
from rung.runtime.job import Job
from rung.runtime.jobs import Ending, Status, failure_of
from rung.runtime.logs import event

log = logging.getLogger(__name__)


def succeeded(output: Mapping[str, Any], job: Job) -> Ending:
    """It came to a result."""
    return Ending(
        status="succeeded",
        finished=time.time(),
        output=output,
        provenance=tuple(job.provenance),
        warnings=tuple(job.warnings),
    )


def failed(error: BaseException, job_id: str, job: Job | None = None) -> Ending:
    """It raised. An error that is not Rung's is logged whole and told by the job's id alone."""
    ours = _ours(error)
    if ours is None:
        event(log, "a job failed on an error that is not Rung's", level=logging.ERROR, error=error, job=job_id)
        ours = RungError(f"an internal error; the server's log names it under job {job_id}")
    return Ending(
        status=_status(ours),
        finished=time.time(),
        error=failure_of(ours),
        provenance=tuple(job.provenance) if job else (),
        warnings=tuple(job.warnings) if job else (),
    )


def _status(error: RungError) -> Status:
    match error:
        case Cancelled():
            return "canceled"
        case DeadlineExceeded():
            return "expired"
        case _:
            return "failed"


def _ours(error: BaseException) -> RungError | None:
    """The RungError in it: itself, or the first of a group that holds nothing else (a fan-out's)."""
    if isinstance(error, RungError):
        return error
    if isinstance(error, BaseExceptionGroup):
        inner = [_ours(one) for one in error.exceptions]
        return None if None in inner else inner[0]
    return None
