"""Owns the controls beside the photograph: what is in a drawn box, the truck, and the button that measures."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from nicegui import ui

from rung.apps.furniture.classes import table
from rung.apps.furniture.loading import trucks
from rung.apps.furniture.page_desk import Desk
from rung.apps.furniture.page_words import WORDS
from rung.console.part import Part
from rung.console.words import Language, say


class Panel:
    """Drawn where it is made; `sync` shows the desk's state."""

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk, self.language = desk, language
        self._box = Part(self._draw_box)
        self._drawn = desk.drawn
        with _group():
            self._truck()
            self._measure = ui.button(on_click=desk.measure).props('no-caps unelevated data-name="measure"')
            self._measure.classes("rung-wide")
            self._course = Part(self._draw_course)
            self._back = _button(self._say("take_back"), self._take_back, "flat")
        self._total = Part(self._draw_total)
        self.sync()

    def sync(self) -> None:
        """Show what is now the case."""
        desk = self.desk
        if desk.drawn != self._drawn:
            self._drawn = desk.drawn
            self._box.redraw()
        self._measure.set_text(self._say("again" if desk.work.answer else "measure"))
        self._measure.set_enabled(not desk.busy)
        self._course.redraw()
        self._back.set_visibility(bool(desk.work.hands()) and not desk.busy)
        self._total.redraw()

    def _truck(self) -> None:
        names = {name: f"{name} · {_space(name)}" for name in trucks()}
        select = ui.select(names, label=self._say("truck"), value=self.desk.work.truck)
        select.props('dense outlined options-dense data-name="truck"').classes("rung-wide")
        select.on_value_change(lambda event: self.desk.turn(self.desk.work.in_truck(str(event.value))))

    def _draw_box(self) -> None:
        """The question that a drawn box asks."""
        if self.desk.drawn is None:
            return
        with _group():
            ui.label(self._say("what")).classes("rung-group-title")
            words = self._words()
            choice = ui.select(words, with_input=True, new_value_mode="add-unique", label=self._say("what_note"))
            choice.props('dense outlined options-dense autofocus data-name="what"').classes("rung-wide")
            with ui.element("div").classes("rung-row rung-half"):
                add = _button(self._say("add"), lambda: self.desk.name(str(choice.value or "")), "unelevated")
                add.props('data-name="add"')
                _button(self._say("never_mind"), lambda: self.desk.draw(None), "flat")

    def _words(self) -> list[str]:
        """What the detector of the photograph has no eye for comes first."""
        result = self.desk.work.result(self.desk.work.at)
        unseen = set(result["unseen_classes"]) if result else set()
        classes = [one for one in table().classes if not one.excluded and one.movable]
        return [one.words[0] for one in sorted(classes, key=lambda one: one.name not in unseen)]

    def _draw_course(self) -> None:
        """How far the answer is, and the way to take it back."""
        if not self.desk.busy:
            return
        ui.linear_progress(value=round(self.desk.share, 2), show_value=False).props("rounded instant-feedback")
        ui.label(self.desk.stage or self._say("asking")).classes("rung-note").props('data-name="course"')
        _button(self._say("cancel"), self.desk.cancel, "outline").props('data-name="cancel"')

    def _draw_total(self) -> None:
        """The volume of everything, and what the detector cannot see."""
        answer = self.desk.work.answer
        if answer is None:
            return
        with _group():
            ui.label(self._say("volume")).classes("rung-group-title")
            volume = answer["box_volume_m3"]
            if volume is not None:
                ui.label(f"{volume['value']:.1f} m³").classes("rung-total").props('data-name="volume"')
                between = self._say("between", low=f"{volume['low']:.1f}", high=f"{volume['high']:.1f} m³")
                ui.label(between).classes("rung-note")
            ui.label(self._say("count", n=len(answer["pieces"]))).props('data-name="count"')
            unseen = list(dict.fromkeys(name for image in answer["images"] for name in image["unseen_classes"]))
            if unseen:
                names = ", ".join(name.replace("_", " ") for name in unseen)
                ui.label(self._say("unseen", names=names)).classes("rung-note").props('data-name="unseen"')

    def _take_back(self) -> None:
        self.desk.turn(self.desk.work.taken_back())

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)


def _space(name: str) -> str:
    width, length, height = trucks()[name]
    return f"{width * length * height / 1e9:.0f} m³"


def _group() -> AbstractContextManager[Any]:
    return ui.element("div").classes("rung-group")


def _button(text: str, deed: Any, look: str) -> ui.button:
    return ui.button(text, on_click=deed).props(f"no-caps {look}")
