"""Owns the editor's page: what is where on it, and what the visitor sees of each state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import app as nicegui_app
from nicegui import ui
from starlette.requests import Request

from rung.apps.editor.page_desk import Desk
from rung.apps.editor.page_panel import Panel
from rung.apps.editor.page_state import Shown, Work
from rung.apps.editor.page_words import WORDS
from rung.console.board import Board
from rung.console.compare import Compare
from rung.console.frame import banner, dress, frame, speak
from rung.console.invitation import Sample, invitation
from rung.console.part import Part
from rung.console.picker import Picker
from rung.console.site import Site
from rung.console.tables import provenance_table
from rung.console.words import FRAME, Language, language_of, say

SAMPLES = Path(__file__).parent / "samples"


def mount(path: str, site: Site) -> None:
    """Register the editor's page at `path`, and its sample pictures below it.

    Each visitor gets a page, a client of the API and a state of their own; all of it ends when they have gone.
    """
    samples = _samples()
    if samples:
        nicegui_app.add_static_files(f"{path}/samples", SAMPLES)

    @ui.page(path, title="Rung · Editor")
    async def editor(request: Request) -> None:
        language = language_of(request)
        dress(language)
        page = EditorPage(site, path, language, samples)
        ui.context.client.on_delete(page.desk.close)
        ui.context.client.on_exception(page.broke)
        await page.desk.look()


def _samples() -> list[Mapping[str, Any]]:
    """{file, title, author, licence, point, dilate} of each sample; none where the package came without them."""
    listed = SAMPLES / "samples.json"
    found: list[Mapping[str, Any]] = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else []
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What is drawn anew by itself."""

    stage: Part
    notices: Part
    tools: Part
    account: Part


class EditorPage:
    """One visitor's page, drawn where it is made.

    `changed` shows the desk's state; only what differs from what is shown is drawn anew.
    """

    def __init__(self, site: Site, path: str, language: Language, samples: list[Mapping[str, Any]]) -> None:
        self.site, self.path, self.samples = site, path, samples
        self.language: Language = language
        self.desk = Desk(site.client(), self.changed)
        self.board: Board | None = None
        self.panel: Panel | None = None
        self._client = ui.context.client
        self._shown = self.desk.work
        self._whole = Part(self._page)

    def choose(self, language: Language) -> None:
        """Another language; the work stays."""
        self.language = language
        speak(language)
        self._whole.redraw()

    def broke(self, error: Exception) -> None:
        """A fault of the page: the log has it whole, the visitor is told."""
        self.desk.fails(self.say_frame("fault", what=type(error).__name__))

    def say(self, key: str, **values: object) -> str:
        """The editor's words in the visitor's language."""
        return say(WORDS, self.language, key, **values)

    def say_frame(self, key: str, **values: object) -> str:
        """The frame's words in the visitor's language."""
        return say(FRAME, self.language, key, **values)

    # --- what is where -----------------------------------------------------------------------------------

    def _page(self) -> None:
        with frame(self.site, self.language, here=self.path, choose=self.choose):
            with ui.element("div").classes("rung-desk"):
                with ui.element("section").classes("rung-left"):
                    stage = Part(self._stage)
                    with ui.element("div").classes("rung-notices"):
                        notices = Part(self._notices)  # below: one that came in above would move the picture away
                with ui.element("aside").classes("rung-right"):
                    tools = Part(self._tools)
            self._parts = _Parts(stage=stage, notices=notices, tools=tools, account=Part(self._account))
        self._draw_selection()

    def _notices(self) -> None:
        """What the visitor must not miss: errors, a mock, warnings."""
        work = self.desk.work
        warnings = work.result.warnings if work.result else work.warnings
        if self.desk.trouble:
            banner("error", self.say_frame("error"), [self.desk.trouble])
        if work.result.mock if work.result else work.mock:
            banner("mock", self.say_frame("mock"), [self.say_frame("mock_text")])
        if warnings:
            banner("warning", self.say_frame("warnings"), list(warnings))

    def _stage(self) -> None:
        """The picture to click in, or the comparison, or the invitation to open a picture."""
        self.board = None
        match self.desk.work:
            case Work(picture=None):
                self._invitation()
            case Work(picture=Shown() as picture, result=None):
                self._picture(picture)
            case _:
                self._result()

    def _tools(self) -> None:
        """The controls at the side, once there is a picture."""
        self.panel = Panel(self.desk, self.language) if self.desk.work.picture else None

    def _account(self) -> None:
        """Which variant answered each step, and in what time."""
        if self.desk.work.account:
            with ui.element("h2"):
                ui.label(self.say("account"))
            provenance_table(self.desk.work.account, self.language)

    def _invitation(self) -> None:
        samples = [
            Sample(
                file=SAMPLES / one["file"],
                src=f"{self.path}/samples/{one['file']}",
                title=one["title"],
                note=f"{one['author']} · {one['licence']}",
            )
            for one in self.samples
        ]
        invitation(self.say, partial(self._picker, self.say("open")), samples, self.desk.open_bytes)

    def _picture(self, picture: Shown) -> None:
        self.board = Board(
            src=picture.url,
            width=picture.width,
            height=picture.height,
            label=self.say("picture"),
            on_point=lambda point: self.desk.select(lambda work: work.clicked(point)),
            on_box=lambda box: self.desk.select(lambda work: work.boxed(box)),
            on_undo=lambda: self.desk.select(Work.undone),
            on_lost=self._lost,
        )
        with ui.element("div").classes("rung-under"):
            ui.label(self.say("hint")).classes("rung-note rung-grow")
            self._picker(self.say("open_other"))

    def _result(self) -> None:
        work = self.desk.work
        assert work.result is not None and work.picture is not None
        image = work.result.image
        Compare(
            before=work.picture.url,
            after=image.url,
            width=image.width,
            height=image.height,
            start=work.result.edge,
            language=self.language,
            on_lost=self._lost,
        )
        with ui.element("div").classes("rung-under"):
            with ui.element("a").classes("rung-button rung-primary") as link:
                ui.label(self.say("download"))
            link._props.update(href=image.url, download=image.name)
            for key, step, look in (("continue", Work.continued, "outline"), ("back", Work.back, "flat")):
                ui.button(self.say(key), on_click=partial(self._turn, step)).props(f'no-caps {look} data-name="{key}"')
            if work.result.mock:
                ui.label(self.say_frame("mock")).classes("rung-mock-badge")

    def _turn(self, step: Callable[[Work], Work]) -> None:
        self.desk.turn(step(self.desk.work))

    def _picker(self, label: str) -> None:
        Picker(
            label=label,
            sending=self.say("sending"),
            on_opened=lambda ref: self.desk.open(Shown.of(ref, ref["name"])),
            on_refused=self.desk.fails,
            wide=True,
            drop=self.say("drop"),
        )

    def _lost(self) -> None:
        self.desk.fails(self.say("file_lost"))

    # --- what changes ------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Show what is now the case."""
        old, work = self._shown, self.desk.work
        self._shown = work
        self._parts.notices.redraw()
        if (old.picture, old.result) != (work.picture, work.result):
            self._parts.stage.redraw()
        if (old.picture is None) != (work.picture is None):
            self._parts.tools.redraw()
        if old.account != work.account:
            self._parts.account.redraw()
        self._draw_selection()
        if work.result is not None and work.result != old.result:
            self._reveal(".rung-stage")
        elif self.desk.trouble:
            self._reveal(".rung-notices")

    def _reveal(self, selector: str) -> None:
        """On a small screen what came may lie outside the part that is seen."""
        self._client.run_javascript(f"document.querySelector('{selector}')?.scrollIntoView({{block: 'nearest'}})")

    def _draw_selection(self) -> None:
        work = self.desk.work
        if self.board is not None:
            self.board.show(
                points=work.points,
                box=work.box,
                mask=work.found.url if work.found else "",
                busy=self._busy(),
                subtract=self.desk.tools.subtract,
            )
        if self.panel is not None:
            self.panel.sync()

    def _busy(self) -> str:
        if self.desk.loads:
            return self.say("loading", variant=self.desk.loads)
        match self.desk.waits_for:
            case "":
                return ""
            case "segment":
                return self.say("looking")
            case operation:
                return self.say(f"working_{operation}")
