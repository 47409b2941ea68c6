"""The way into the console: what the form does, and what nobody can make it do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rung.console.login import LOGIN, PUBLIC, Login
from rung.runtime.errors import RungError
from rung.runtime.keys import KEYS, KeyRing
from rung.runtime.server.auth import caller_of, door_of
from rung.runtime.server.errors import HttpProblem, on_http_problem, on_rung_error
from rung.runtime.server.guard import Guard
from rung.runtime.server.sessions import COOKIE
from rung.runtime.settings import ServerSettings
from rung.runtime.store import open_database

OURS = {"Origin": "http://192.168.1.4:8000"}
WRONG = "rung_abcdefghij_" + "x" * 43


@asynccontextmanager
async def console(folder: Path, **server: Any) -> AsyncIterator[tuple[httpx.AsyncClient, KeyRing]]:
    """The login beside one page that names its visitor."""

    async def page(request: Request) -> Response:
        return PlainTextResponse(caller_of(request).name)

    database = open_database(str(folder / "rung.db"), [KEYS])
    ring = KeyRing(database)
    settings = ServerSettings(**{"host": "192.168.1.4", **server})
    door = door_of(settings, ring)
    app = Starlette(
        routes=[*Login(door, ["/", "/editor"]).routes(), Route("/editor", page), Route("/", page)],
        exception_handlers={RungError: on_rung_error, HttpProblem: on_http_problem},
    )
    transport = httpx.ASGITransport(Guard(app, door, public=PUBLIC, login=LOGIN))
    url = f"http://{settings.host}:8000"
    async with httpx.AsyncClient(transport=transport, base_url=url, headers={"Accept": "text/html"}) as http:
        yield http, ring
    await database.close()


async def test_a_right_key_opens_the_page_that_was_asked_for_until_the_visitor_leaves(tmp_path: Path) -> None:
    async with console(tmp_path) as (http, ring):
        _, secret = await ring.create("lab")
        sent = await http.get("/editor")
        form = await http.get(sent.headers["location"])
        entered = await http.post("/login", data={"key": f" {secret}\n", "to": "/editor"}, headers=OURS)
        page = await http.get(entered.headers["location"])
        again = await http.get("/login")
        left = await http.post("/logout", headers=OURS)
        after = await http.get("/editor")

    assert (sent.status_code, form.status_code) == (303, 200)
    assert 'name="to" type="hidden" value="/editor"' in form.text
    assert (entered.status_code, entered.headers["location"], page.text) == (303, "/editor", "lab")
    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert (left.headers["location"], after.status_code) == ("/login", 303)


async def test_leaving_ends_the_session_and_not_only_the_cookie(tmp_path: Path) -> None:
    async with console(tmp_path) as (http, ring):
        _, secret = await ring.create("lab")
        await http.post("/login", data={"key": secret}, headers=OURS)
        kept = http.cookies[COOKIE]
        await http.post("/logout", headers=OURS)
        stolen = await http.get("/editor", headers={"Cookie": f"{COOKIE}={kept}"})

    assert stolen.status_code == 303


async def test_the_cookie_is_a_random_name_that_scripts_and_other_sites_do_not_get(tmp_path: Path) -> None:
    async with console(tmp_path, hosts=("rung.example.org",)) as (http, ring):
        _, secret = await ring.create("lab")
        plain = await http.post("/login", data={"key": secret}, headers=OURS)
        tls = await http.post("/login", data={"key": secret}, headers={"Origin": "https://rung.example.org"})

    cookie = plain.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie and "Secure" in tls.headers["set-cookie"]
    assert secret not in cookie and secret.split("_", 2)[2] not in cookie


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/editor/../..//evil.example", "/nothing", ""]
)
async def test_the_login_sends_nobody_elsewhere(tmp_path: Path, to: str) -> None:
    async with console(tmp_path) as (http, ring):
        _, secret = await ring.create("lab")
        form = await http.get("/login", params={"to": to})
        entered = await http.post("/login", data={"key": secret, "to": to}, headers=OURS)
        again = await http.get("/login", params={"to": to})

    assert 'name="to" type="hidden" value="/"' in form.text
    assert entered.headers["location"] == again.headers["location"] == "/"


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "http://evil.example"}])
@pytest.mark.parametrize("path", ["/login", "/logout"])
async def test_another_site_can_send_neither_form(tmp_path: Path, path: str, headers: dict[str, str]) -> None:
    async with console(tmp_path) as (http, ring):
        _, secret = await ring.create("lab")
        await http.post("/login", data={"key": secret}, headers=OURS)
        got = await http.post(path, data={"key": secret}, headers=headers)
        still = await http.get("/editor")
        http.cookies.clear()
        fresh = await http.post(path, data={"key": secret}, headers=headers)

    assert (got.status_code, "set-cookie" in got.headers, still.text) == (403, False, "lab")
    assert (fresh.status_code, "set-cookie" in fresh.headers) == (403, False), "nor log anyone in as somebody else"


async def test_a_wrong_key_is_told_in_the_visitors_language_and_many_are_held_up(tmp_path: Path) -> None:
    async with console(tmp_path) as (http, _):
        english = await http.post("/login", data={"key": WRONG}, headers=OURS)
        korean = await http.post("/login", data={"key": "<b>"}, headers=OURS | {"Accept-Language": "ko"})
        codes = [(await http.post("/login", data={"key": WRONG}, headers=OURS)).status_code for _ in range(10)]
        held = await http.post("/login", data={"key": WRONG}, headers=OURS)

    assert (english.status_code, korean.status_code) == (401, 401)
    assert "not known here" in english.text and 'role="alert"' in english.text
    assert "등록되지 않았거나" in korean.text and 'lang="ko"' in korean.text
    assert codes[-1] == 429 and "Wait a moment" in held.text
    assert WRONG not in english.text and "<b>" not in korean.text and "set-cookie" not in held.headers


async def test_a_chosen_language_is_remembered(tmp_path: Path) -> None:
    async with console(tmp_path) as (http, _):
        chosen = await http.get("/login", params={"language": "ko"})
        later = await http.get("/login")
        other = await http.get("/login", params={"language": "<script>"})

    assert "로그인" in chosen.text and "로그인" in later.text
    assert "<script>" not in other.text


async def test_a_form_that_is_none_is_refused(tmp_path: Path) -> None:
    async with console(tmp_path) as (http, _):
        large = await http.post("/login", content=b"key=" + b"x" * 5000, headers=OURS)
        fields = await http.post("/login", content="&".join(f"a{n}=1" for n in range(20)), headers=OURS)
        strange = await http.post("/login", content=b"\xff\xfe", headers=OURS)
        empty = await http.post("/login", content=b"", headers=OURS)

    assert (large.status_code, fields.status_code, strange.status_code, empty.status_code) == (413, 422, 422, 401)


async def test_on_loopback_there_is_nothing_to_log_in_to(tmp_path: Path) -> None:
    async with console(tmp_path, host="127.0.0.1") as (http, _):
        got = await http.get("/login")

    assert (got.status_code, got.headers["location"]) == (303, "/")


async def test_the_login_page_runs_no_script_and_is_framed_by_nobody(tmp_path: Path) -> None:
    async with console(tmp_path) as (http, _):
        got = await http.get("/login")

    assert "<script" not in got.text and "style=" not in got.text
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in got.headers["content-security-policy"]
    assert got.headers["referrer-policy"] == "same-origin", "under no-referrer a form's Origin would be null"
    assert got.headers["cache-control"] == "no-store"
