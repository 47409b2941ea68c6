"""Owns the start page: the apps, which rung would answer each task, and what is in memory."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from starlette.requests import Request

from rung.console.frame import banner, dress, frame, speak
from rung.console.part import Part
from rung.console.site import Site
from rung.console.tables import models_table, size, tasks_table
from rung.console.words import FRAME, Language, app_named, language_of, say
from rung.runtime.client import AsyncClient
from rung.runtime.errors import RungError

EVERY_S = 3.0


def start_page(site: Site) -> None:
    """Register `/`."""

    @ui.page("/", title="Rung")
    async def start(request: Request) -> None:
        language = language_of(request)
        dress(language)
        overview = Overview(site, language)
        ui.context.client.on_delete(overview.client.close)
        await overview.refresh()
        ui.timer(EVERY_S, overview.refresh, immediate=False)


class Overview:
    """One visitor's start page, drawn where it is made."""

    def __init__(self, site: Site, language: Language) -> None:
        self.site = site
        self.language: Language = language
        self.client: AsyncClient = site.client()
        self.tasks: dict[str, Any] = {"tasks": [], "budgets": {}}
        self.models: list[dict[str, Any]] = []
        self.trouble = ""
        self._whole = Part(self._page)

    async def refresh(self) -> None:
        """Ask the API again, and show anew what has changed, and no more: an opened detail stays open."""
        before = (self.tasks, self.models, self.trouble)
        try:
            self.tasks = await self.client.tasks()
            self.models = (await self.client.models())["models"]
            self.trouble = ""
        except RungError as error:
            self.trouble = error.message
        if before[0] != self.tasks:
            self._ladders.redraw()
        if before[1:] != (self.models, self.trouble):
            self._memory.redraw()

    def choose(self, language: Language) -> None:
        """Another language."""
        self.language = language
        speak(language)
        self._whole.redraw()

    def _page(self) -> None:
        with frame(self.site, self.language, here="/", choose=self.choose):
            ui.label("Rung").classes("rung-title")
            ui.label(self._say("lead")).classes("rung-lead")
            with ui.element("div").classes("rung-cards"):
                for app in self.site.apps:
                    with ui.element("a").props(f'href="/{app.name}"').classes("rung-card"):
                        ui.label(app_named(app.name, app.title, self.language)).classes("rung-card-title")
                        ui.label(app.summary)
                        ui.label(self._say("open_app") + " →").classes("rung-more")
            _heading(self._say("tasks"), self._say("tasks_lead"))
            self._ladders = Part(self._draw_ladders)
            _heading(self._say("models"), self._say("models_lead"))
            self._memory = Part(self._draw_memory)

    def _draw_ladders(self) -> None:
        tasks_table(self.tasks["tasks"], self.language)

    def _draw_memory(self) -> None:
        if self.trouble:
            banner("error", self._say("error"), [self.trouble])
        for device, total in self.tasks["budgets"].items():
            ui.label(self._budget(device, total)).classes("rung-note")
        models_table(self.models, self.language)

    def _budget(self, device: str, total: int) -> str:
        states = [m["state"] for m in self.models if m["state"] and m["state"].get("device") == device]
        used = sum(state.get("reserved") or 0 for state in states)
        return say(FRAME, self.language, "budget", device=device, used=size(used), total=size(total))

    def _say(self, key: str) -> str:
        return say(FRAME, self.language, key)


def _heading(title: str, lead: str) -> None:
    with ui.element("h2"):
        ui.label(title)
    ui.label(lead).classes("rung-note")
