"""Owns one visitor's dealings with the API: what is asked, what is being waited for, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rung.apps.editor.page_state import Operation, Shown, Work, edge_fields, loading
from rung.runtime.client import AsyncClient, Reply
from rung.runtime.errors import RungError

MODEL_OF: Mapping[Operation, str] = {"remove": "inpaint", "fill": "fill", "cutout": "matte", "replace": ""}
"""The task whose model an operation waits for when the mask is given."""


@dataclass(slots=True)
class Tools:
    """How the visitor has set the tools. dilate, feather: pixels; None: left to the server."""

    subtract: bool = False
    dilate: int | None = None
    feather: int | None = None
    behind: str = "colour"
    """`colour` | `blur` | `image`"""
    colour: str = "#f4f1ea"
    blur: int = 12
    background: Shown | None = None
    prompt: str = ""


class Desk:
    """One visitor. Every deed ends with `changed()`, which shows what is now the case."""

    def __init__(self, client: AsyncClient, changed: Callable[[], None]) -> None:
        self.client = client
        self.work = Work()
        self.tools = Tools()
        self.tasks: dict[str, Mapping[str, Any]] = {}
        self.trouble = ""
        """A sentence for the visitor; empty: none."""
        self.waits_for = ""
        """`segment` or an operation; empty: nothing."""
        self.loads = ""
        """The variant that has to be loaded first."""
        self._changed = changed
        self._flight: asyncio.Task[Reply] | None = None
        self._seeking = False

    async def close(self) -> None:
        """The visitor has gone: what still runs for them is taken back."""
        self._changed = _nobody
        self._drop()
        await self.client.close()

    async def look(self) -> None:
        """Learn which tasks can be answered."""
        try:
            self.tasks = {task["task"]: task for task in (await self.client.tasks())["tasks"]}
        except RungError as error:
            self.trouble = error.message
        self._changed()

    def fails(self, sentence: str) -> None:
        """Something went wrong outside: an upload, a file that has gone."""
        self.trouble = sentence
        self._changed()

    def open(self, picture: Shown) -> None:
        """Another picture; what runs for the old one is taken back."""
        self._drop()
        self.work = self.work.opened(picture)
        self.trouble = ""
        self._changed()

    async def open_bytes(self, data: bytes, name: str) -> None:
        """A picture that the server's own side holds (a sample)."""
        try:
            self.open(Shown.of(await self.client.upload(data), name))
        except RungError as error:
            self.fails(error.message)

    def turn(self, work: Work) -> None:
        """A step that asks nothing: back, continue."""
        self.work = work
        self.trouble = ""
        self._changed()

    async def select(self, step: Callable[[Work], Work]) -> None:
        """Change the selection by one step, show it, and find its mask.

        A step, not a new Work: two clicks that arrive together each start from what the other has left.
        While a mask is being found, later changes are only noted; then the newest is asked for, and what came for an
        older one is dropped. The running request is left to finish, since it prepares the picture for the next one.
        """
        if self.waits_for not in ("", "segment"):
            return
        self.work = step(self.work)
        self.trouble = ""
        if self.work.asks() is None:
            self._drop()
        self._changed()
        if self._seeking:
            return
        self._seeking = True
        try:
            await self._seek()
        finally:
            self._seeking = False
            self._waiting("")

    async def _seek(self) -> None:
        while self.work.stale and (asked := self.work.asks()) is not None:
            self._waiting("segment")
            answer = await self._ask("segment", "segment", asked)
            if asked != self.work.asks():
                continue
            if isinstance(answer, Reply):
                self.work = self.work.segmented(answer.output, answer.warnings, answer.provenance)
            else:
                self.trouble = answer
                return

    async def operate(self, operation: Operation) -> None:
        """Run an operation on what is selected (cutout: on the main object when nothing is)."""
        fields = self._fields(operation)
        if fields is None or self.waits_for:
            return
        self.trouble = ""
        self._waiting(operation)
        task = MODEL_OF[operation] if operation != "cutout" or "mask" not in fields else ""
        before = self.work
        answer = await self._ask(operation, task, fields)
        if before.picture == self.work.picture:
            if isinstance(answer, Reply):
                self.work = self.work.made(operation, answer.output, answer.warnings, answer.provenance)
            else:
                self.trouble = answer
        self._waiting("")

    def _fields(self, operation: Operation) -> dict[str, Any] | None:
        fields, tools = self.work.uses_mask(), self.tools
        if fields is None:
            if operation != "cutout" or self.work.picture is None or self.work.stale:
                return None
            fields = {"image": {"file": self.work.picture.file}}
        fields |= edge_fields(dilate=tools.dilate, feather=tools.feather, operation=operation)
        match operation, tools.behind:
            case "replace", "colour":
                fields["colour"] = tools.colour
            case "replace", "blur":
                fields["blur"] = tools.blur
            case "replace", _:
                if tools.background is None:
                    return None
                fields["background"] = {"file": tools.background.file}
            case "fill", _:
                fields["prompt"] = tools.prompt
        return fields

    async def _ask(self, operation: str, task: str, fields: Mapping[str, Any]) -> Reply | str:
        """The reply, or the sentence of what went wrong; empty when it was taken back."""
        flight = asyncio.ensure_future(self.client.run("editor", operation, **fields))
        self._flight = flight
        try:
            await self._tell_loading(task, flight)
            await asyncio.wait({flight})
            return "" if flight.cancelled() else flight.result()
        except RungError as error:
            return error.message
        finally:
            self.loads = ""

    async def _tell_loading(self, task: str, flight: asyncio.Task[Reply]) -> None:
        """While the request is on its way, find out whether a model has to be loaded for it."""
        if not task:
            return
        try:
            self.loads = loading((await self.client.models())["models"], task)
        except RungError:
            return  # a server that cannot tell its models will say why in the answer itself
        if self.loads and not flight.done():
            self._changed()

    def _waiting(self, what: str) -> None:
        self.waits_for = what
        self._changed()

    def _drop(self) -> None:
        """Take the running request back: the server ends a job whose caller hangs up."""
        if self._flight is not None:
            self._flight.cancel()
            self._flight = None


def _nobody() -> None:
    """There is nobody to show it to."""
