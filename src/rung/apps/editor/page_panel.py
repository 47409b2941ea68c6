"""Owns the controls beside the picture: which there are, when each can be used, and why one cannot."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from nicegui import ui

from rung.apps.editor.page_desk import Desk
from rung.apps.editor.page_state import Operation, Shown, Work
from rung.apps.editor.page_words import WORDS
from rung.console.picker import Picker
from rung.console.tables import why_not
from rung.console.words import Language, say

MAX_DILATE = 50
MAX_FEATHER = 50
BEHIND = ("colour", "blur", "image")


class Panel:
    """Draws the controls once; `sync` then sets which can be used."""

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk = desk
        self.language: Language = language
        self._selection()
        self._remove()
        self._edge()
        self._replace()
        self._fill()
        self.sync()

    def sync(self) -> None:
        """Bring every control to the desk's state."""
        desk, work = self.desk, self.desk.work
        idle, choosing = not desk.waits_for, work.result is None
        usable = idle and choosing and work.uses_mask() is not None
        self.status.set_text(self._status(work))
        self.undo.set_enabled(choosing and bool(work.points or work.box))
        self.clear.set_enabled(choosing and bool(work.points or work.box))
        self.mode.set_enabled(choosing)
        self.remove.set_enabled(usable)
        self.cutout.set_enabled(usable or (idle and choosing and work.asks() is None))
        self.cutout.set_text(self._say("cutout" if work.asks() else "cutout_main"))
        self.replace.set_enabled(usable and (desk.tools.behind != "image" or desk.tools.background is not None))
        self.fill.set_enabled(usable and not self._fill_lacks() and bool(desk.tools.prompt.strip()))

    def _status(self, work: Work) -> str:
        if work.points and work.asks() is None:
            return self._say("first_positive")
        if work.found is None or work.picture is None:
            return self._say("nothing")
        share = 100 * work.found.area_px / (work.picture.width * work.picture.height)
        said = self._say("selected", percent=f"{share:.1f}")
        if work.found.score is not None:
            said += " · " + self._say("score", score=work.found.score)
        return said

    # --- the groups ----------------------------------------------------------------------------------------

    def _selection(self) -> None:
        desk = self.desk
        with _group():
            self.status = ui.label().classes("rung-status").props('role="status"')
            modes = {False: "+ " + self._say("add"), True: "− " + self._say("subtract")}
            self.mode = ui.toggle(modes, value=desk.tools.subtract, on_change=lambda e: self._subtract(e.value))
            self.mode.props("unelevated no-caps dense spread").classes("rung-toggle")
            with ui.element("div").classes("rung-row rung-half"):
                self.undo = _button(self._say("undo"), lambda: desk.select(Work.undone), "outline dense")
                self.clear = _button(self._say("clear"), lambda: desk.select(Work.cleared), "outline dense")
            self.undo.props('data-name="undo"')
            self.clear.props('data-name="clear"')

    def _subtract(self, on: bool) -> None:
        self.desk.tools.subtract = on
        self.desk.turn(self.desk.work)

    def _remove(self) -> None:
        with _group():
            self.remove = self._does("remove", "unelevated").classes("rung-wide")
            self.cutout = self._does("cutout", "outline").classes("rung-wide")

    def _edge(self) -> None:
        with _group(), ui.expansion(self._say("edge")).props("dense").classes("rung-fold"):
            self._slider("dilate", MAX_DILATE)
            self._slider("feather", MAX_FEATHER)

    def _slider(self, name: str, most: int) -> None:
        """A slider of pixels that is automatic until the visitor takes it over."""
        tools = self.desk.tools
        given: int | None = getattr(tools, name)
        with ui.element("div").classes("rung-row"):
            ui.label(self._say(name))
            ui.element("span").classes("rung-grow")
            value = ui.label().classes("rung-strong")
            auto = ui.checkbox(self._say("auto"), value=given is None).props("dense")
        slider = ui.slider(min=0, max=most, value=given or 0).props(
            f'aria-label="{self._say(name)}" data-name="{name}"'
        )

        def show() -> None:
            chosen = None if auto.value else int(slider.value)
            setattr(tools, name, chosen)
            slider.set_enabled(chosen is not None)
            value.set_text("" if chosen is None else self._say("pixels", n=chosen))

        auto.on_value_change(show)
        slider.on_value_change(show)
        show()

    def _replace(self) -> None:
        tools = self.desk.tools
        with _group():
            ui.label(self._say("replace")).classes("rung-group-title")
            choice = ui.toggle({name: self._say(name) for name in BEHIND}, value=tools.behind)
            choice.props("unelevated no-caps dense spread").classes("rung-toggle")
            with ui.element("div").classes("rung-row") as colour:
                picker = ui.element("input").props(f'type="color" value="{tools.colour}" data-name="colour"')
                picker.props(f'aria-label="{self._say("colour")}"').classes("rung-colour")
                picker.on("input", lambda e: setattr(tools, "colour", str(e.args)), js_handler=_VALUE)
            with ui.element("div") as blur:
                slider = ui.slider(min=1, max=60, value=tools.blur).props(f'aria-label="{self._say("blur")}" label')
                slider.on_value_change(lambda e: setattr(tools, "blur", int(e.value)))
            with ui.element("div").classes("rung-row") as image:
                self._background()
            parts: dict[str, ui.element] = {"colour": colour, "blur": blur, "image": image}
            choice.on_value_change(lambda e: self._behind(e.value, parts))
            self._behind(tools.behind, parts, first=True)
            self.replace = self._does("replace", "outline", "apply").classes("rung-wide")

    def _behind(self, name: str, parts: Mapping[str, ui.element], *, first: bool = False) -> None:
        self.desk.tools.behind = name
        for other, part in parts.items():
            part.set_visibility(other == name)
        if not first:
            self.sync()

    def _background(self) -> None:
        tools = self.desk.tools
        preview = ui.element("img").classes("rung-preview").props('alt=""')

        def show() -> None:
            preview.set_visibility(tools.background is not None)
            if tools.background is not None:
                preview.props(f'src="{tools.background.url}"')

        def opened(ref: Mapping[str, Any]) -> None:
            tools.background = Shown.of(ref, str(ref["name"]))
            show()
            self.sync()

        Picker(
            label=self._say("pick_background"),
            sending=self._say("sending"),
            on_opened=opened,
            on_refused=self.desk.fails,
        )
        show()

    def _fill(self) -> None:
        """Shown as usable only where a rung of `fill` can answer; else with the reason, which touch screens see too."""
        tools, lacks = self.desk.tools, self._fill_lacks()
        with _group():
            ui.label(self._say("fill")).classes("rung-group-title")
            text = ui.input(self._say("fill_text"), value=tools.prompt).props('dense outlined maxlength="1000"')
            text.classes("rung-wide").set_enabled(not lacks)
            with ui.element("span").classes("rung-wide"):
                if lacks:
                    ui.tooltip(lacks)
                self.fill = self._does("fill", "outline").classes("rung-wide")
            if lacks:
                ui.label(lacks).classes("rung-note").props('data-name="fill-reason"')

        def typed(value: str) -> None:
            tools.prompt = value.strip()
            self.sync()

        text.on_value_change(lambda e: typed(str(e.value or "")))

    def _fill_lacks(self) -> str:
        task = self.desk.tasks.get("fill")
        if task is not None and task["rungs"]:
            return ""
        return (why_not(task) if task else "") or self._say("fill_none")

    def _does(self, operation: Operation, look: str, text: str = "") -> ui.button:
        button = _button(self._say(text or operation), lambda: self.desk.operate(operation), look)
        return button.props(f'data-name="{operation}"')

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)


_VALUE = "(event) => emit(event.target.value)"


def _group() -> AbstractContextManager[Any]:
    return ui.element("div").classes("rung-group")


def _button(text: str, deed: Any, look: str) -> ui.button:
    return ui.button(text, on_click=deed).props(f"no-caps {look}")
