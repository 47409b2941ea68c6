"""Owns the live page: jobs as they run, with a button that takes them back; workers; memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.element import Element
from starlette.requests import Request

import rung
from rung.console.frame import dress, frame, speak
from rung.console.live_rows import OPEN, SHORT, away, device_rows, job_rows, worker_rows
from rung.console.live_words import LIVE
from rung.console.mount import STATIC
from rung.console.part import Part
from rung.console.site import Site
from rung.console.words import Language, language_of, say
from rung.runtime.client import AsyncClient
from rung.runtime.errors import RungError

PATH = "/jobs"
EVERY_S = 1.0
NEWEST = 50
"""Jobs asked for."""
HEADS = ("jobs", "jobs_lead", "no_jobs", "workers", "no_workers", "memory", "no_memory", "id", "operation", "status",
         "progress", "age", "attempts", "key", "action", "model", "device", "held", "reserved", "calls", "restarts",
         "cancel", "cancelling", "trouble", "stale")  # fmt: skip


def live_page(site: Site) -> None:
    """Register `/jobs`."""

    @ui.page(PATH, title="Rung · Live")
    async def page(request: Request) -> None:
        language = language_of(request)
        dress(language)
        ui.add_head_html(f'<link rel="stylesheet" href="/{STATIC}/live.css?v={rung.__version__}">')
        live = Live(site, language)
        visitor = ui.context.client
        visitor.on_delete(live.client.close)
        await live.refresh()
        timer = ui.timer(EVERY_S, live.refresh, immediate=False)
        live.on_seen = lambda seen: setattr(timer, "active", seen)
        # A page that has lost its visitor is kept for a while in case of a return; it asks nothing meanwhile.
        visitor.on_disconnect(timer.deactivate)
        visitor.on_connect(timer.activate)


class Board(Element, component="static/live.js"):
    """Jobs, workers and memory as tables that change in place. on_seen: whether the visitor looks at the page."""

    def __init__(self, *, on_cancel: Callable[[str], Any], on_seen: Callable[[bool], Any]) -> None:
        super().__init__()
        self._shown: dict[str, Any] = {}
        self.on("cancel", lambda event: on_cancel(str(event.args)))
        self.on("seen", lambda event: on_seen(bool(event.args)))

    def show(self, shown: dict[str, Any]) -> None:
        """What is to be seen; sent only where it differs from what is."""
        if shown != self._shown:
            self._shown = shown
            self._props.update(shown)
            self.update()


class Live:
    """One visitor's live page, drawn where it is made. on_seen: told when the visitor looks away and back."""

    def __init__(self, site: Site, language: Language) -> None:
        self.site = site
        self.language: Language = language
        self.client: AsyncClient = site.client()
        self.on_seen: Callable[[bool], None] = lambda seen: None
        self.jobs: list[dict[str, Any]] = []
        self.models: list[Mapping[str, Any]] = []
        self.budgets: Mapping[str, int] = {}
        self.trouble = ""
        self.said = ""
        self.taking: set[str] = set()
        self._asking = asyncio.Lock()
        self._whole = Part(self._page)

    async def refresh(self) -> None:
        """Ask the API again; what is new is shown."""
        async with self._asking:  # an older answer must not overtake a newer one
            try:
                self.jobs = await self._ask_jobs()
                self.models = (await self.client.models())["models"]
                if not self.budgets or self.trouble:  # they change with the server only
                    self.budgets = (await self.client.tasks())["budgets"]
                self.trouble = ""
            except RungError as error:
                self.trouble = error.message
        self._show()

    async def _ask_jobs(self) -> list[dict[str, Any]]:
        """The newest, and the open ones where those may be older."""
        newest = await self.client.jobs(limit=NEWEST)
        if len(newest) == NEWEST:
            for status in OPEN:
                newest += await self.client.jobs(status=status, limit=NEWEST)
        return newest

    async def cancel(self, job_id: str) -> None:
        """Take a job back, as the visitor."""
        if job_id in self.taking:
            return
        self.taking.add(job_id)
        self._show()
        try:
            job = await self.client.cancel(job_id)
            self.said = self._say(_outcome(job), id=job_id[-SHORT:])
        except RungError as error:
            self.said = error.message
        finally:
            self.taking.discard(job_id)
        await self.refresh()

    async def seen(self, seen: bool) -> None:
        """Nobody asks the server for a page that nobody looks at."""
        self.on_seen(seen)
        if seen:
            await self.refresh()

    def choose(self, language: Language) -> None:
        """Another language."""
        self.language, self.said = language, ""
        speak(language)
        self._whole.redraw()

    def _page(self) -> None:
        with frame(self.site, self.language, here=PATH, choose=self.choose):
            ui.label(self._say("title")).classes("rung-title").props('role="heading" aria-level="1"')
            ui.label(self._say("lead")).classes("rung-lead")
            self._board = Board(on_cancel=self.cancel, on_seen=self.seen)
        self._show()

    def _show(self) -> None:
        self._board.show(
            {
                "words": {key: self._say(key) for key in HEADS},
                "jobs": job_rows(self.jobs, time.time(), self.language, self.taking),
                "workers": worker_rows(self.models, self.language),
                "away": self._say("workers_lead", n=away(self.models)),
                "devices": device_rows(self.budgets, self.models, self.language),
                "trouble": self.trouble,
                "said": self.said,
            }
        )

    def _say(self, key: str, **values: object) -> str:
        return say(LIVE, self.language, key, **values)


def _outcome(job: Mapping[str, Any]) -> str:
    """The word for what came of asking for a job's end."""
    if job["status"] in OPEN:
        return "letting_go"
    return "canceled_said" if job["status"] == "canceled" else "too_late"
