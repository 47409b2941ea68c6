"""Owns the web application that shows the console's pages: its settings, its static files, its guard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.types import ASGIApp

from rung.console.mount import STATIC
from rung.runtime.app import App
from rung.runtime.client import AsyncClient
from rung.runtime.server.guard import Guard

FOLDER = Path(__file__).parent / "static"
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f3a5f"/>'
    '<g stroke="#fff" stroke-width="2.6" stroke-linecap="round"><path d="M10 6v20M22 6v20"/>'
    '<path d="M10 22h12M10 16h12" opacity=".55"/><path d="M10 10h12" stroke="#ffb454"/></g></svg>'
)
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

    def client(self) -> AsyncClient:
        """A client of the public API for one visitor; the page closes it when the visitor has gone."""
        url = self.base_url if isinstance(self.base_url, str) else self.base_url()
        # Without TLS nothing is verified, and not loading the certificates saves 20 ms on the event loop and
        # 0.8 MiB for each visitor (measured).
        plain = httpx.AsyncHTTPTransport(verify=False) if url.startswith("http://") else None
        return AsyncClient(url, transport=plain)


def serve_site(site: Site) -> ASGIApp:
    """The pages registered so far and the start page, behind the same guard as the API."""
    from rung.console.start import start_page

    start_page(site)
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    nicegui_app.add_static_files(f"/{STATIC}", FOLDER)
    ui.run_with(
        web,
        title="Rung",
        favicon=LOGO,
        reconnect_timeout=RECONNECT_S,
        tailwind=False,  # 270 kB of compiler in every page, for classes that we do not use
        show_welcome_message=False,
    )
    return Guard(web)
