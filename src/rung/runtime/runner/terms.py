"""What a caller asks for beside the input, and what the runner remembers of a job while it is open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from rung.runtime.app import Operation
from rung.runtime.jobs import JobRecord, JobStore
from rung.runtime.spec import Policy

DEADLINE_S = 600.0
"""Of a job whose caller gave none."""

Stopped = Literal["", "cancel", "drain", "fenced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """policy: which rungs may answer. deadline_s: seconds from now. priority: -1, 0, 1. scope: the caller's key.

    keep: on disk before it is accepted. idempotency: the key under which a repeated request finds this job; such a
    job is kept. callback: a URL that is told of the end; such a job is kept. request: the request's id.
    """

    policy: Policy = field(default_factory=Policy)
    deadline_s: float = DEADLINE_S
    priority: int = 0
    scope: str = ""
    warnings: tuple[str, ...] = ()
    keep: bool = False
    idempotency: str = ""
    callback: str = ""
    request: str = ""

    @property
    def kept(self) -> bool:
        """Whether the job has to survive the server."""
        return self.keep or bool(self.idempotency or self.callback)


@dataclass(slots=True, eq=False, kw_only=True)
class Entry:
    """A job that this server has accepted or taken over and that has not ended.

    input: None while it lies on disk. deadline: time.monotonic(). home: the store that holds its row. held: bytes of
    pictures in memory. files: its input's files, pinned. epoch: 0 until it is begun. stopped: who ended its task.
    """

    record: JobRecord
    operation: Operation
    input: BaseModel | None
    deadline: float
    home: JobStore
    held: int = 0
    files: tuple[str, ...] = ()
    epoch: int = 0
    stopped: Stopped = ""
    settled: bool = False
    """Its pipeline is over and its end is being written: too late to stop it."""
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    moving: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while its row is written, or moves from memory to disk."""
    task: asyncio.Task[None] | None = None
    flush: Callable[[], Awaitable[None]] | None = None
    """Writes what was told of the run so far; there while it runs."""

    @property
    def id(self) -> str:
        """The job's."""
        return self.record.id

    def left_s(self) -> float:
        """Seconds until its deadline."""
        return self.deadline - time.monotonic()
