"""Owns one visitor's dealings with the API about their photographs: what is pointed out and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rung.apps.furniture.page_state import Photo, Work
from rung.console.asking import Asking
from rung.console.board import Span
from rung.runtime.client import AsyncClient
from rung.runtime.errors import RungError


class Desk(Asking):
    """One visitor and their photographs."""

    def __init__(self, client: AsyncClient, changed: Callable[[], None]) -> None:
        super().__init__(client, "furniture", changed)
        self.work = Work()
        self.drawn: Span | None = None
        """A box that still wants a name."""

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
        asked = self.work

        def answered(job: Mapping[str, Any]) -> None:
            self.work = self.work.answered(asked, job["output"], job["warnings"], job["provenance"])

        await self.ask("scene", answered, **asked.fields())
