"""Owns the way from a run's reports to the job's row: any rate in, what is new out, in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rung.runtime.jobs.record import Progress

SENTENCES = 200
"""Of one run's story; a job that has more to tell is told no more of."""

Report = Callable[[Progress], Awaitable[object]]
Note = Callable[[str, Mapping[str, Any]], Awaitable[object]]


class Reporter:
    """Takes reports at any rate and writes those that say something new, one writer at a time.

    report: writes the progress. note: writes an event of that kind. `tell` gathers sentences on why things
    happened; they are written with the next progress, by `flush`, or at the end.
    """

    def __init__(self, report: Report, note: Note, clock: Callable[[], float] = time.time) -> None:
        self._report = report
        self._note = note
        self._clock = clock
        self._latest = self._written = Progress()
        self._told = 0
        self._sentences: list[Mapping[str, Any]] = []
        self._writer: asyncio.Task[None] | None = None

    def __call__(self, stage: str, fraction: float) -> None:
        """Called by the pipeline, on the loop."""
        self._latest = Progress(stage=stage, frac=fraction)
        if self._news() and (self._writer is None or self._writer.done()):
            self._writer = asyncio.create_task(self._write())

    def tell(self, sentence: str) -> None:
        """Why something happened or waits; called by the runtime, on the loop."""
        self._told += 1
        if self._told <= SENTENCES:
            self._sentences.append({"text": sentence, "at": round(self._clock(), 3)})
        elif self._told == SENTENCES + 1:
            self._sentences.append({"text": "(more is not told)", "at": round(self._clock(), 3)})

    async def flush(self) -> None:
        """The sentences so far are written."""
        sentences, self._sentences = self._sentences, []
        for sentence in sentences:
            await self._note("log", sentence)

    async def settle(self) -> None:
        """Everything reported and told is written."""
        if self._writer is not None:
            await self._writer
        await self.flush()

    def _news(self) -> bool:
        new, old = self._latest, self._written
        return new.stage != old.stage or abs(new.frac - old.frac) >= 0.01 or (new.frac == 1.0 != old.frac)

    async def _write(self) -> None:
        while self._news():
            self._written = now = self._latest
            await self.flush()
            await self._report(now)
