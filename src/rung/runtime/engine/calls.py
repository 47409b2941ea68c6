"""Owns a call while somebody awaits it, and what comes back of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.engine.ports import OnOutcome
from rung.runtime.errors import RungError
from rung.runtime.spec import Cost, Strategy
from rung.runtime.workers.process import WorkerAnswer, WorkerCall


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """An answer with its times: queue_s before it ran, without load_s, which it spent waiting for a load.

    attempts: how often it was begun. cost: of all of them.
    """

    output: Any
    queue_s: float
    load_s: float
    run_s: float
    peak_bytes: int | None
    cached: tuple[str, ...]
    warnings: tuple[str, ...]
    attempts: int
    strategy: Strategy = "resident"
    cost: Cost = field(default_factory=Cost)


@dataclass(slots=True)
class Open:
    """A call that somebody awaits. over: resolves when nothing of a call runs that was taken back."""

    call: WorkerCall
    answer: asyncio.Future[EngineAnswer]
    on_outcome: OnOutcome
    arrived: float
    pixels: int = 0
    """Of its input's largest plane, as `tasks.pixels_of` counts."""
    started: float = 0.0
    attempts: int = 0
    over: asyncio.Future[None] | None = None

    def begin(self, now: float) -> None:
        """It is handed to a worker."""
        self.started, self.attempts = now, self.attempts + 1

    def resolve(self, outcome: WorkerAnswer | RungError, load_began: float, ready: float) -> None:
        """Its answer, or its error. load_began, ready: of the worker that ran it, time.monotonic()."""
        if isinstance(outcome, RungError):
            fail(self.answer, outcome)
            return
        load_s = max(0.0, min(ready, self.started) - max(self.arrived, load_began))
        if not self.answer.done():
            self.answer.set_result(
                EngineAnswer(
                    output=outcome.output,
                    queue_s=max(0.0, self.started - self.arrived - load_s),
                    load_s=load_s,
                    run_s=outcome.run_s,
                    peak_bytes=outcome.peak_bytes,
                    cached=outcome.cached,
                    warnings=outcome.warnings,
                    attempts=self.attempts,
                    strategy=outcome.strategy,
                )
            )

    def let_go(self) -> None:
        """Nothing of it runs any more."""
        if self.over is not None and not self.over.done():
            self.over.set_result(None)


def fail(future: asyncio.Future[Any], error: RungError) -> None:
    """The error for whoever awaits it; where nobody does any more, nothing is said about it."""
    if not future.done():
        future.set_exception(error)
        future.exception()
