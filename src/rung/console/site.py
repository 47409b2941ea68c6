"""Owns the web application that shows the console's pages: its settings, its static files, its guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.types import ASGIApp

from rung.console.login import LOGIN, PUBLIC, Login
from rung.console.logo import LOGO
from rung.console.mount import STATIC
from rung.runtime.app import App
from rung.runtime.client import AsyncClient
from rung.runtime.server.auth import Door, session_in
from rung.runtime.server.guard import Guard

FOLDER = Path(__file__).parent / "static"
RECONNECT_S = 30.0
"""How long a visitor who lost the connection (a phone in a lift) finds the page as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a page is given: the apps beside it, and a way to the API.

    An app's page function is `function(path: str, site: Site) -> None`; it registers its pages at and below
    `path` with `nicegui.ui.page`. Whatever belongs to a visitor is made inside the page's own function.
    """

    apps: tuple[App, ...]
    base_url: Callable[[], str] | str
    door: Door = field(default_factory=Door)

    def client(self) -> AsyncClient:
        """A client of the public API for this page's visitor; the page closes it when the visitor has gone.

        It asks with the visitor's own key, looked up anew each time: a session that has ended ends there too.
        """
        url = self.base_url if isinstance(self.base_url, str) else self.base_url()
        headers = ui.context.client.request.headers
        # Without TLS nothing is verified, and not loading the certificates saves 20 ms on the event loop and
        # 0.8 MiB for each visitor (measured).
        transport = httpx.AsyncHTTPTransport(verify=not url.startswith("http://"))
        return AsyncClient(url, transport=_AsVisitor(transport, lambda: self.door.presented(headers)))

    def may_leave(self) -> bool:
        """Whether this page's visitor came in by the login page."""
        return bool(self.door.sessions.secret(session_in(ui.context.client.request.headers)))


class _AsVisitor(httpx.AsyncBaseTransport):
    """Another transport, with the visitor's key on every request."""

    def __init__(self, below: httpx.AsyncBaseTransport, secret: Callable[[], str]) -> None:
        self._below = below
        self._secret = secret

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        secret = self._secret()
        if secret:
            request.headers["Authorization"] = f"Bearer {secret}"
        return await self._below.handle_async_request(request)

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._below.aclose()


def serve_site(site: Site) -> ASGIApp:
    """The pages registered so far and the start page, behind the same guard as the API."""
    from rung.console.live import live_page
    from rung.console.start import start_page

    start_page(site)
    live_page(site)
    login = Login(site.door, ["/", "/jobs", *(f"/{app.name}" for app in site.apps)])
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, routes=[*login.routes()])
    nicegui_app.add_static_files(f"/{STATIC}", FOLDER)
    ui.run_with(
        web,
        title="Rung",
        favicon=LOGO,
        reconnect_timeout=RECONNECT_S,
        tailwind=False,  # 270 kB of compiler in every page, for classes that we do not use
        show_welcome_message=False,
    )
    return Guard(web, site.door, public=PUBLIC, login=LOGIN)
