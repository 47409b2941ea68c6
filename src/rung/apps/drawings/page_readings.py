"""Owns what is below the sheet: dimensions with their review, frames, the title block, tables, what is unread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from rung.apps.drawings.exports.marks import signs
from rung.apps.drawings.page_desk import Desk
from rung.apps.drawings.page_names import engines_named, named, step_named
from rung.apps.drawings.page_review import small, verdict, writing
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.page_state import figures, number, share
from rung.apps.drawings.page_words import WORDS
from rung.console.part import Part
from rung.console.rows import Crop, Rows
from rung.console.tables import Cell, provenance_table, table
from rung.console.words import Language, say

REVIEWED = ("verified", "modified", "rejected")


class Readings:
    """Drawn where it is made, once for an answer's page; `sync` shows what is chosen and reviewed.

    Only the rows that differ are drawn anew: a press on a button that has just been drawn anew is heard by nobody.
    """

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk, self.language = desk, language
        self._editing = ""
        """The id of the dimension, or of the place that was not read, whose text is being written; empty: none."""
        self._choices: dict[str, ui.element] = {}
        """By the id of a mark, the text that shows its place."""
        self._rows: dict[str, tuple[tuple[Any, bool], list[Part]]] = {}
        """By the id of a dimension, what its row shows (the dimension, whether it is being corrected) and its cells."""
        self._places: dict[str, Part] = {}
        """By the id of a mark, what is written of a place that was not read."""
        self._draw_dimensions()
        self._draw_others()
        with ui.element("details").classes("rung-account"):
            with ui.element("summary"):
                ui.label(self._say("account"))
            self._draw_steps()
            provenance_table(list(map(self._account, desk.work.account)), language)

    def sync(self) -> None:
        """Mark what is chosen and reviewed now."""
        dimensions = self._sheet()["dimensions"]
        if self._rows.keys() != {one["id"] for one in dimensions}:
            return  # others are drawn in place of these, which the press that brought it about still speaks to
        for one in dimensions:
            shown, cells = self._rows[one["id"]]
            if shown != (now := self._state(one)):
                self._rows[one["id"]] = now, cells
                for cell in cells:
                    cell.redraw()
        if self._rows:
            self._reviewed.set_text(self._done())
        for id, choice in self._choices.items():
            choice.props(f'aria-pressed="{str(self.desk.work.chosen == id).lower()}"')

    # --- the dimensions --------------------------------------------------------------------------------

    def _draw_dimensions(self) -> None:
        sheet = self._sheet()
        self._heading("dimensions")
        dimensions = sheet["dimensions"]
        if not dimensions:
            ui.label(self._say("no_dimensions")).classes("rung-none").props('data-name="none"')
            return
        self._reviewed = ui.label(self._done()).classes("rung-note").props('data-name="reviewed"')
        self._rows = {one["id"]: (self._state(one), []) for one in dimensions}
        ui.label(self._say("keys")).classes("rung-note")
        heads = [self._say(key) for key in ("drawn_so", "text", "review", "type", "value", "sure", "engine")]
        with Rows():
            table(heads, [self._row(one["id"]) for one in dimensions], numbers=(5,), name="dimensions")

    def _done(self) -> str:
        counts = self.desk.work.reviews()
        return self._say("reviewed", done=sum(counts[status] for status in REVIEWED), all=sum(counts.values()))

    def _state(self, one: Mapping[str, Any]) -> tuple[Any, bool]:
        return one, self._editing == one["id"]

    def _row(self, id: str) -> list[Cell]:
        cells = (self._text, self._review, self._type, self._value, self._share, self._engine)
        return [
            partial(self._crop, self._rows[id][0][0]["polygon"]),
            *(partial(self._cell, id, draw) for draw in cells),
        ]

    def _crop(self, polygon: Sequence[Sequence[float]]) -> None:
        """How it is drawn, to hold against what was read: the sheet is out of sight where the table is."""
        sheet = self._sheet()
        if len(polygon) == 4:
            Crop(
                src=sheet["picture"]["url"],
                width=sheet["width"],
                height=sheet["height"],
                points=polygon,
                label=self._say("drawn_so"),
            )

    def _cell(self, id: str, draw: Callable[[Mapping[str, Any]], None]) -> None:
        """One that is drawn again when its dimension is another."""
        self._rows[id][1].append(Part(lambda: draw(self._rows[id][0][0])))

    def _type(self, one: Mapping[str, Any]) -> None:
        ui.label(named("type", one["type"], self.language))

    def _share(self, one: Mapping[str, Any]) -> None:
        ui.label(share(one) or "–")

    def _engine(self, one: Mapping[str, Any]) -> None:
        ui.label(engines_named(one["engine"], self.language))

    def _text(self, one: Mapping[str, Any]) -> None:
        if self._editing == one["id"]:
            self._writing(one["text"], partial(self._judge, one, "modified"))
            return
        self._choice(f"dimensions/{one['id']}", one["text"])
        if one["alternatives"]:
            ui.label("? " + ", ".join(other["text"] for other in one["alternatives"])).classes("rung-note")

    def _value(self, one: Mapping[str, Any]) -> None:
        ui.label(figures(one))
        marks = [named("form", one["form"], self.language)] if one["form"] != "plain" else []
        marks += [one["fit"]] if one["fit"] else []
        for note in (", ".join(marks), *(in_language(note, self.language) for note in one["notes"])):
            if note:
                ui.label(note).classes("rung-note")

    def _review(self, one: Mapping[str, Any]) -> None:
        verdict(one, self.language, self._judge, partial(self._edit, one["id"]))

    def _writing(self, text: str, keep: Callable[[str], Awaitable[None]]) -> None:
        writing(self.desk, self.language, text, keep, partial(self._edit, ""))

    async def _judge(self, one: Mapping[str, Any], status: str, text: str = "") -> None:
        await self.desk.review(one, status, text)

    def _edit(self, id: str) -> None:
        old, self._editing = self._editing, id
        for place in {old, id} & self._places.keys():
            self._places[place].redraw()
        self.sync()

    # --- everything else -------------------------------------------------------------------------------

    def _draw_others(self) -> None:
        sheet = self._sheet()
        self._frames(sheet["frames"])
        self._symbols(sheet["symbols"])
        self._title(sheet["title_block"])
        for one in sheet["tables"]:
            self._table(one)
        self._unread(sheet["unread"])

    def _frames(self, frames: Sequence[Mapping[str, Any]]) -> None:
        if not frames:
            return
        self._heading("frames")
        heads = [self._say(key) for key in ("drawn_so", "text", "characteristic", "tolerance", "datums", "wrong")]
        rows: list[list[Cell]] = [
            [
                partial(self._crop, one["polygon"]),
                partial(self._choice, f"frames/{one['id']}", one["text"]),
                named("characteristic", one["characteristic"] or "–", self.language),
                number(one["tolerance"]) if one["tolerance"] is not None else "–",
                " ".join(datum["letter"] + signs(datum["modifiers"]) for datum in one["datums"]),
                partial(_lines, [in_language(error["message"], self.language) for error in one["errors"]]),
            ]
            for one in frames
        ]
        table(heads, rows, numbers=(3,), name="frames")

    def _symbols(self, symbols: Sequence[Mapping[str, Any]]) -> None:
        """Finish marks, balloons, welds, datums and boxed texts; those of the user's own detector by their class."""
        if not symbols:
            return
        self._heading("symbols")
        rows: list[list[Cell]] = [
            [
                partial(self._crop, one["polygon"]),
                partial(
                    self._choice, f"symbols/{one['id']}", named("symbol", one["label"] or one["id"], self.language)
                ),
                named("variant", one["variant"], self.language) if one["variant"] else "",
                one["text"] or "–",
                share({"confidence": one["score"]}) or "–",
                partial(self._belonging, one["dimension"]),
            ]
            for one in symbols
        ]
        heads = [self._say(key) for key in ("drawn_so", "symbol", "variant", "text", "sure", "belongs")]
        table(heads, rows, numbers=(4,), name="symbols")

    def _belonging(self, id: str | None) -> None:
        """The dimension that stands at a symbol, by its text."""
        found = next((one for one in self._sheet()["dimensions"] if one["id"] == id), None)
        ui.label(found["text"] if found else "")

    def _title(self, fields: Mapping[str, Mapping[str, Any]]) -> None:
        if not fields:
            return
        self._heading("title_layer")
        rows: list[list[Cell]] = [
            [
                named("field", name, self.language),
                partial(self._crop, one["polygon"]),
                partial(self._choice, f"title/{name}", one["text"]),
                one["value"] or "",
                share(one),
            ]
            for name, one in fields.items()
        ]
        heads = [self._say(key) for key in ("field", "drawn_so", "text", "value", "sure")]
        table(heads, rows, numbers=(4,), name="title")

    def _table(self, one: Mapping[str, Any]) -> None:
        with ui.element("h2"):
            ui.label(self._say("table", id=one["id"]))
        taken: dict[tuple[int, int], Mapping[str, Any]] = {(cell["row"], cell["column"]): cell for cell in one["cells"]}
        with (
            ui.element("div").classes("rung-scroll"),
            ui.element("table").classes("rung-grid").props(f'data-table="{one["id"]}"'),
            ui.element("tbody"),
        ):
            for row in range(one["rows"]):
                with ui.element("tr"):
                    for column in range(one["columns"]):
                        if cell := taken.get((row, column)):
                            with ui.element("td").props(f'rowspan="{cell["rows"]}" colspan="{cell["columns"]}"'):
                                ui.label(cell["text"])
        if one["csv"]:
            with ui.element("a").props(f'href="{one["csv"]["url"]}" download="{one["id"]}.csv"').classes("rung-note"):
                ui.label("CSV")

    def _unread(self, unread: Sequence[Mapping[str, Any]]) -> None:
        if not unread:
            return
        self._heading("unread")
        rows: list[list[Cell]] = [
            [
                partial(self._crop, one["polygon"]),
                partial(self._place, f"unread/{at}", one),
                in_language(one["reason"], self.language),
            ]
            for at, one in enumerate(unread)
        ]
        with Rows():
            table([self._say(key) for key in ("drawn_so", "text", "why")], rows, name="unread")

    def _place(self, id: str, one: Mapping[str, Any]) -> None:
        """What stands where nothing could be read: a dimension there may be written by hand."""

        def draw() -> None:
            if self._editing == id:
                self._writing(one["text"], partial(self.desk.write, one))
                return
            with ui.element("div").classes("rung-row"):
                self._choice(id, one["text"] or "?")
                write = small(self._say("write"), partial(self._edit, id), "flat")
                write.props(f'data-write="{id}" data-key="KeyE" title="E"')

        self._places[id] = Part(draw)

    def _draw_steps(self) -> None:
        rows: list[list[Cell]] = [
            [
                step_named(one["step"], self.language),
                self._say(one["state"]),
                str(one["found"] if one["found"] is not None else ""),
                engines_named(one["engine"], self.language),
            ]
            for one in self._sheet()["steps"]
        ]
        table([self._say(key) for key in ("step", "state", "found", "engine")], rows, numbers=(2,), name="steps")

    def _account(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        step, why = step_named(row["step"] or row["task"], self.language), in_language(row["reason"], self.language)
        return {**row, "step": step, "reason": why}

    # --- pieces ----------------------------------------------------------------------------------------

    def _choice(self, id: str, text: str) -> None:
        """A text that shows its place on the sheet when it is clicked."""
        button = ui.element("button").classes("rung-reading").props(f'type="button" data-row="{id}"')
        button.props(f'aria-pressed="{str(self.desk.work.chosen == id).lower()}"')
        button.on("click", lambda: self.desk.turn(self.desk.work.choose("" if self.desk.work.chosen == id else id)))
        self._choices[id] = button
        with button:
            ui.label(text)

    def _sheet(self) -> Mapping[str, Any]:
        sheet = self.desk.work.sheet()
        assert sheet is not None
        return sheet

    def _heading(self, key: str) -> None:
        with ui.element("h2"):
            ui.label(self._say(key))

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)


def _lines(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        ui.label(sentence).classes("rung-note")
