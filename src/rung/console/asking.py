"""Owns one visitor's questions to an app that are answered by a job: what is asked, how far it is, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from rung.runtime.client import AsyncClient
from rung.runtime.errors import RungError

OPEN = frozenset({"queued", "running"})
LOOK_S = 1
"""How long one question about the job stays open: the visitor sees its progress as often."""


class Asking:
    """One visitor of one app's page. Every deed ends with `changed()`, which shows what is now the case."""

    def __init__(self, client: AsyncClient, app: str, changed: Callable[[], None]) -> None:
        self.client = client
        self.trouble = ""
        """A sentence for the visitor; empty: none."""
        self.stage = ""
        """What the server is doing for us, in its words; empty: nothing."""
        self.share = 0.0
        """How much of it is done, 0..1."""
        self._app = app
        self._changed = changed
        self._job = ""
        self._busy = False
        self._taken_back = False
        """Whether the visitor wants no answer any more: said while the server has not named the job yet, it is taken
        back as soon as it has a name."""

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._busy

    async def close(self) -> None:
        """The visitor has gone: what still runs for them is taken back."""
        self._changed = _nobody
        await self.cancel()
        await self.client.close()

    def fails(self, sentence: str) -> None:
        """Something went wrong outside: an upload, a file that has gone."""
        self.trouble = sentence
        self._changed()

    async def ask(self, operation: str, answered: Callable[[Mapping[str, Any]], None], **fields: Any) -> None:
        """One operation from its beginning to what is shown of its end. answered: takes the job that succeeded."""
        self._busy, self._taken_back, self.trouble = True, False, ""
        self._changed()
        try:
            job = await self._followed(operation, **fields)
            if job["status"] == "succeeded":
                answered(job)
            elif job["status"] != "canceled":
                self.trouble = (job["error"] or {}).get("detail") or job["status"]
        except RungError as error:
            self.trouble = error.message
        finally:
            self._busy, self._job, self.stage, self.share = False, "", "", 0.0
        self._changed()

    async def _followed(self, operation: str, **fields: Any) -> Mapping[str, Any]:
        """The job at its end."""
        job = await self.client.start(self._app, operation, **fields)
        self._job = name = job["id"]
        if self._taken_back:
            await self._take_back()
        while job["status"] in OPEN:
            progress = job["progress"] or {}
            self.stage, self.share = str(progress.get("stage") or ""), float(progress.get("fraction") or 0.0)
            self._changed()
            job = await self.client.job(name, wait_s=LOOK_S)
        return job

    async def cancel(self) -> None:
        """Take back what runs; the models are free for others."""
        self._taken_back = True
        await self._take_back()

    async def _take_back(self) -> None:
        job, self._job = self._job, ""
        if not job:
            return
        try:
            await asyncio.shield(self.client.cancel(job))
        except RungError as error:
            self.fails(error.message)


def _nobody() -> None:
    """There is nobody to show it to."""
