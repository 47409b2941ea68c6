"""Logging in and out in a real browser, before a server that asks for keys."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from browser_tools import visit
from PIL import Image
from playwright.async_api import expect

pytestmark = pytest.mark.browser
LOCKED = Path(__file__).with_name("locked_console.py")


@dataclass
class Locked:
    """The server, and the key that opens it."""

    origin: str
    secret: str
    process: subprocess.Popen[str]

    def revoke(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("revoke\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Locked]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, LOCKED, tmp_path], stdout=pipe, stdin=pipe, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Locked(f"http://127.0.0.1:{told['port']}", told["secret"], process)
        process.terminate()


async def test_a_visitor_logs_in_works_with_their_own_key_and_logs_out(locked: Locked, tmp_path: Path) -> None:
    scene = tmp_path / "scene.png"
    Image.new("RGB", (600, 400), (200, 180, 40)).save(scene)
    async with visit(locked.origin) as seen:
        page = seen.page
        await page.goto(f"{locked.origin}/editor")
        await expect(page).to_have_url(f"{locked.origin}/login?to=%2Feditor")
        await page.fill("#key", locked.secret[:-1])
        await page.press("#key", "Enter")
        await expect(page.get_by_role("alert")).to_contain_text("not known here")
        await page.fill("#key", locked.secret)
        await page.press("#key", "Enter")
        await expect(page).to_have_url(f"{locked.origin}/editor")
        await page.wait_for_function("window.did_handshake")
        await seen.show(str(scene))
        await seen.click(0.5, 0.5)
        mask = await seen.mask(1)
        assert (await seen.fetch(mask))[:4] == b"\x89PNG"
        assert "rung_session" not in await page.evaluate("document.cookie")
        await page.click(".rung-leave button")
        await expect(page).to_have_url(f"{locked.origin}/login")
        await page.goto(locked.origin)
        await expect(page).to_have_url(f"{locked.origin}/login?to=%2F")


async def test_a_revoked_key_ends_the_session_of_a_page_that_stays_open(locked: Locked) -> None:
    async with visit(locked.origin) as seen:
        page = seen.page
        await page.goto(f"{locked.origin}/login")
        await page.fill("#key", locked.secret)
        await page.press("#key", "Enter")
        await page.wait_for_function("window.did_handshake")
        await expect(page.get_by_text("sam2-tiny").first).to_be_visible()
        locked.revoke()
        await expect(page.get_by_role("alert")).to_contain_text("key")
        await page.reload()
        await expect(page).to_have_url(f"{locked.origin}/login?to=%2F")


def test_without_a_session_there_is_the_login_and_its_looks_and_nothing_else(locked: Locked) -> None:
    with httpx.Client(base_url=locked.origin) as http:
        told = {
            path: http.get(path).status_code
            for path in ("/", "/editor", "/v1/tasks", "/_nicegui_ws/socket.io/?EIO=4&transport=polling",
                         "/console/rung.css", "/console/../rung.db", "/console/board.js", "/favicon.ico", "/login")
        }  # fmt: skip

    assert told == {
        "/": 401,
        "/editor": 401,
        "/v1/tasks": 401,
        "/_nicegui_ws/socket.io/?EIO=4&transport=polling": 401,
        "/console/rung.css": 200,
        "/console/../rung.db": 401,
        "/console/board.js": 401,
        "/favicon.ico": 200,
        "/login": 200,
    }
