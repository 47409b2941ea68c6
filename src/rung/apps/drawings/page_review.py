"""Owns a person's word on a dimension: the buttons that say it, the field in which a text is written, and the bar below
the sheet that has them for the dimension which is chosen there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from nicegui import ui

from rung.apps.drawings.page_desk import Desk
from rung.apps.drawings.page_state import figures
from rung.apps.drawings.page_words import WORDS
from rung.console.part import Part
from rung.console.words import Language, say

DEEDS = {"verified": ("verify", "KeyV"), "rejected": ("reject", "KeyX"), "pending": ("reset", "KeyU")}
"""A state of review -> the word that brings it about, and its key."""
Judge = Callable[[Mapping[str, Any], str], Awaitable[None]]


def verdict(one: Mapping[str, Any], language: Language, judge: Judge, edit: Callable[[], None], name: str = "") -> None:
    """Where a dimension stands, and what can be said of it. name: before the names by which the parts are found."""
    status, id = one["status"], one["id"]
    with ui.element("div").classes("rung-review"):
        badge = ui.label(say(WORDS, language, status)).classes(f"rung-badge rung-status-{status}")
        badge.props(f'data-{name}status="{id}"')
        for wanted in ("verified", "rejected") if status == "pending" else ("pending",):
            word, key = DEEDS[wanted]
            button = small(say(WORDS, language, word), partial(judge, one, wanted), "flat")
            button.props(f'data-{name}{word}="{id}" data-key="{key}" title="{key[-1]}"')
            if wanted != "pending":
                button.props("data-onward")
        if status == "pending":
            button = small(say(WORDS, language, "modify"), edit, "flat")
            button.props(f'data-{name}modify="{id}" data-key="KeyE" title="E"')


def writing(
    desk: Desk, language: Language, text: str, keep: Callable[[str], Awaitable[None]], leave: Callable[[], None]
) -> None:
    """A text as a person would have it. It stays until the server has taken it."""
    said = ui.input(say(WORDS, language, "correct"), value=text).props('dense outlined autofocus data-name="correct"')

    async def kept() -> None:
        await keep(str(said.value or "").strip())
        if not desk.trouble:
            leave()

    said.on("keydown.enter", kept)
    said.on("keydown.escape", leave)
    with ui.element("div").classes("rung-row"):
        small(say(WORDS, language, "keep"), kept, "unelevated").props('data-name="keep"')
        small(say(WORDS, language, "never_mind"), leave, "flat")


def small(text: str, deed: Callable[..., Any], look: str) -> ui.button:
    """A button in a row of a table."""
    return ui.button(text, on_click=lambda: deed()).props(f"no-caps dense {look}")


class Picked:
    """The dimension that is chosen on the sheet, to be judged where one looks at it; nothing where none is.

    What ends with it goes on to the next that nobody has looked at.
    """

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk, self.language = desk, language
        self._editing = ""
        """The id of the dimension whose text is being written here."""
        self._shown = self._now()
        self._part = Part(self._draw)

    def sync(self) -> None:
        """Show what is now the case."""
        if self._shown != (now := self._now()):
            self._shown = now
            self._part.redraw()

    def _now(self) -> tuple[Mapping[str, Any] | None, bool]:
        one = self.desk.work.picked()
        return one, one is not None and self._editing == one["id"]

    def _draw(self) -> None:
        one, editing = self._shown
        if one is None:
            return
        with ui.element("div").classes("rung-picked").props('data-name="picked"'):
            if editing:
                writing(self.desk, self.language, one["text"], partial(self._write, one), partial(self._edit, ""))
                return
            ui.label(one["text"]).classes("rung-strong")
            ui.label(figures(one)).classes("rung-note")
            verdict(one, self.language, self._judge, partial(self._edit, one["id"]), "picked-")

    async def _judge(self, one: Mapping[str, Any], status: str) -> None:
        await self.desk.review(one, status)
        if status != "pending" and not self.desk.trouble and (following := self.desk.work.following(one["id"])):
            self.desk.turn(self.desk.work.choose(f"dimensions/{following}"))

    async def _write(self, one: Mapping[str, Any], text: str) -> None:
        await self.desk.review(one, "modified", text)

    def _edit(self, id: str) -> None:
        self._editing = id
        self.sync()
