"""Owns what every page of the console has around it: header, language switch, messages for the visitor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nicegui import ui

import rung
from rung.console.login import LOGOUT
from rung.console.logo import LOGO
from rung.console.mount import STATIC
from rung.console.site import Site
from rung.console.words import COOKIE, FRAME, LANGUAGES, NAMES, Language, app_named, say


def dress(language: Language) -> None:
    """Give the page the console's look. Once per page, before anything is shown."""
    ui.add_head_html(f'<link rel="stylesheet" href="/{STATIC}/rung.css?v={rung.__version__}">')
    ui.colors(primary="#1f3a5f", secondary="#41618c", accent="#d6006c", positive="#1a7f4b", negative="#b3261e")
    ui.add_head_html(f"<script>{_speaking(language)}</script>")


def speak(language: Language) -> None:
    """Tell the browser which language the page is in, and to remember it."""
    ui.run_javascript(_speaking(language))


def _speaking(language: Language) -> str:
    return (
        f"document.documentElement.lang = {json.dumps(language)};"
        f"document.cookie = '{COOKIE}={language}; path=/; max-age=31536000; samesite=lax';"
    )


@contextmanager
def frame(site: Site, language: Language, *, here: str, choose: Callable[[Language], None]) -> Iterator[None]:
    """The header, and a place for the page's body. here: this page's path. choose: called with the other language."""
    with ui.element("header").classes("rung-header"):
        with ui.element("a").props('href="/" aria-label="Rung"').classes("rung-brand"):
            ui.html(LOGO, sanitize=False).classes("rung-logo")
            ui.label("Rung")
        with ui.element("nav").props(f'aria-label="{say(FRAME, language, "apps")}"'):
            _link(say(FRAME, language, "overview"), "/", here)
            _link(say(FRAME, language, "live"), "/jobs", here)
            for app in site.apps:
                _link(app_named(app.name, app.title, language), f"/{app.name}", here)
        ui.element("span").classes("rung-grow")
        with ui.element("div").classes("rung-languages").props(f'aria-label="{say(FRAME, language, "language")}"'):
            for other in LANGUAGES:
                _language(other, language, choose)
        if site.may_leave():
            with (
                ui.element("form").props(f'method="post" action="{LOGOUT}"').classes("rung-leave"),
                ui.element("button").props('type="submit"'),
            ):
                ui.label(say(FRAME, language, "leave"))
    with ui.element("main").classes("rung-main"):
        yield


def _link(text: str, path: str, here: str) -> None:
    link = ui.element("a").props(f'href="{path}"')
    if path == here:
        link.props('aria-current="page"')
    with link:
        ui.label(text)


_STILL = "(...args) => { document.querySelector('.rung-main').inert = true; emit(...args); }"
"""The page's body, which the server draws anew in the other language, takes no clicks until that has come: one on what
is about to go would be heard by nobody. What comes is another element, and takes them."""


def _language(other: Language, language: Language, choose: Callable[[Language], None]) -> None:
    button = ui.element("button").props(f'type="button" lang="{other}" aria-pressed="{str(other == language).lower()}"')
    button.on("click", lambda: choose(other), js_handler=_STILL)
    with button:
        ui.label(NAMES[other])


def banner(kind: str, title: str, sentences: list[str]) -> None:
    """A visible box. kind: `error` | `warning` | `mock`; screen readers are told of an error at once."""
    with (
        ui.element("div")
        .classes(f"rung-banner rung-{kind}")
        .props(f'role="{"alert" if kind == "error" else "status"}"')
    ):
        ui.label(title).classes("rung-banner-title")
        for sentence in sentences:
            ui.label(sentence)
