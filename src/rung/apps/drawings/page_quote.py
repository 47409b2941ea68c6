"""Owns the quotation beside the sheet: what is asked for, what may be assumed, the sum; and its lines below."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote as quoted

from nicegui import ui

from rung.apps.drawings.page_desk import Desk
from rung.apps.drawings.page_order import FIELDS, LISTS, RATES, TERMS, inputs_of, lines_of, won
from rung.apps.drawings.page_words import WORDS
from rung.console.part import Part
from rung.console.tables import Cell, table
from rung.console.words import Language, say


class Quote:
    """Drawn where it is made, once for a page; `sync` shows the desk's state."""

    def __init__(self, desk: Desk, language: Language) -> None:
        self.desk, self.language = desk, language
        self._typed: dict[str, str] = {}
        """Answers begun: another answer that comes meanwhile draws the questions anew."""
        with ui.element("div").classes("rung-group").props('data-name="quotation"'):
            ui.label(self._say("quotation")).classes("rung-group-title")
            self._sum = Part(self._draw_sum)
            self._questions = Part(self._draw_questions)
            self._ask = ui.button(on_click=desk.quote).props('no-caps unelevated data-name="quote"')
            self._ask.classes("rung-wide")
            with ui.element("div"), ui.expansion(self._say("given")) as fold:
                fold.classes("rung-fold rung-wide").props('dense data-name="given"')
                self._fields = {name: self._field(name) for name in (*FIELDS, *RATES, *LISTS, *TERMS)}
        self._shown = desk.work.quote
        self.sync()

    def sync(self) -> None:
        """Show what is now the case."""
        quote = self.desk.work.quote
        self._ask.set_text(self._say("quote_again" if quote else "quote"))
        self._ask.set_enabled(not self.desk.busy)
        for name, typed in self._fields.items():
            # What was given as an answer; a blank at the end of what is being typed is left.
            if str(typed.value or "").strip() != (given := self.desk.work.order.given.get(name, "")):
                typed.set_value(given)
        self._sum.redraw()
        if quote is not self._shown:
            self._shown = quote
            self._questions.redraw()

    def _field(self, name: str) -> ui.input:
        given = self.desk.work.order.given.get(name, "")
        typed = ui.input(self._say(name), value=given).props(f'dense outlined data-given="{name}"').classes("rung-wide")
        typed.on_value_change(lambda event: self.desk.order(self.desk.work.order.giving(name, str(event.value or ""))))
        return typed

    # --- what is asked, and the sum ------------------------------------------------------------------------

    def _draw_questions(self) -> None:
        quote = self.desk.work.quote
        for missing in quote["missing"] if quote else ():
            self._question(missing["need"])

    def _question(self, need: Mapping[str, Any]) -> None:
        with ui.element("div").classes("rung-need").props(f'data-need="{need["field"]}"'):
            ui.label(self._in_language(need, "question")).classes("rung-none")
            with ui.element("div").classes("rung-row"):
                for one in need["candidates"]:
                    button = ui.button(one["text"], on_click=partial(self._answer, need["field"], one)).props(
                        "no-caps dense outline"
                    )
                    button.props(f'data-candidate="{one["ref"]}"')
            typed = ui.input(
                self._say(need["field"] if need["field"] in (*FIELDS, *LISTS) else "answer"),
                value=self._typed.get(need["field"], ""),
                on_change=lambda event: self._typed.update({need["field"]: str(event.value or "")}),
            )
            typed.props(f'dense outlined data-answer="{need["field"]}"').classes("rung-wide")

            async def answered() -> None:
                await self._give(need["field"], str(typed.value or ""))

            typed.on("keydown.enter", answered)
            if need["field"] == "material":
                self._rates()
            if need["assume"]:
                allow = ui.button(self._say("assume", what=self._say(f"assume_{need['assume']}")))
                allow.props(f'no-caps dense flat align=left data-assume="{need["assume"]}"')
                allow.on_click(partial(self._allow, need["assume"]))

    def _rates(self) -> None:
        """The way on for a material that the table does not have."""
        ui.label(self._say("own_rates")).classes("rung-note")
        with ui.element("div").classes("rung-row rung-half"):
            for name in RATES:
                self._field(name).on("keydown.enter", self.desk.quote).props(f'data-rate="{name}"')

    async def _answer(self, name: str, candidate: Mapping[str, Any]) -> None:
        if candidate["ref"]:
            self.desk.turn(self.desk.work.choose(f"dimensions/{candidate['ref']}"))
        value = candidate["value"]
        await self._give(name, f"{value:g}" if isinstance(value, float) else str(value))

    async def _give(self, name: str, text: str) -> None:
        if text.strip():
            self.desk.order(self.desk.work.order.giving(name, text))
            await self.desk.quote()

    async def _allow(self, what: str) -> None:
        self.desk.order(self.desk.work.order.allowing(what, True))
        await self.desk.quote()

    def _draw_sum(self) -> None:
        quote = self.desk.work.quote
        if quote is None:
            ui.label(self._say("quote_note")).classes("rung-note")
            return
        if self.desk.work.quote_stale:
            ui.label(self._say("quote_stale")).classes("rung-none").props('data-name="quote-stale"')
        if quote["complete"]:
            ui.label(won(quote["total_krw"])).classes("rung-total").props('data-name="total"')
            ui.label(self._say("with_vat", vat=won(quote["vat_krw"]))).classes("rung-note")
        else:
            ui.label(self._say("incomplete")).classes("rung-none").props('data-name="incomplete"')
        for sentence in quote["assumptions"]:
            ui.label(self._in_language(sentence, "text")).classes("rung-note").props('data-name="assumption"')
        with ui.element("div").classes("rung-row"):
            for name in ("pdf", "xlsx"):
                if quote["complete"] and quote[name]:
                    link = ui.element("a").props(f'href="{quote[name]["url"]}?name={quoted(quote["number"])}" download')
                    link.props(f'data-paper="{name}"').classes("rung-button rung-primary")
                    with link:
                        ui.label(self._say(f"paper_{name}"))

    # --- the lines -----------------------------------------------------------------------------------------

    def draw_lines(self) -> None:
        """Every line with its inputs, and whether each was read, given or assumed."""
        quote = self.desk.work.quote
        if quote is None or not lines_of(quote):
            return
        with ui.element("h2"):
            ui.label(self._say("quotation"))
        heads = [self._say(key) for key in ("line", "inputs", "formula", "amount")]
        table(heads, [self._line(line) for _, line in lines_of(quote)], numbers=(3,), name="quote-lines")

    def _line(self, line: Mapping[str, Any]) -> list[Cell]:
        return [self._in_language(line, "label"), partial(self._inputs, line), line["formula"], won(line["amount_krw"])]

    def _inputs(self, line: Mapping[str, Any]) -> None:
        for text, source in inputs_of(line, self.language):
            with ui.element("div").classes("rung-row"):
                ui.label(text)
                ui.label(self._say(f"source_{source}")).classes(f"rung-badge rung-source-{source}")

    def _in_language(self, of: Mapping[str, Any], key: str) -> str:
        return str(of[f"{key}_ko"] if self.language == "ko" else of[key])

    def _say(self, key: str, **values: object) -> str:
        return say(WORDS, self.language, key, **values)
