"""Owns the controls beside the sheet: its layers, how it is read, and the files to take along."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import quote

from nicegui import ui

from rung.apps.drawings.page_desk import Desk
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.page_state import LAYERS, STEPS
from rung.apps.drawings.page_words import WORDS
from rung.console.part import Part
from rung.console.rows import Clock
from rung.console.words import Language, say

_LAYER_WORDS = {"title": "title_layer"}
"""A layer's word where its name has another meaning already."""
KINDS = ("annotated-pdf", "annotated-png", "xlsx", "csv", "json")
"""Of `exports`, in the order in which they are offered."""


class Panel:
    """Drawn where it is made; `sync` shows the desk's state.

    What can be pressed stays while it may be: a press on a button that has just been drawn anew is heard by nobody.
    """

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk, self.language = desk, language
        self._buttons: dict[str, tuple[ui.element, ui.label]] = {}
        """Of each layer, with its count; none before there is an answer."""
        self._bar: tuple[ui.linear_progress, ui.label] | None = None
        self._kinds: list[ui.button] = []
        """One for each kind of file; none before there is an answer."""
        self._client = ui.context.client
        self._layers: Part | None = None
        self._files: Part | None = None
        with _group():
            self._course = Part(self._draw_course)
            self._read = ui.button(on_click=desk.read).props('no-caps unelevated data-name="read"').classes("rung-wide")
            self._how()
        self.sync()

    def draw_more(self) -> None:
        """What is of less haste than the quotation, below it: the layers and the files."""
        self._layers, self._files = Part(self._draw_layers), Part(self._draw_files)
        self.sync()

    def sync(self) -> None:
        """Show what is now the case."""
        self._sync_layers()
        self._sync_course()
        self._read.set_text(self._say("again" if self.desk.work.answer else "read"))
        self._read.set_enabled(not self.desk.busy)
        self._sync_files()

    def _sync_layers(self) -> None:
        work = self.desk.work
        if self._layers is not None and bool(self._buttons) != (work.sheet() is not None):
            self._layers.redraw()
        counts = work.counts()
        for layer, (button, count) in self._buttons.items():
            button.props(f'aria-pressed="{str(layer in work.layers).lower()}"')
            count.set_text(str(counts[layer]))

    def _draw_layers(self) -> None:
        self._buttons = {}
        if self.desk.work.sheet() is None:
            return
        with _group():
            ui.label(self._say("layers")).classes("rung-group-title")
            with ui.element("div"):
                self._buttons = {layer: self._layer(layer) for layer in LAYERS}

    def _layer(self, layer: str) -> tuple[ui.element, ui.label]:
        button = ui.element("button").classes("rung-layer").props(f'type="button" data-layer="{layer}"')
        button.on("click", lambda: self.desk.turn(self.desk.work.toggled(layer)))
        with button:
            ui.element("i").classes(f"rung-layer-{layer}")
            ui.label(self._say(_LAYER_WORDS.get(layer, layer)))
            return button, ui.label()

    def _sync_course(self) -> None:
        if (self._bar is not None) != self.desk.busy:
            self._course.redraw()
        if self._bar is not None:
            share, stage = self._bar
            share.set_value(round(self.desk.share, 2))
            share.props("indeterminate") if not self.desk.share else share.props(remove="indeterminate")
            stage.set_text(in_language(self.desk.stage, self.language) or self._say("asking"))

    def _draw_course(self) -> None:
        """How far the answer is, and the way to take it back."""
        self._bar = None
        if not self.desk.busy:
            return
        share = ui.linear_progress(show_value=False).props("rounded instant-feedback")
        with ui.element("div").classes("rung-row"):
            self._bar = share, ui.label().classes("rung-note rung-grow").props('data-name="course"')
            Clock().classes("rung-note")
        _button(self._say("cancel"), self.desk.cancel, "outline").props('data-name="cancel"')

    def _how(self) -> None:
        wish = self.desk.work.wish
        with ui.expansion(self._say("how")).classes("rung-fold rung-wide").props('dense data-name="how"'):
            modes = {mode: self._say(mode) for mode in ("hybrid", "speed")}
            mode = ui.select(modes, label=self._say("mode"), value=wish.mode).props("dense outlined options-dense")
            mode.classes("rung-wide")
            mode.on_value_change(lambda event: self.desk.turn(self.desk.work.wishing(mode=str(event.value))))
            for step in STEPS:
                box = ui.checkbox(self._say(step), value=step in wish.steps).props(f'dense data-step="{step}"')
                box.on_value_change(partial(self._switch, step))

    def _switch(self, step: str, event: Any) -> None:
        self.desk.turn(self.desk.work.switched(step, bool(event.value)))

    def _sync_files(self) -> None:
        if self._files is not None and bool(self._kinds) != (self.desk.work.sheet() is not None):
            self._files.redraw()
        for button in self._kinds:
            button.set_enabled(not self.desk.busy)

    def _draw_files(self) -> None:
        """Files of what was read, each made when it is asked for: with the reviews, in the visitor's language."""
        self._kinds = []
        if self.desk.work.sheet() is None:
            return
        with _group():
            ui.label(self._say("files")).classes("rung-group-title")
            with ui.element("div").classes("rung-files"):
                self._kinds = [self._file(kind) for kind in KINDS]
            ui.label(self._say("files_note")).classes("rung-note")

    def _file(self, kind: str) -> ui.button:
        button = ui.button(self._say(f"file_{kind}"), on_click=partial(self._fetch, kind))
        return button.props(f'no-caps dense flat align=left data-file="{kind}"')

    async def _fetch(self, kind: str) -> None:
        await self.desk.export(kind, self.language, self._save)

    def _save(self, ref: Mapping[str, Any]) -> None:
        """Into the visitor's own folder, under the drawing's name."""
        stem = self.desk.work.name().rpartition(".")[0] or self.desk.work.name()
        self._client.download(f"{ref['url']}?name={quote(stem, safe='')}")

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)


def _group() -> AbstractContextManager[Any]:
    return ui.element("div").classes("rung-group")


def _button(text: str, deed: Any, look: str) -> ui.button:
    return ui.button(text, on_click=deed).props(f"no-caps {look}")
