"""Owns the way from a pipeline's reports to the job's row: any rate in, what is new out."""

from __future__ import annotations

import asyncio

from rung.runtime.jobs.record import JobStore, Progress


class Reporter:
    """Takes reports at any rate and writes those that say something new, one writer at a time."""

    def __init__(self, jobs: JobStore, job_id: str, epoch: int) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._epoch = epoch
        self._latest = self._written = Progress()
        self._writer: asyncio.Task[None] | None = None

    def __call__(self, stage: str, fraction: float) -> None:
        """Called by the pipeline, on the loop."""
        self._latest = Progress(stage=stage, frac=fraction)
        if self._news() and (self._writer is None or self._writer.done()):
            self._writer = asyncio.create_task(self._write())

    async def settle(self) -> None:
        """Everything reported is written."""
        if self._writer is not None:
            await self._writer

    def _news(self) -> bool:
        new, old = self._latest, self._written
        return new.stage != old.stage or abs(new.frac - old.frac) >= 0.01 or (new.frac == 1.0 != old.frac)

    async def _write(self) -> None:
        while self._news():
            self._written = now = self._latest
            await self._jobs.report(self._job_id, self._epoch, now)
