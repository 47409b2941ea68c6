"""Owns the controls beside the sheet: its layers, how it is read, and the files to take along."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from nicegui import ui

from rung.apps.drawings.page_desk import Desk
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.page_state import LAYERS, STEPS
from rung.apps.drawings.page_words import WORDS
from rung.console.part import Part
from rung.console.words import Language, say

_LAYER_WORDS = {"title": "title_layer"}
"""A layer's word where its name has another meaning already."""


class Panel:
    """Drawn where it is made; `sync` shows the desk's state."""

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk, self.language = desk, language
        self._layers = Part(self._draw_layers)
        with _group():
            self._course = Part(self._draw_course)
            self._read = ui.button(on_click=desk.read).props('no-caps unelevated data-name="read"').classes("rung-wide")
            self._how()
        self._files = Part(self._draw_files)
        self.sync()

    def sync(self) -> None:
        """Show what is now the case."""
        self._layers.redraw()
        self._course.redraw()
        self._read.set_text(self._say("again" if self.desk.work.answer else "read"))
        self._read.set_enabled(not self.desk.busy)
        self._files.redraw()

    def _draw_layers(self) -> None:
        work = self.desk.work
        if work.sheet() is None:
            return
        counts = work.counts()
        with _group():
            ui.label(self._say("layers")).classes("rung-group-title")
            with ui.element("div"):
                for layer in LAYERS:
                    self._layer(layer, counts[layer], layer in work.layers)

    def _layer(self, layer: str, count: int, on: bool) -> None:
        button = ui.element("button").classes("rung-layer").props(f'type="button" data-layer="{layer}"')
        button._props["aria-pressed"] = str(on).lower()
        button.on("click", lambda: self.desk.turn(self.desk.work.toggled(layer)))
        with button:
            ui.element("i").classes(f"rung-layer-{layer}")
            ui.label(self._say(_LAYER_WORDS.get(layer, layer)))
            ui.label(str(count))

    def _draw_course(self) -> None:
        """How far the answer is, and the way to take it back."""
        if not self.desk.busy:
            return
        ui.linear_progress(value=round(self.desk.share, 2), show_value=False).props("rounded instant-feedback")
        stage = in_language(self.desk.stage, self.language) or self._say("asking")
        ui.label(stage).classes("rung-note").props('data-name="course"')
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

    def _draw_files(self) -> None:
        answer, sheet = self.desk.work.answer, self.desk.work.sheet()
        if answer is None or sheet is None:
            return
        kept = [(name, answer.get(name)) for name in ("annotated_pdf", "tables_xlsx", "result_json")]
        files = [(name, ref) for name, ref in [("annotated", sheet["annotated"]), *kept] if ref]
        if not files:
            return
        with _group():
            ui.label(self._say("files")).classes("rung-group-title")
            for name, ref in files:
                self._file(name, ref)

    def _file(self, name: str, ref: Mapping[str, Any]) -> None:
        ending = {"application/pdf": "pdf", "application/json": "json", "image/png": "png"}.get(
            ref["media_type"], "xlsx"
        )
        link = ui.element("a").props(f'href="{ref["url"]}" download="{name}.{ending}" data-file="{name}"')
        with link:
            ui.label(self._say(name))

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)


def _group() -> AbstractContextManager[Any]:
    return ui.element("div").classes("rung-group")


def _button(text: str, deed: Any, look: str) -> ui.button:
    return ui.button(text, on_click=deed).props(f"no-caps {look}")
