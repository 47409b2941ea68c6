"""The job as the outside sees it: its row, its events, and the protocol that every store of jobs keeps."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pydantic_core import to_json

from rung.runtime.errors import RungError, without_paths
from rung.runtime.logs import Redactor
from rung.runtime.spec import Policy, Provenance

_REDACT = Redactor()
"""Errors repeat what the caller sent, and that may be a key in the wrong place."""

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
    """The error as a value that may be kept and may leave this machine: no paths, no worker's log, no keys.

    Details as JSON values; what is none is told by its type only.
    """
    told = {key: value for key, value in error.details.items() if key != "log"}
    details = to_json(told, fallback=lambda value: type(value).__name__, inf_nan_mode="null")
    return Failure(
        code=error.code,
        message=_REDACT(without_paths(error.message)),
        retryable=error.retryable,
        details=_REDACT.inside(json.loads(without_paths(details.decode()))),
    )


Outcome = Literal["running", "succeeded", "failed", "canceled", "expired", "lost", "released"]
"""Of an attempt. lost: its server was not heard of any more. released: given back, at a drain; not its fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One time that a server ran the job. number: from 1, the epoch it ran under. server: who. Unix seconds."""

    number: int
    server: str
    started: float
    ended: float | None = None
    outcome: Outcome = "running"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One request's life. Times are Unix seconds; `output` holds JSON values, files as links.

    cancel: the caller asked for an end; the status follows when the pipeline has let go. scope: the key it came
    with. priority: -1, 0, 1. deadline_at: when nobody wants it any more. durable: whether it is on disk. epoch: how
    often it was begun; only the last one may write. callback: who is told of its end. request: of the request's id.
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
    priority: int = 0
    deadline_at: float | None = None
    durable: bool = False
    epoch: int = 0
    attempts: tuple[Attempt, ...] = ()
    callback: str = ""
    request: str = ""

    @property
    def ended(self) -> bool:
        """Whether the status is final."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a job. seq counts from 1 within the job, without gaps when written.

    kind: queued | started | progress | log | requeued | succeeded | failed | canceled | expired.
    """

    seq: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a run of the job came to."""

    status: Status
    finished: float
    output: Mapping[str, Any] | None = None
    error: Failure | None = None
    provenance: tuple[Provenance, ...] = ()
    warnings: tuple[str, ...] = ()


class JobStore(Protocol):
    """Where jobs live. Unknown ids raise NotFound; states that have ended are final.

    A run of a job is known by its epoch: what an older run writes is not written (`fenced`).
    """

    async def create(self, record: JobRecord) -> None:
        """Keep a new job and write its `queued` event."""

    async def get(self, job_id: str) -> JobRecord:
        """The job as it stands."""
        ...

    async def start(self, job_id: str, server: str, now: float) -> JobRecord | None:
        """Begin a run of a queued job: status running, epoch + 1, an attempt, the `started` event.

        None: it is not queued any more (cancelled, ended, begun by another).
        """
        ...

    async def drop(self, job_id: str, ending: Ending) -> JobRecord | None:
        """End a queued job without beginning it, with the event of its end. None: it is not queued."""
        ...

    async def report(self, job_id: str, epoch: int, progress: Progress) -> bool:
        """Its progress, as a field and as an event. False: fenced."""
        ...

    async def note(self, job_id: str, epoch: int, kind: str, data: Mapping[str, Any]) -> bool:
        """Write what happened, numbered. False: fenced."""
        ...

    async def finish(self, job_id: str, epoch: int, ending: Ending) -> JobRecord | None:
        """The end of a run, its event and its attempt with it. None: fenced, and nothing is changed."""
        ...

    async def cancel(self, job_id: str, now: float) -> JobRecord:
        """A queued job ends at once; a running one is marked, and whoever runs it sees that."""
        ...

    def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """Events with seq > after, as they come; ends when the job has ended and all were given."""
        ...

    async def list(
        self, *, status: Status | None = None, limit: int = 100, scope: str | None = None
    ) -> tuple[JobRecord, ...]:
        """The newest first. scope: of that key only."""
        ...

    async def count(self) -> Mapping[Status, int]:
        """How many jobs are kept in each state."""
        ...
