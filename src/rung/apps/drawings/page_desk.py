"""Owns one visitor's dealings with the API about their drawing: what is read, reviewed and priced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from rung.apps.drawings.page_order import Order
from rung.apps.drawings.page_state import Drawing, Work
from rung.console.asking import Asking
from rung.console.words import Language
from rung.runtime.client import AsyncClient
from rung.runtime.errors import RungError

EXPORTED = {"annotated-pdf": "annotated_pdf", "xlsx": "tables_xlsx", "csv": "dimensions_csv", "json": "result_json"}
"""A kind of file -> where the answer to `export` has it; that of one page stands with the page."""


class Desk(Asking):
    """One visitor and their drawing."""

    def __init__(self, client: AsyncClient, changed: Callable[[], None]) -> None:
        super().__init__(client, "drawings", changed)
        self.work = Work()
        self._wanted: dict[str, Callable[[], Awaitable[None]]] = {}
        """What is asked for once the server has ended what it does for us, each once, in turn: a drawing that is opened
        while another is read, a quotation by what was given while one was priced."""

    def turn(self, work: Work) -> None:
        """A step that asks nothing."""
        self.work, self.trouble = work, ""
        self._changed()

    async def open(self, ref: Mapping[str, Any], name: str) -> None:
        """A file that the server has: shown at once, and read; what was asked of the one before is taken back."""
        self.turn(self.work.opened(Drawing.of(ref, name)))
        await self.cancel()
        await self.read()

    async def open_bytes(self, data: bytes, name: str) -> None:
        """A drawing that the server's own side holds (a sample)."""
        try:
            await self.open(await self.client.upload(data), name)
        except RungError as error:
            self.fails(error.message)

    async def cancel(self) -> None:
        """Take back what runs, and what was to follow it."""
        self._wanted.clear()
        await super().cancel()

    async def read(self) -> None:
        """Ask for everything on the drawing; shown while it runs, and when it has come. What is asked already is
        ended first."""
        await self._in_turn("read", self._read)

    async def quote(self) -> None:
        """Price the page that is shown; asked for while it is being priced, once more with what was given since."""
        await self._in_turn("quote", self._quote)

    async def _in_turn(self, name: str, deed: Callable[[], Awaitable[None]]) -> None:
        self._wanted[name] = deed
        while self._wanted and not self._busy:
            await self._wanted.pop(next(iter(self._wanted)))()

    async def _read(self) -> None:
        asked, drawing = self.work, self.work.drawing
        if drawing is None:
            return

        def answered(job: Mapping[str, Any]) -> None:
            self.work = self.work.answered(asked, job["output"], job["warnings"], job["provenance"])

        await self.ask("analyze", answered, file={"file": drawing.file}, exports=[], **asked.wish.fields())

    async def review(self, dimension: Mapping[str, Any], status: str, text: str = "") -> None:
        """A person's word on one dimension of the page that is shown, kept with the drawing."""
        answer, sheet = self.work.answer, self.work.sheet()
        if answer is None or sheet is None:
            return
        first = dimension.get("first", dimension)
        # What a person added has no id on the server, which knows it by its place.
        id = "" if first.get("added") else dimension["id"]
        change = _change(sheet, first, status, text) | {"id": id}
        for one in await self._reviewed(answer, change):
            self.turn(self.work.reviewed(sheet["page"], {**one, "id": dimension["id"]}))

    async def write(self, place: Mapping[str, Any], text: str) -> None:
        """A dimension where nothing could be read, as a person reads it."""
        answer, sheet = self.work.answer, self.work.sheet()
        if answer is None or sheet is None:
            return
        known = {one["id"] for one in sheet["dimensions"]}
        for one in await self._reviewed(answer, _change(sheet, place, "modified", text)):
            # What somebody wrote there before this reading is a dimension of it already.
            put = self.work.reviewed if one["id"] in known else self.work.added
            self.turn(put(sheet["page"], one))

    async def _reviewed(self, answer: Mapping[str, Any], change: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The dimension as it stands after that word; nothing where the server does not take it, which is told."""
        try:
            reply = await self.client.run("drawings", "review", drawing=answer["drawing"], changes=[change])
        except RungError as error:
            self.fails(error.message.removeprefix("changes[0].text: "))
            return ()
        found: Sequence[Mapping[str, Any]] = reply.output["dimensions"]
        return found

    async def export(self, kind: str, language: Language, came: Callable[[Mapping[str, Any]], None]) -> None:
        """A file of what was read as it stands now, with the reviews. kind: of `exports`. came: takes its reference."""
        await self._in_turn(f"export {kind}", partial(self._export, kind, language, came))

    async def _export(self, kind: str, language: Language, came: Callable[[Mapping[str, Any]], None]) -> None:
        drawing, answer, sheet = self.work.drawing, self.work.answer, self.work.sheet()
        if drawing is None or answer is None or sheet is None:
            return
        sheets = [sheet] if kind == "annotated-png" else answer["pages"]

        def exported(job: Mapping[str, Any]) -> None:
            output = job["output"]
            found = output["pages"][0]["annotated"] if kind == "annotated-png" else output[EXPORTED[kind]]
            if found:
                came(found)

        given = {"sheets": sheets, "exports": [kind], "language": language}
        await self.ask("export", exported, file={"file": drawing.file}, **given)

    def order(self, order: Order) -> None:
        """What the visitor gives for the quotation."""
        self.turn(replace(self.work, order=order))

    async def _quote(self) -> None:
        asked, sheet = self.work, self.work.sheet()
        if sheet is not None:
            await self.ask("quote", partial(self._priced, asked), **asked.order.fields(sheet))

    def _priced(self, asked: Work, job: Mapping[str, Any]) -> None:
        self.work = self.work.priced(asked, job["output"])


def _change(sheet: Mapping[str, Any], of: Mapping[str, Any], status: str, text: str) -> dict[str, Any]:
    """A person's word on a place of the page. of: what was read there."""
    place = {"page": sheet["page"], "id": "", "polygon": of["polygon"], "dpi": sheet["dpi"]}
    return place | {"before": of["text"], "status": status} | ({"text": text} if text else {})
