"""Owns the furniture page: what is where on it, and what the visitor sees of each state."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from nicegui import app as nicegui_app
from nicegui import ui
from starlette.requests import Request

import rung
from rung.apps.furniture.page_desk import Desk
from rung.apps.furniture.page_panel import Panel
from rung.apps.furniture.page_result import Result
from rung.apps.furniture.page_state import Photo, Work, mock
from rung.apps.furniture.page_words import WORDS
from rung.console.frame import banner, dress, frame, speak
from rung.console.invitation import Sample, invitation
from rung.console.mount import STATIC
from rung.console.part import Part
from rung.console.picker import Picker
from rung.console.pieces import Drawn, Pieces
from rung.console.site import Site
from rung.console.words import FRAME, Language, language_of, say

SAMPLES = Path(__file__).parent / "samples"


def mount(path: str, site: Site) -> None:
    """Register the furniture page at `path`, and its sample photographs below it.

    Each visitor gets a page, a client of the API and a state of their own; all of it ends when they have gone.
    """
    samples = sorted(one for one in SAMPLES.glob("*.jpg")) if SAMPLES.is_dir() else []
    if samples:
        nicegui_app.add_static_files(f"{path}/samples", SAMPLES)

    @ui.page(path, title="Rung · Furniture")
    async def furniture(request: Request) -> None:
        language = language_of(request)
        dress(language)
        ui.add_head_html(f'<link rel="stylesheet" href="/{STATIC}/pieces.css?v={rung.__version__}">')
        page = FurniturePage(site, path, language, samples)
        ui.context.client.on_delete(page.desk.close)
        ui.context.client.on_exception(page.broke)


class FurniturePage:
    """One visitor's page, drawn where it is made.

    `changed` shows the desk's state; only what differs from what is shown is drawn anew.
    """

    def __init__(self, site: Site, path: str, language: Language, samples: list[Path]) -> None:
        self.site, self.path, self.samples = site, path, samples
        self.language: Language = language
        self.desk = Desk(site.client(), self.changed)
        self._shown = self.desk.work
        self._pieces: Pieces | None = None
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
                    self._strip = Part(self._draw_strip)
                    with ui.element("div").classes("rung-notices"):
                        self._notices = Part(self._draw_notices)
                with ui.element("aside").classes("rung-right"):
                    self._tools = Part(self._draw_tools)
            self._results = Part(self._draw_results)
        self._overlay()

    def _draw_stage(self) -> None:
        """The photograph with its pieces, or the invitation to open some."""
        self._pieces, work = None, self.desk.work
        if not work.photos:
            self._invitation()
            return
        photo = work.photos[work.at]
        self._pieces = Pieces(
            src=photo.url,
            width=photo.width,
            height=photo.height,
            label=self.say("photo", n=work.at + 1, name=photo.name),
            on_chosen=lambda piece: self.desk.turn(self.desk.work.choose(self.desk.work.at, piece)),
            on_box=self.desk.draw,
            on_lost=self._lost,
        )

    def _invitation(self) -> None:
        samples = [Sample(file=one, src=f"{self.path}/samples/{one.name}", title=one.stem) for one in self.samples]
        invitation(self.say, partial(self._picker, "open"), samples, self.desk.open_bytes)

    def _draw_strip(self) -> None:
        """Every photograph small, and the way to more."""
        work = self.desk.work
        if not work.photos:
            return
        ui.label(self.say("hint")).classes("rung-note rung-pieces-hint")
        with ui.element("div").classes("rung-strip"):
            for number, photo in enumerate(work.photos):
                self._thumbnail(number, photo)
            self._picker("more")

    def _thumbnail(self, number: int, photo: Photo) -> None:
        name = self.say("photo", n=number + 1, name=photo.name)
        with ui.element("div").classes("rung-thumbnail"):
            show = ui.element("button").props(f'type="button" data-photo="{number}"')
            show._props.update({"aria-label": name, "aria-pressed": str(number == self.desk.work.at).lower()})
            show.on("click", partial(self._turn_to, number))
            with show:
                ui.element("img").props(f'src="{photo.url}" alt="" loading="lazy"')
            away = ui.element("button").props(f'type="button" data-remove="{number}"').classes("rung-away")
            away._props["aria-label"] = self.say("remove", n=number + 1)
            away.on("click", partial(self._remove, number))
            with away:
                ui.label("×")

    def _turn_to(self, number: int) -> None:
        self.desk.turn(self.desk.work.turned_to(number))

    def _remove(self, number: int) -> None:
        self.desk.turn(self.desk.work.removed(number))

    def _draw_notices(self) -> None:
        """What the visitor must not miss: errors, a mock, warnings, what failed in part."""
        work = self.desk.work
        if self.desk.trouble:
            banner("error", say(FRAME, self.language, "error"), [self.desk.trouble])
        if mock(work.account):
            banner("mock", say(FRAME, self.language, "mock"), [say(FRAME, self.language, "mock_text")])
        notes = [*work.warnings, *self._failures()]
        if work.stale:
            notes.insert(0, self.say("stale"))
        if notes:
            banner("warning", say(FRAME, self.language, "warnings"), list(dict.fromkeys(notes)))

    def _failures(self) -> list[str]:
        images = self.desk.work.answer["images"] if self.desk.work.answer else ()
        return [
            self.say("failed", where=f"{image['id']}.{error['object'] or ''} {error['stage']}", what=error["message"])
            for image in images
            for error in image["errors"]
        ]

    def _draw_tools(self) -> None:
        self._panel = Panel(self.desk, self.language) if self.desk.work.photos else None

    def _draw_results(self) -> None:
        self._result = Result(self.desk, self.language, self._lost) if self.desk.work.answer else None

    def _picker(self, label: str) -> None:
        Picker(
            label=self.say(label),
            sending=self.say("sending"),
            on_opened=lambda ref: self.desk.turn(self.desk.work.opened(Photo.of(ref, ref["name"]))),
            on_refused=self.desk.fails,
            wide=True,
            drop=self.say("drop"),
            several=True,
        )

    def _lost(self) -> None:
        self.desk.fails(self.say("file_lost"))

    # --- what changes ------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Show what is now the case."""
        old, work = self._shown, self.desk.work
        self._shown = work
        self._notices.redraw()
        if _file(old) != _file(work):
            self._stage.redraw()
        if (old.photos, old.at) != (work.photos, work.at):
            self._strip.redraw()
        if (old.photos == ()) != (work.photos == ()):
            self._tools.redraw()
        if old.answer is not work.answer:
            self._results.redraw()
        elif self._result is not None:
            self._result.sync()
        if self._panel is not None:
            self._panel.sync()
        self._overlay()

    def _overlay(self) -> None:
        work = self.desk.work
        if self._pieces is None or not work.photos:
            return
        waiting = [Drawn(box=self.desk.drawn, label="?")] if self.desk.drawn else []
        self._pieces.show(
            shapes=work.shapes(),
            drawn=[*work.hands(), *waiting],
            chosen=work.chosen.piece if work.chosen and work.chosen.photo == work.at else "",
            busy=(self.desk.stage or self.say("asking")) if self.desk.busy else "",
        )


def _file(work: Work) -> str:
    """The photograph that is shown; empty: none."""
    return work.photos[work.at].file if work.photos else ""
