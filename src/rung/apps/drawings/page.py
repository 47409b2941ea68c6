"""Owns the drawings page: what is where on it, and what the visitor sees of each state."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import app as nicegui_app
from nicegui import background_tasks, ui
from starlette.requests import Request

import rung
from rung.apps.drawings.page_desk import Desk
from rung.apps.drawings.page_names import named
from rung.apps.drawings.page_panel import Panel
from rung.apps.drawings.page_quote import Quote
from rung.apps.drawings.page_readings import Readings
from rung.apps.drawings.page_review import Picked
from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.page_state import Work, mock
from rung.apps.drawings.page_words import WORDS
from rung.console.frame import banner, dress, frame, speak
from rung.console.invitation import Sample, invitation
from rung.console.mount import STATIC
from rung.console.part import Part
from rung.console.picker import Picker
from rung.console.sheet import Sheet
from rung.console.site import Site
from rung.console.words import FRAME, Language, language_of, say

SAMPLES = Path(__file__).parent / "samples"
FILES = ".pdf,.dxf,.tif,.tiff,.png,.jpg,.jpeg,.webp"


def mount(path: str, site: Site) -> None:
    """Register the drawings page at `path`, and its sample drawings below it.

    Each visitor gets a page, a client of the API and a state of their own; all of it ends when they have gone.
    """
    samples = sorted(SAMPLES.glob("*.png")) if SAMPLES.is_dir() else []
    if samples:
        nicegui_app.add_static_files(f"{path}/samples", SAMPLES)

    @ui.page(path, title="Rung · Drawings")
    async def drawings(request: Request) -> None:
        language = language_of(request)
        dress(language)
        ui.add_head_html(f'<link rel="stylesheet" href="/{STATIC}/sheet.css?v={rung.__version__}">')
        page = DrawingsPage(site, path, language, samples)
        ui.context.client.on_delete(page.desk.close)
        ui.context.client.on_exception(page.broke)


class DrawingsPage:
    """One visitor's page, drawn where it is made.

    `changed` shows the desk's state; only what differs from what is shown is drawn anew.
    """

    def __init__(self, site: Site, path: str, language: Language, samples: list[Path]) -> None:
        self.site, self.path, self.samples = site, path, samples
        self.language: Language = language
        self.desk = Desk(site.client(), self.changed)
        self._shown = self.desk.work
        self._sheet: Sheet | None = None
        self._waits = False
        self._called = ""
        """The trouble that was called out last."""
        self._client = ui.context.client
        self._whole = Part(self._page)

    def choose(self, language: Language) -> None:
        """Another language; the work stays."""
        self.language = language
        speak(language)
        self._whole.redraw()

    def broke(self, error: Exception) -> None:
        """A fault of the page: the log has it whole, the visitor is told."""
        self.desk.fails(say(FRAME, self.language, "fault", what=type(error).__name__))

    def say(self, key: str, **values: object) -> str:
        """The page's words in the visitor's language."""
        return say(WORDS, self.language, key, **values)

    # --- what is where -----------------------------------------------------------------------------------

    def _page(self) -> None:
        with frame(self.site, self.language, here=self.path, choose=self.choose):
            with ui.element("div").classes("rung-desk"):
                with ui.element("section").classes("rung-left"):
                    self._stage = Part(self._draw_stage)
                    self._picked = Picked(self.desk, self.language)
                    self._strip = Part(self._draw_strip)
                    with ui.element("div").classes("rung-notices"):
                        self._notices = Part(self._draw_notices)
                with ui.element("aside").classes("rung-right"):
                    self._tools = Part(self._draw_tools)
                    self._beside = Part(self._draw_beside)
                    self._more = Part(self._draw_more)
            self._lines = Part(self._draw_lines)
            self._below = Part(self._draw_below)
        self._overlay()

    def _draw_stage(self) -> None:
        """The page of the drawing with its marks, or the invitation to open one."""
        self._sheet, self._waits = None, self._waiting()
        name, picture = self.desk.work.name(), self.desk.work.picture()
        if not name:
            self._invitation()
            return
        if picture is None:
            with ui.element("div").classes("rung-empty"):
                ui.label(name).classes("rung-empty-title")
                ui.label(self.say("waiting" if self.desk.busy else "not_read")).classes("rung-note")
            return
        url, width, height = picture
        self._sheet = Sheet(
            src=url,
            width=width,
            height=height,
            label=name,
            words={key: self.say(key) for key in ("nearer", "farther", "whole")},
            on_chosen=lambda id: self.desk.turn(self.desk.work.choose(id)),
            on_lost=lambda: self.desk.fails(self.say("file_lost")),
        )

    def _waiting(self) -> bool:
        """Whether a page is to come that cannot be shown yet."""
        return self.desk.busy and self.desk.work.picture() is None

    def _invitation(self) -> None:
        folder = f"{self.path}/samples"
        samples = [
            Sample(file=one, src=f"{folder}/{one.name}", title=named("sample", one.stem, self.language))
            for one in self.samples
        ]
        invitation(self.say, partial(self._picker, "open"), samples, self.desk.open_bytes)

    def _draw_strip(self) -> None:
        """The pages, and the way to another drawing."""
        work = self.desk.work
        if work.drawing is None:
            return
        if work.picture() is not None:
            ui.label(self.say("hint")).classes("rung-note rung-hint")
        with ui.element("div").classes("rung-pages").props(f'aria-label="{self.say("pages")}"'):
            pages = work.answer["pages"] if work.answer else ()
            if len(pages) > 1:
                for at, page in enumerate(pages):
                    self._page_button(at, page["page"])
            self._picker("another")

    def _page_button(self, at: int, number: int) -> None:
        button = ui.element("button").props(f'type="button" data-page="{number}"')
        button._props.update(
            {"aria-label": self.say("page", n=number), "aria-pressed": str(at == self.desk.work.page).lower()}
        )
        button.on("click", partial(self._turn_to, at))
        with button:
            ui.label(str(number))

    def _turn_to(self, at: int) -> None:
        self.desk.turn(self.desk.work.turned_to(at))

    def _draw_notices(self) -> None:
        """What the visitor must not miss: errors, a mock, warnings, what failed in part."""
        work = self.desk.work
        if self.desk.trouble:
            banner("error", say(FRAME, self.language, "error"), [in_language(self.desk.trouble, self.language)])
        if mock(work.account):
            banner("mock", say(FRAME, self.language, "mock"), [say(FRAME, self.language, "mock_text")])
        warnings = [in_language(one, self.language) for one in work.warnings]
        notes = [*([self.say("stale")] if work.stale else []), *warnings, *work.failures(self.language)]
        if notes:
            banner("warning", say(FRAME, self.language, "warnings"), list(dict.fromkeys(notes)))

    def _draw_tools(self) -> None:
        self._panel = Panel(self.desk, self.language) if self.desk.work.drawing else None

    def _draw_more(self) -> None:
        if self._panel is not None:
            self._panel.draw_more()

    def _draw_beside(self) -> None:
        self._quote = Quote(self.desk, self.language) if self.desk.work.sheet() is not None else None

    def _draw_lines(self) -> None:
        if self._quote is not None:
            self._quote.draw_lines()

    def _draw_below(self) -> None:
        self._readings = Readings(self.desk, self.language) if self.desk.work.sheet() is not None else None

    def _picker(self, label: str) -> None:
        Picker(
            label=self.say(label),
            sending=self.say("sending"),
            on_opened=self._opened,
            on_refused=self.desk.fails,
            wide=True,
            drop=self.say("drop"),
            accept=FILES,
        )

    def _opened(self, ref: Mapping[str, Any]) -> None:
        # A task of its own: the button that sent the file is drawn anew while the drawing is read.
        background_tasks.create(self.desk.open(ref, ref["name"]), name="open a drawing")

    # --- what changes ------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Show what is now the case."""
        self._call_out()
        old, work = self._shown, self.desk.work
        self._shown = work
        self._notices.redraw()
        if (old.name(), old.picture()) != (work.name(), work.picture()) or self._waits != self._waiting():
            self._stage.redraw()
        if (old.drawing, old.answer is None, old.page) != (work.drawing, work.answer is None, work.page):
            self._strip.redraw()
        if (old.drawing is None) != (work.drawing is None):
            self._tools.redraw()
            self._more.redraw()
        if _read(old) != _read(work):
            self._beside.redraw()
            self._below.redraw()
        elif self._readings is not None and (old.chosen, old.answer) != (work.chosen, work.answer):
            self._readings.sync()
        self._picked.sync()
        if self._panel is not None:
            self._panel.sync()
        if self._quote is not None:
            self._quote.sync()
        if old.quote is not work.quote:
            self._lines.redraw()
        self._overlay()

    def _call_out(self) -> None:
        """A new trouble is called out where the visitor is: the notices are far above the tables."""
        trouble, self._called = self._called != self.desk.trouble and self.desk.trouble, self.desk.trouble
        if trouble:
            with self._client:
                ui.notify(in_language(trouble, self.language), type="negative", position="bottom", multi_line=True)

    def _overlay(self) -> None:
        if self._sheet is None:
            return
        work = self.desk.work
        self._sheet.show(
            marks=work.marks(self.language),
            layers=sorted(work.layers),
            chosen=work.chosen,
            busy=(in_language(self.desk.stage, self.language) or self.say("asking")) if self.desk.busy else "",
        )


def _read(work: Work) -> tuple[object, ...]:
    """What the readings below stand for: they are drawn anew when it is another. Reviews change them in place."""
    sheet = work.sheet()
    return work.drawing, work.page, id(work.account), None if sheet is None else len(sheet["dimensions"])
