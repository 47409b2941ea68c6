"""Owns one visitor's dealings with the API: what is asked, how far it is, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from rung.apps.furniture.page_state import Photo, Work
from rung.console.board import Span
from rung.runtime.client import AsyncClient
from rung.runtime.errors import RungError

OPEN = frozenset({"queued", "running"})
LOOK_S = 1
"""How long one question about the job stays open: the visitor sees its progress as often."""


class Desk:
    """One visitor. Every deed ends with `changed()`, which shows what is now the case."""

    def __init__(self, client: AsyncClient, changed: Callable[[], None]) -> None:
        self.client = client
        self.work = Work()
        self.trouble = ""
        """A sentence for the visitor; empty: none."""
        self.stage = ""
        """What the server is doing for us, in its words; empty: nothing."""
        self.share = 0.0
        """How much of it is done, 0..1."""
        self.drawn: Span | None = None
        """A box that still wants a name."""
        self._changed = changed
        self._job = ""
        self._busy = False

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

    def turn(self, work: Work) -> None:
        """A step that asks nothing."""
        self.work, self.trouble = work, ""
        self._changed()

    async def open_bytes(self, data: bytes, name: str) -> None:
        """A picture that the server's own side holds (a sample)."""
        try:
            self.turn(self.work.opened(Photo.of(await self.client.upload(data), name)))
        except RungError as error:
            self.fails(error.message)

    def draw(self, box: Span | None) -> None:
        """A box round something that the detector did not see; None: never mind."""
        self.drawn = box
        self._changed()

    def name(self, label: str) -> None:
        """What is in the box that was drawn."""
        if self.drawn is not None and label.strip():
            self.work = self.work.pointed_out(self.drawn, label.strip())
            self.draw(None)

    async def measure(self) -> None:
        """Ask for the whole flat; shown while it runs, and when it has come."""
        if self._busy or not self.work.photos:
            return
        self._busy, self.trouble, asked = True, "", self.work
        self._changed()
        try:
            job = await self._followed(asked.fields())
            if job["status"] == "succeeded":
                self.work = self.work.answered(asked, job["output"], job["warnings"], job["provenance"])
            elif job["status"] != "canceled":
                self.trouble = (job["error"] or {}).get("detail") or job["status"]
        except RungError as error:
            self.trouble = error.message
        finally:
            self._busy, self._job, self.stage, self.share = False, "", "", 0.0
        self._changed()

    async def _followed(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """The job at its end."""
        job = await self.client.start("furniture", "scene", **fields)
        self._job = job["id"]
        while job["status"] in OPEN:
            progress = job["progress"] or {}
            self.stage, self.share = str(progress.get("stage") or ""), float(progress.get("fraction") or 0.0)
            self._changed()
            job = await self.client.job(self._job, wait_s=LOOK_S)
        return job

    async def cancel(self) -> None:
        """Take back what runs; the models are free for others."""
        job, self._job = self._job, ""
        if not job:
            return
        try:
            await asyncio.shield(self.client.cancel(job))
        except RungError as error:
            self.fails(error.message)


def _nobody() -> None:
    """There is nobody to show it to."""
