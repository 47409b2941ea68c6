"""Decides which requests are the console's, and puts it beside the API on one server.

Importing this module loads no part of the web library; `mount` does.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rung.console.lifespan import run_lifespans
from rung.runtime.app import App
from rung.runtime.errors import ConfigError
from rung.runtime.server.auth import Door

if TYPE_CHECKING:
    from rung.console.site import Site

STATIC = "console"
OWN = frozenset({"", "jobs", STATIC, "favicon.ico", "login", "logout", "_nicegui", "_nicegui_ws"})
API = frozenset({"v1", "v2", "healthz", "readyz", "metrics", "openapi.json"})

# Vue compiles templates in the browser (eval) and Quasar writes styles; everything else is ours or nothing:
# the page works without a network because the browser itself refuses to leave this origin.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'self'; base-uri 'self'; "
    "form-action 'self'"
)


def mount(
    api_app: ASGIApp, apps: Sequence[App], *, base_url: Callable[[], str] | str, door: Door | None = None
) -> ASGIApp:
    """The API and the console as one application.

    door: who is let in; the same one as the API's, because its sessions let the pages' requests in there too.

    base_url: where the API can be reached from this process; asked for when a visitor comes, so it may be
    a function of a port that is not yet bound. Once per process: the web library keeps its pages in a global.
    Raises ConfigError for an app whose name would hide a path of the API, or whose page cannot be found.
    """
    from rung.console.site import Site, serve_site

    shown = tuple(app for app in apps if app.page)
    _check_names(shown)
    site = Site(apps=shown, base_url=base_url, door=door or Door())
    for app in shown:
        _page_of(app)(f"/{app.name}", site)
    return Composed(api=api_app, console=_Policed(serve_site(site)), own=OWN | {app.name for app in shown})


def _check_names(apps: Sequence[App]) -> None:
    for app in apps:
        if app.name in OWN | API:
            raise ConfigError(f"an app called {app.name!r} cannot have a page: that path is taken; rename it")


def _page_of(app: App) -> Callable[[str, Site], None]:
    """What the app's `page` names: `function(path, site)`, which registers its pages at and below that path."""
    module, _, name = app.page.partition(":")
    try:
        found: Callable[[str, Site], None] = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ConfigError(f"the page of app {app.name!r} is {app.page!r}, which cannot be found: {error}") from error
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """Requests whose path begins with one of `own` go to the console; everything else, unknown paths too, is the API's.

    The choice is one look into a set: the API's requests pass through no other layer of the console.
    """

    api: ASGIApp
    console: ASGIApp
    own: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await run_lifespans((self.api, self.console), scope, receive, send)
        elif scope["path"].split("/", 2)[1] in self.own:
            await self.console(scope, receive, send)
        else:
            await self.api(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Policed:
    """Adds the content security policy to every page."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def policed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Content-Security-Policy", POLICY)
            await send(message)

        await self.app(scope, receive, policed)
