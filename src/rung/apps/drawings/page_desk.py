"""Owns one visitor's dealings with the API: what is asked, how far it is, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from rung.apps.drawings.page_state import Drawing, Work
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

    async def open(self, ref: Mapping[str, Any], name: str) -> None:
        """A file that the server has: read at once."""
        await self.cancel()
        self.turn(self.work.opened(Drawing.of(ref, name)))
        await self.read()

    async def open_bytes(self, data: bytes, name: str) -> None:
        """A drawing that the server's own side holds (a sample)."""
        try:
            await self.open(await self.client.upload(data), name)
        except RungError as error:
            self.fails(error.message)

    async def read(self) -> None:
        """Ask for everything on the drawing; shown while it runs, and when it has come."""
        drawing = self.work.drawing
        if self._busy or drawing is None:
            return
        self._busy, self.trouble, asked = True, "", self.work
        self._changed()
        try:
            job = await self._followed("analyze", file={"file": drawing.file}, **asked.wish.fields())
            if job["status"] == "succeeded":
                self.work = self.work.answered(asked, job["output"], job["warnings"], job["provenance"])
            elif job["status"] != "canceled":
                self.trouble = (job["error"] or {}).get("detail") or job["status"]
        except RungError as error:
            self.trouble = error.message
        finally:
            self._busy, self._job, self.stage, self.share = False, "", "", 0.0
        self._changed()

    async def review(self, page: int, dimension: Mapping[str, Any], status: str, text: str = "") -> None:
        """A person's word on one dimension, kept with the drawing."""
        answer = self.work.answer
        if answer is None:
            return
        change = {"page": page, "id": dimension["id"], "polygon": dimension["polygon"], "status": status}
        change |= {"text_before": dimension["text"]} | ({"text": text} if text else {})
        try:
            reply = await self.client.run("drawings", "review", drawing=answer["drawing"], changes=[change])
        except RungError as error:
            self.fails(error.message)
            return
        work = self.work
        for one in reply.output["dimensions"]:
            work = work.reviewed(page, one)
        self.turn(work)

    async def _followed(self, operation: str, **fields: Any) -> Mapping[str, Any]:
        """The job at its end."""
        job = await self.client.start("drawings", operation, **fields)
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
