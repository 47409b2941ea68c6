"""A headless Chromium for tests: every wait is for an event, every request that leaves the origin is written down."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import ConsoleMessage, Page, Response, async_playwright, expect

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def begun(fake: Path) -> Iterator[str]:
    """The origin of a fake API that is a program of its own, until the end."""
    with subprocess.Popen([sys.executable, str(fake)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def as_begun(fake: str) -> None:
    """What was asked of it is forgotten, and nothing is held back or mocked any more."""
    for path in ("release", "forget", "mode?mode="):
        httpx.post(f"{fake}/fake/{path}", timeout=30)


@dataclass(slots=True)
class Visit:
    """One page of one visitor. strangers: requests to any other origin. faults: what the page's scripts raised."""

    page: Page
    origin: str
    strangers: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def saw(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != urlsplit(self.origin).netloc:
            self.strangers.append(url)

    async def open(self, path: str) -> None:
        """The page, with its socket connected: what is pressed from now on is heard."""
        await self.page.goto(self.origin + path)
        await self.page.wait_for_function("window.did_handshake")

    async def show(self, picture: str) -> None:
        await self.page.set_input_files(".rung-picker input", picture)
        await self.page.wait_for_function("document.querySelector('.rung-stage img')?.complete")

    async def click(self, x: float, y: float, **how: Any) -> None:
        """A click at a place of the picture, as shares of its shown size."""
        box = await self.page.locator(".rung-stage").bounding_box()
        assert box is not None
        await self.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"], **how)

    async def mask(self, points: int = 1) -> str:
        """The address of the mask on the screen, once that of so many points is there."""
        await self.page.wait_for_function(
            """count => document.querySelectorAll('.rung-point').length === count
                && !document.querySelector('.rung-wait')
                && document.querySelector('.rung-stage canvas').dataset.mask""",
            arg=points,
        )
        return str(await self.page.locator(".rung-stage canvas").get_attribute("data-mask"))

    async def after(self) -> str:
        """The address of the result, once it is drawn."""
        await self.page.wait_for_function(
            "(i => i && i.complete && i.naturalWidth)(document.querySelector('.rung-after'))"
        )
        return str(await self.page.locator(".rung-after").get_attribute("src"))

    async def fetch(self, path: str) -> bytes:
        response = await self.page.request.get(self.origin + path)
        assert response.ok, f"{path}: {response.status}"
        return await response.body()


@asynccontextmanager
async def visit(origin: str, *, patience_s: float = 60, **context: Any) -> AsyncIterator[Visit]:
    """A new visitor. At the end: nothing went to another origin, no script failed, no own file was missing."""
    async with async_playwright() as driver:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = await driver.chromium.launch(executable_path=found, args=[*FLAGS])
        page = await browser.new_page(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **context})
        page.set_default_timeout(patience_s * 1000)
        expect.set_options(timeout=patience_s * 1000)
        seen = Visit(page, origin)

        def answered(response: Response) -> None:
            if response.status == 404:
                seen.faults.append(f"404 {response.url}")

        page.on("request", lambda request: seen.saw(request.url))
        page.on("websocket", lambda socket: seen.saw(socket.url))
        page.on("response", answered)

        def said(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text:
                seen.faults.append(message.text)

        page.on("console", said)
        page.on("pageerror", lambda error: seen.faults.append(str(error)))
        yield seen
        await browser.close()
    assert seen.strangers == []
    assert seen.faults == []
