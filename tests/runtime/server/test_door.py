"""Who is let in: keys, scopes, sessions, names, origins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rung.runtime.errors import ConfigError
from rung.runtime.keys import KEYS, Allowance, KeyRing, Scope
from rung.runtime.server.auth import (
    Door,
    Failures,
    caller_of,
    check_bind,
    door_of,
    first_headers,
    keys_required,
    scope_needed,
)
from rung.runtime.server.guard import Guard
from rung.runtime.server.names import Names, is_loopback, names_of, peer_of
from rung.runtime.server.sessions import COOKIE, LASTS_S, Sessions
from rung.runtime.settings import ServerSettings
from rung.runtime.store import open_database

LAN = ServerSettings(host="192.168.1.4")
HERE = ServerSettings()


async def told(request: Request) -> Response:
    caller = caller_of(request)
    return JSONResponse({"key": caller.key, "name": caller.name, "scopes": sorted(caller.scopes)})


@dataclass
class House:
    """A guarded application that tells whom it was called by."""

    http: httpx.AsyncClient
    ring: KeyRing
    door: Door

    async def key(self, *scopes: Scope) -> dict[str, str]:
        _, secret = await self.ring.create("lab", scopes=scopes or ("infer",), allowance=Allowance())
        return {"Authorization": f"Bearer {secret}"}


@asynccontextmanager
async def house(folder: Path, settings: ServerSettings, **guard: Any) -> AsyncIterator[House]:
    database = open_database(str(folder / "rung.db"), [KEYS])
    ring = KeyRing(database)
    door = door_of(settings, ring)
    app = Starlette(
        routes=[Route("/{path:path}", told, methods=["GET", "POST"])],
    )
    transport = httpx.ASGITransport(Guard(app, door, **guard), client=("192.168.1.9", 5000))
    host = settings.host if settings.host != "0.0.0.0" else "127.0.0.1"
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}:8000") as http:
        yield House(http, ring, door)
    await database.close()


# --- who is asked for a key ---------------------------------------------------------------------------------


async def test_on_loopback_without_keys_everyone_is_the_owner(tmp_path: Path) -> None:
    async with house(tmp_path, HERE) as at:
        got = (await at.http.get("/v1/jobs")).json()
        with_some_key = await at.http.get("/metrics", headers={"Authorization": "Bearer none"})

    assert got == {"key": "", "name": "local", "scopes": ["admin", "infer"]}
    assert with_some_key.status_code == 200


async def test_on_loopback_with_keys_a_given_key_counts_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, HERE) as at:
        key = await at.key("infer")
        without = await at.http.get("/metrics")
        given = await at.http.get("/v1/jobs", headers=key)
        beyond = await at.http.get("/metrics", headers=key)
        wrong = await at.http.get("/v1/jobs", headers={"Authorization": "Bearer none"})

    assert (without.status_code, without.json()["name"]) == (200, "local")
    assert (given.json()["name"], given.json()["scopes"]) == ("lab", ["infer"])
    assert (beyond.status_code, beyond.json()["code"]) == (403, "forbidden")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host"])
async def test_what_comes_through_a_proxy_on_this_machine_is_not_its_owner(tmp_path: Path, header: str) -> None:
    async with house(tmp_path, HERE) as at:
        without = await at.http.get("/v1/jobs", headers={header: "127.0.0.1"})
        keyed = await at.http.get("/v1/jobs", headers={header: "127.0.0.1", **await at.key()})

    assert (without.status_code, keyed.status_code) == (401, 200)
    assert "proxy" in without.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/v1/jobs", "/v1/editor/remove", "/metrics", "/openapi.json", "/v1/files/x", "/x", "/"]
)
async def test_beyond_loopback_nothing_is_told_without_a_key(tmp_path: Path, path: str) -> None:
    async with house(tmp_path, LAN) as at:
        for method in ("GET", "POST", "HEAD", "OPTIONS"):
            got = await at.http.request(method, path)
            assert got.status_code == 401
            assert got.headers["www-authenticate"].startswith("Bearer")
            assert "192.168" not in got.text
        assert (await at.http.get(path, headers=await at.key("admin"))).status_code == 200


async def test_health_is_told_to_anyone_who_then_has_no_scope(tmp_path: Path) -> None:
    async with house(tmp_path, LAN) as at:
        plain = (await at.http.get("/readyz")).json()
        wrong = await at.http.get("/healthz", headers={"Authorization": "Bearer x"})
        admin = (await at.http.get("/readyz", headers=await at.key("admin"))).json()

    assert plain["scopes"] == []
    assert wrong.status_code == 200
    assert admin["scopes"] == ["admin", "infer"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/metrics", "admin"),
        ("POST", "/v1/models/sam2-tiny/load", "admin"),
        ("DELETE", "/v1/models/sam2-tiny", "admin"),
        ("GET", "/v1/models", "infer"),
        ("POST", "/v1/editor/remove", "infer"),
        ("GET", "/v1/jobs", "infer"),
        ("GET", "/healthz", None),
        ("GET", "/readyz", None),
    ],
)
def test_what_each_endpoint_needs(method: str, path: str, scope: str | None) -> None:
    assert scope_needed(method, path) == scope


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic {secret}", "{secret}", "Bearer {secret} x", "Bearer {secret}A", "Bearer rung_x"],
)
async def test_a_key_is_a_bearer_or_nothing(tmp_path: Path, header: str) -> None:
    async with house(tmp_path, LAN) as at:
        secret = (await at.key())["Authorization"].removeprefix("Bearer ")
        got = await at.http.get("/v1/jobs", headers={"Authorization": header.format(secret=secret)})
        asked = await at.http.get("/v1/jobs", params={"key": secret, "api_key": secret, "access_token": secret})
        lower = await at.http.get("/v1/jobs", headers={"authorization": f"bearer {secret}"})

    assert (got.status_code, asked.status_code, lower.status_code) == (401, 401, 200)
    assert secret not in got.text + asked.text


async def test_insecure_lets_everyone_in_and_still_knows_its_names(tmp_path: Path) -> None:
    async with house(tmp_path, ServerSettings(host="192.168.1.4", insecure=True)) as at:
        assert (await at.http.get("/metrics")).status_code == 200
        assert (await at.http.get("/metrics", headers={"Host": "evil.example"})).status_code == 421


def test_a_server_that_others_reach_needs_keys() -> None:
    assert not keys_required(HERE)
    assert keys_required(LAN)
    assert keys_required(ServerSettings(hosts=("rung.example.org",))), "a proxy on this machine brings others here"
    assert not keys_required(ServerSettings(host="0.0.0.0", insecure=True))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "127.0.0.1.example.org"])
def test_without_keys_a_server_that_others_reach_does_not_start(host: str) -> None:
    with pytest.raises(ConfigError, match=r"no keys.*rung keys create"):
        check_bind(host)
    check_bind(host, keys=1)
    check_bind(host, insecure=True)


def test_a_name_for_others_is_refused_without_keys_too() -> None:
    with pytest.raises(ConfigError, match=r"rung\.example\.org"):
        check_bind("127.0.0.1", hosts=("rung.example.org",))
    check_bind("127.0.0.1", keys=1, hosts=("rung.example.org",))


# --- wrong keys --------------------------------------------------------------------------------------------


async def test_an_address_that_shows_many_wrong_keys_is_told_to_wait_and_a_right_key_still_opens(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, LAN) as at:
        right = await at.key()
        wrong = {"Authorization": "Bearer rung_abcdefghij_" + "x" * 43}
        codes = [(await at.http.get("/v1/jobs", headers=wrong)).status_code for _ in range(12)]
        last = await at.http.get("/v1/jobs", headers=wrong)

        assert codes == [401] * 10 + [429] * 2
        assert int(last.headers["retry-after"]) >= 1
        assert (await at.http.get("/v1/jobs", headers=right)).status_code == 200


def test_the_table_of_wrong_keys_is_bounded_and_takes_a_household_for_one() -> None:
    now = [0.0]
    failures = Failures(clock=lambda: now[0])
    for number in range(10_000):
        failures.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")

    assert len(failures._seen) == 4096
    assert peer_of("2001:db8::1") == peer_of("2001:db8::ffff:1:2:3") != peer_of("2001:db8:0:1::1")
    assert peer_of("::ffff:10.0.0.1") == peer_of("10.0.0.1") == "10.0.0.1"


# --- names and origins -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "host", "mine"),
    [
        ("127.0.0.1", "localhost:8000", True),
        ("127.0.0.1", "[::1]:8000", True),
        ("127.0.0.1", "rung.example.org", True),
        ("127.0.0.1", "RUNG.example.org.:443", True),
        ("127.0.0.1", "192.168.1.4", False),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "rung.example.org.evil.example", False),
        ("192.168.1.4", "192.168.1.4:8000", True),
        ("192.168.1.4", "192.168.1.5:8000", False),
        ("0.0.0.0", "192.168.1.5:8000", True),
        ("0.0.0.0", "evil.example", False),
        ("::", "[fd00::7]:8000", True),
        ("::", "", False),
    ],
)
def test_a_server_knows_its_names(bound: str, host: str, mine: bool) -> None:
    assert names_of(bound, ["Rung.Example.Org"]).mine(host) is mine


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://192.168.1.4:8000", 200),
        ("https://rung.example.org", 200),
        ("http://192.168.1.4:3000", 403),
        ("http://localhost:8000", 403),
        ("http://evil.example", 403),
        ("http://192.168.1.4:8000.evil.example", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
    ],
)
async def test_only_our_own_pages_may_change_things(tmp_path: Path, origin: str, status: int) -> None:
    settings = ServerSettings(host="192.168.1.4", hosts=("rung.example.org",))
    async with house(tmp_path, settings) as at:
        headers = {"Origin": origin, **await at.key()}
        got = await at.http.post("/v1/toy/sum", headers=headers)
        read = await at.http.get("/v1/jobs", headers=headers)
        asked = await at.http.options("/v1/toy/sum", headers=headers | {"Access-Control-Request-Method": "POST"})

    assert (got.status_code, read.status_code) == (status, 200)
    assert asked.status_code in (403, 405)
    for one in (got, read, asked):
        assert not [name for name in one.headers if name.startswith("access-control")]


def test_addresses_are_compared_as_addresses() -> None:
    assert is_loopback("127.8.8.8") and is_loopback("[::1]") and is_loopback("a.localhost")
    assert not is_loopback("127.0.0.1.example.org")
    assert not Names().same_site("http://[", "localhost")


# --- sessions ----------------------------------------------------------------------------------------------


async def test_a_session_stands_for_its_key_and_changes_things_only_from_our_pages(tmp_path: Path) -> None:
    async with house(tmp_path, LAN) as at:
        secret = (await at.key())["Authorization"].removeprefix("Bearer ")
        cookie = {"Cookie": f"a=b; {COOKIE}={at.door.sessions.begin(secret)}"}
        own = {"Origin": "http://192.168.1.4:8000"}
        read = await at.http.get("/v1/jobs", headers=cookie)
        bare = await at.http.post("/v1/toy/sum", headers=cookie)
        from_page = await at.http.post("/v1/toy/sum", headers=cookie | own)
        unknown = await at.http.get("/v1/jobs", headers={"Cookie": f"{COOKIE}={secret}"})

    assert (read.status_code, read.json()["name"]) == (200, "lab")
    assert (bare.status_code, from_page.status_code, unknown.status_code) == (403, 200, 401)


async def test_a_session_ends_with_its_key(tmp_path: Path) -> None:
    async with house(tmp_path, LAN) as at:
        key, secret = await at.ring.create("lab")
        cookie = {"Cookie": f"{COOKIE}={at.door.sessions.begin(secret)}"}
        before = await at.http.get("/v1/jobs", headers=cookie)
        await at.ring.revoke(key.id)
        after = await at.http.get("/v1/jobs", headers=cookie)

    assert (before.status_code, after.status_code) == (200, 401)


def test_sessions_end_after_half_a_day_or_at_a_word_and_are_bounded() -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    name, other = sessions.begin("a"), sessions.begin("b")
    sessions.end(other)
    now[0] = LASTS_S - 1
    assert (sessions.secret(name), sessions.secret(other)) == ("a", "")
    now[0] = LASTS_S
    assert sessions.secret(name) == ""

    first = sessions.begin("c")
    for _ in range(1024):
        sessions.begin("d")
    assert sessions.secret(first) == ""
    assert len(sessions._open) == 1024


async def test_a_visitor_without_a_session_is_sent_to_the_login_and_a_program_is_refused(tmp_path: Path) -> None:
    public = frozenset({"/login"})
    async with house(tmp_path, LAN, public=public, login="/login") as at:
        page = await at.http.get("/editor", headers={"Accept": "text/html,*/*"})
        program = await at.http.get("/editor", headers={"Accept": "*/*"})
        posted = await at.http.post("/editor", headers={"Accept": "text/html"})
        login = await at.http.get("/login", headers={"Accept": "text/html"})

    assert (page.status_code, page.headers["location"]) == (303, "/login?to=%2Feditor")
    assert (program.status_code, posted.status_code, login.status_code) == (401, 401, 200)


HOST = (b"host", b"192.168.1.4:8000")
KEY = (b"authorization", b"Bearer KEY")
SESSION = (b"cookie", b"rung_session=SESSION")
OURS, THEIRS = (b"origin", b"http://192.168.1.4:8000"), (b"origin", b"http://evil.example")


@pytest.mark.parametrize(
    ("headers", "opened"),
    [
        ([HOST], False),
        ([HOST, KEY], True),
        ([HOST, SESSION, OURS], True),
        ([HOST, SESSION, THEIRS], False),
        ([HOST, SESSION], False),
        ([(b"host", b"evil.example"), KEY], False),
    ],
)
async def test_a_web_socket_is_guarded_like_a_request(
    tmp_path: Path, headers: list[tuple[bytes, bytes]], opened: bool
) -> None:
    reached, sent = [], []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["state"]["caller"].name)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async with house(tmp_path, LAN) as at:
        secret = (await at.key())["Authorization"].removeprefix("Bearer ").encode()
        session = at.door.sessions.begin(secret.decode()).encode()
        filled = [(name, value.replace(b"KEY", secret).replace(b"SESSION", session)) for name, value in headers]
        scope = {"type": "websocket", "path": "/_nicegui_ws/socket.io/", "headers": filled, "query_string": b""}
        await Guard(app, at.door)(scope, None, send)  # type: ignore[arg-type]

    assert (reached, sent) == ((["lab"], []) if opened else ([], ["websocket.close"]))


def test_of_headers_that_came_twice_the_first_counts_and_they_are_read_once() -> None:
    scope = {"headers": [(b"host", b"localhost"), (b"host", b"evil.example"), (b"x", b"\xe9")]}

    assert first_headers(scope) == {"host": "localhost", "x": "é"}
    assert first_headers(scope) is first_headers(scope)
