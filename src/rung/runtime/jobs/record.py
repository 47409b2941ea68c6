"""The job as the outside sees it: its row, its events, and the protocol that every store of jobs keeps."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic_core import to_json

from rung.runtime.errors import RungError, without_paths
from rung.runtime.spec import Policy, Provenance

Status = Literal["queued", "running", "succeeded", "failed", "canceled", "expired"]
ENDED: frozenset[Status] = frozenset({"succeeded", "failed", "canceled", "expired"})
"""States that are final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is being done, and how much of the job is behind (0..1)."""

    stage: str = ""
    frac: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a job has no output: an error's stable code, its sentence, JSON values for programs."""

    code: str
    message: str
    retryable: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


def failure_of(error: RungError) -> Failure:
    """The error as a value that may leave this machine: neither paths nor a worker's log go out.

    Details as JSON values; what is none is told by its type only.
    """
    told = {key: value for key, value in error.details.items() if key != "log"}
    details = to_json(told, fallback=lambda value: type(value).__name__, inf_nan_mode="null")
    return Failure(
        code=error.code,
        message=without_paths(error.message),
        retryable=error.retryable,
        details=json.loads(without_paths(details.decode())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One request's life. Times are Unix seconds; `output` holds JSON values, files as links.

    cancel: the caller asked for an end; the status follows when the pipeline has let go.
    """

    id: str
    app: str
    operation: str
    status: Status = "queued"
    created: float
    started: float | None = None
    finished: float | None = None
    progress: Progress = Progress()
    output: Mapping[str, Any] | None = None
    error: Failure | None = None
    provenance: tuple[Provenance, ...] = ()
    warnings: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    deadline_s: float = 600.0
    scope: str = ""
    cancel: bool = False

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a job. seq counts from 1 within the job, without gaps when written.

    kind: queued | started | progress | succeeded | failed | canceled | expired.
    """

    seq: int
    kind: str
    data: Mapping[str, Any]


class JobStore(Protocol):
    """Where jobs live. Unknown ids raise NotFound; states that have ended are final."""

    async def create(self, record: JobRecord) -> None:
        """Keep a new job and write its `queued` event."""

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands."""
        ...

    async def update(self, job_id: str, **changes: Any) -> JobRecord:
        """The job with those fields changed. A job that has ended is returned as it is."""
        ...

    async def append_event(self, job_id: str, kind: str, data: Mapping[str, Any]) -> Event:
        """Write what happened, numbered."""
        ...

    def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Events with seq > after, as they come; ends when the job has ended and all were given."""
        ...

    async def list(self, *, status: Status | None = None, limit: int = 100) -> tuple[JobRecord, ...]:
        """The newest first."""
        ...

    async def count(self) -> Mapping[Status, int]:
        """How many jobs are kept in each state."""
        ...

    async def request_cancel(self, job_id: str) -> JobRecord:
        """Set the cancel flag of a job that has not ended."""
        ...
