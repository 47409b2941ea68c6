"""Owns one visitor's dealings with the API: what is asked, how far it is, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from rung.apps.drawings.page_order import Order
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
        self._again = False
        """Whether another quotation is wanted once this one has come."""

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
        asked = self.work

        def answered(job: Mapping[str, Any]) -> Work:
            return self.work.answered(asked, job["output"], job["warnings"], job["provenance"])

        await self._asking(answered, "analyze", file={"file": drawing.file}, **asked.wish.fields())

    async def _asking(self, answered: Callable[[Mapping[str, Any]], Work], operation: str, **fields: Any) -> None:
        """One operation from its beginning to what is shown of its end. answered: the work with what came of it."""
        self._busy, self.trouble = True, ""
        self._changed()
        try:
            job = await self._followed(operation, **fields)
            if job["status"] == "succeeded":
                self.work = answered(job)
            elif job["status"] != "canceled":
                self.trouble = (job["error"] or {}).get("detail") or job["status"]
        except RungError as error:
            self.trouble = error.message
        finally:
            self._busy, self._job, self.stage, self.share = False, "", "", 0.0
        self._changed()

    async def review(self, dimension: Mapping[str, Any], status: str, text: str = "") -> None:
        """A person's word on one dimension of the page that is shown, kept with the drawing."""
        answer, sheet = self.work.answer, self.work.sheet()
        if answer is None or sheet is None:
            return
        first = dimension.get("first", dimension)
        change = {
            "page": sheet["page"],
            "id": dimension["id"],
            "polygon": first["polygon"],
            "dpi": sheet["dpi"],
            "before": first["text"],
            "status": status,
        }
        change |= {"text": text} if text else {}
        try:
            reply = await self.client.run("drawings", "review", drawing=answer["drawing"], changes=[change])
        except RungError as error:
            self.fails(error.message)
            return
        work = self.work
        for one in reply.output["dimensions"]:
            work = work.reviewed(sheet["page"], one)
        self.turn(work)

    def order(self, order: Order) -> None:
        """What the visitor gives for the quotation."""
        self.turn(replace(self.work, order=order))

    async def quote(self) -> None:
        """Price the page that is shown; asked for while it is being priced, once more with what was given since."""
        self._again = True
        while self._again and not self._busy:
            self._again, asked, sheet = False, self.work, self.work.sheet()
            if sheet is not None:
                await self._asking(partial(self._priced, asked), "quote", **asked.order.fields(sheet))

    def _priced(self, asked: Work, job: Mapping[str, Any]) -> Work:
        return self.work.priced(asked, job["output"])

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
