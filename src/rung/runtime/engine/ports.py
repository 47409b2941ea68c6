"""What the engine asks of a worker and of where workers come from; fakes answer to the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from rung.runtime.errors import RungError
from rung.runtime.model import Part, Progress
from rung.runtime.spec import Placement
from rung.runtime.workers.process import LoadReport, WorkerAnswer, WorkerCall

OnOutcome = Callable[[str, Progress | Part], None]
OnEnd = Callable[[list[WorkerAnswer | RungError]], None]


class Worker(Protocol):
    """The process that holds a variant. exited: resolves with a sentence that says how it ended."""

    pid: int
    exited: asyncio.Future[str]

    @property
    def cause(self) -> str:
        """Known before `exited` resolves: `oom` when memory ended it, `template` when it went with the process that
        it was forked from, else empty or another word."""

    async def load(self) -> LoadReport:
        """Take the model into memory."""

    def begin(self, calls: Sequence[WorkerCall], on_outcome: OnOutcome, on_end: OnEnd) -> None:
        """Answer the calls together. on_end: given an outcome for each, in order, after this has returned."""

    def cancel(self, call_id: str) -> None:
        """Nobody wants it any more."""

    async def end(self, grace_s: float = ...) -> None:
        """Return when nothing of the process is left."""

    def memory(self) -> int | None:
        """Bytes now. Takes a millisecond or more."""


class Free(Protocol):
    """The machine's own figures of its memory, in bytes; None where nobody says. They may take a while: called in a
    thread."""

    def free(self, device: str) -> int | None:
        """What the device could give now."""

    def held(self, device: str, pid: int) -> int | None:
        """What the process has taken of what was free."""


class Spawner(Protocol):
    """Where workers come from."""

    async def spawn(self, placement: Placement, others: Sequence[Placement] = ()) -> Worker:
        """A worker, not loaded. others: the other members of the placement's group."""

    async def close(self) -> None:
        """End them all."""
