"""Owns what is below the photograph: the table of pieces, the chosen piece in three dimensions, the truck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from nicegui import ui

from rung.apps.furniture.page_desk import Desk
from rung.apps.furniture.page_state import Chosen
from rung.apps.furniture.page_words import WORDS
from rung.console.part import Part
from rung.console.pieces import Colour
from rung.console.solids import Mark, Solids
from rung.console.tables import Cell, provenance_table, table
from rung.console.words import Language, say

SIDES = ("width_mm", "depth_mm", "height_mm")
LEVELS = {"depth": "level_depth"}
"""A level's word where the side of the same name has taken it."""


class Result:
    """Drawn where it is made, once for an answer; `sync` shows what is chosen. on_lost: a file has gone."""

    def __init__(self, desk: Desk, language: Language, on_lost: Callable[[], None]) -> None:
        self.desk, self.language, self._on_lost = desk, language, on_lost
        self._truck = 0
        self._view: Solids | None = None
        self._chosen: Chosen | None = desk.work.chosen
        self._heading("pieces")
        self._table = Part(self._draw_table)
        self._shape = Part(self._draw_shape)
        self._load = Part(self._draw_load)
        with ui.element("details").classes("rung-account"):
            with ui.element("summary"):
                ui.label(self._say("account"))
            provenance_table(desk.work.account, language)

    def sync(self) -> None:
        """Mark what is chosen now."""
        if self.desk.work.chosen == self._chosen:
            return
        self._chosen = self.desk.work.chosen
        self._table.redraw()
        self._shape.redraw()
        if self._view is not None:
            self._view.show(chosen=self.desk.work.chosen_item())

    # --- the pieces ------------------------------------------------------------------------------------

    def _draw_table(self) -> None:
        pieces = self.desk.work.pieces()
        if not pieces:
            ui.label(self._say("nothing")).classes("rung-none")
            return
        heads = [self._say(key) for key in ("picture", "piece", "width", "depth", "height", "box_m3", "how")]
        rows = [self._row(*one) for one in pieces]
        table(heads, rows, numbers=(0, 2, 3, 4, 5), name="pieces")

    def _row(self, photo: int, piece: Mapping[str, Any], colour: Colour) -> list[Cell]:
        return [
            str(photo + 1),
            partial(self._name, photo, piece, colour),
            *(partial(self._figure, piece[side], "{:.0f}") for side in SIDES),
            partial(self._figure, piece["box_volume_m3"], "{:.2f}"),
            partial(self._grounds, piece),
        ]

    def _name(self, photo: int, piece: Mapping[str, Any], colour: Colour) -> None:
        chosen = self.desk.work.chosen == Chosen(photo, piece["id"])
        button = ui.element("button").classes("rung-piece-row").props(f'type="button" data-row="{photo}.{piece["id"]}"')
        button._props["aria-pressed"] = str(chosen).lower()
        button.on("click", lambda: self.desk.turn(self.desk.work.choose(photo, "" if chosen else piece["id"])))
        with button:
            ui.element("i").style(f"background: rgb({' '.join(map(str, colour))})")
            ui.label(piece["label"])
        if piece["subtype"]:
            ui.label(piece["subtype"]).classes("rung-note")

    def _figure(self, measure: Mapping[str, Any] | None, form: str) -> None:
        """A value, and below it where nine of ten truths lie."""
        if measure is None:
            ui.label("–")
            return
        ui.label(form.format(measure["value"])).classes("rung-strong")
        ui.label(f"{form.format(measure['low'])} – {form.format(measure['high'])}").classes("rung-note")

    def _grounds(self, piece: Mapping[str, Any]) -> None:
        volume = piece["box_volume_m3"]
        level = volume["level"] if volume else None
        if level:
            ui.label(self._say(LEVELS.get(level, level))).classes(f"rung-badge rung-level-{level}")
        marks = [self._say("stays")] if not piece["movable"] else []
        marks += [self._say("cut_off")] if piece["truncated"] else []
        if marks:
            ui.label(", ".join(marks)).classes("rung-note")
        if volume:
            ui.label("; ".join(volume["sources"])).classes("rung-note")
        for note in piece["notes"]:
            ui.label(note).classes("rung-note")

    def _draw_shape(self) -> None:
        """The chosen piece's points, where there are any."""
        piece = self.desk.work.piece()
        if piece is None:
            return
        self._heading("points")
        if piece["points"] is None:
            ui.label(self._say("no_points")).classes("rung-note").props('data-name="no-points"')
            return
        Solids(label=piece["label"], points=piece["points"]["url"], yup=True, on_lost=self._on_lost)
        ui.label(self._say("turn")).classes("rung-note")

    # --- the truck -------------------------------------------------------------------------------------

    def _draw_load(self) -> None:
        answer = self.desk.work.answer
        load = answer["load"] if answer else None
        if answer is None or load is None or not load["placements"]:
            return
        self._heading("in_truck")
        trucks = self._say("one_truck") if load["trucks_used"] == 1 else self._say("trucks", n=load["trucks_used"])
        filled = self._say("fill", share=round(100 * load["filled_share"]), trucks=f"{load['truck']}, {trucks}")
        ui.label(filled).props('data-name="filled"')
        if load["left"]:
            names = ", ".join(answer["pieces"][item]["label"] for item in load["left"])
            ui.label(self._say("left", names=names)).classes("rung-none").props('data-name="left"')
        if answer["not_loaded"]:
            names = ", ".join(f"{name.replace('_', ' ')} × {count}" for name, count in answer["not_loaded"].items())
            ui.label(self._say("not_loaded", names=names)).classes("rung-note")
        self._choice(load["trucks_used"])
        self._space = Part(lambda: self._draw_space(load))

    def _choice(self, trucks: int) -> None:
        if trucks > 1:
            names = {number: self._say("nth_truck", n=number + 1) for number in range(trucks)}
            toggle = ui.toggle(names, value=self._truck).props("unelevated no-caps dense").classes("rung-toggle")
            toggle.on_value_change(lambda event: self._turn_to(int(event.value)))

    def _turn_to(self, truck: int) -> None:
        self._truck = truck
        self._space.redraw()

    def _draw_space(self, load: Mapping[str, Any]) -> None:
        """The room, what stands in it, and a slider along the order of loading."""
        width, length, height = load["width_mm"], load["length_mm"], load["height_mm"]
        solids = self.desk.work.solids(self._truck)
        marks = [
            Mark(at=(width / 2, -length * 0.06, 0), text=self._say("cab")),
            Mark(at=(width / 2, length * 1.06, 0), text=self._say("door")),
        ]
        self._view = view = Solids(
            label=self._say("in_truck"),
            solids=solids,
            space=(width, length, height),
            marks=marks,
            on_chosen=lambda id: self.desk.turn(self.desk.work.choose_item(id)),
        )
        view.show(chosen=self.desk.work.chosen_item())
        step = ui.label(self._say("step", n=len(solids), all=len(solids))).classes("rung-note")
        step.props('data-name="step"')
        slider = ui.slider(min=0, max=len(solids), value=len(solids)).props(
            f'aria-label="{self._say("step", n="", all=len(solids))}" data-name="steps"'
        )

        def show() -> None:
            view.show(shown=int(slider.value))
            step.set_text(self._say("step", n=int(slider.value), all=len(solids)))

        slider.on_value_change(show)
        ui.label(self._say("turn")).classes("rung-note")

    def _heading(self, key: str) -> None:
        with ui.element("h2"):
            ui.label(self._say(key))

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)
