import asyncio
import json
import ssl
import struct
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from toy_app import TOY, encoded, settings

from rung.runtime.app import App, Unread
from rung.runtime.errors import RungError
from rung.runtime.fetch import Fetcher
from rung.runtime.jobs import Artifacts
from rung.runtime.server.answers import json_response
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import on_rung_error
from rung.runtime.server.inputs import endpoint, read_fields
from rung.runtime.settings import FetchSettings
from rung.runtime.tasks import Picture

APP: App = TOY


@dataclass(frozen=True)
class Given:
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, headers=self.headers, stream=httpx.ByteStream(self.data))


class Elsewhere(httpx.MockTransport):
    """The internet: one host, whose answers the test gives; remembers what was asked, and of which address."""

    def __init__(self, answers: dict[str, Given]) -> None:
        super().__init__(self.answer)
        self.answers = answers
        self.asked: list[str] = []

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.url.host} {request.headers['host']}{request.url.raw_path.decode()}")
        return self.answers[request.url.path].response()


async def public(host: str, port: int) -> tuple[str, ...]:
    return ("93.184.215.14",)


def server(folder: Path, operation: str, elsewhere: Elsewhere | None, **fetch: object) -> httpx.AsyncClient:
    """One operation's door, as far as its input; answers with the sizes of the pictures it got."""
    made = settings(folder, **{"toy.many": {"bytes": 2000, "files": 3}})
    found = APP.operation(operation)
    assert found is not None
    at = endpoint(APP, found, made)
    given = FetchSettings(**{"inputs": True, **fetch})  # type: ignore[arg-type]
    fetcher = (
        None
        if elsewhere is None
        else Fetcher(
            given, resolve=public, connect=lambda _: elsewhere, context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
    )
    artifacts = Artifacts(folder / "artifacts")

    async def door(request: Request) -> Response:
        fields = await read_fields(request, at, artifacts, Intake(), fetcher)
        values = [one for value in fields.values.values() for one in (value if isinstance(value, list) else [value])]
        pictures = [one for one in values if isinstance(one, Picture | Unread)]
        return json_response([_seen(one) for one in pictures])

    app = Starlette(routes=[Route("/", door, methods=["POST"])], exception_handlers={RungError: on_rung_error})
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=10)


def _seen(one: Picture | Unread) -> list[object]:
    return [one.width, one.height, one.media_type] if isinstance(one, Picture) else [one.code, one.message]


def gives(data: bytes, kind: str = "image/png", status: int = 200) -> Given:
    return Given(data, {"content-type": kind}, status)


A, B = "https://pictures.test/a", "https://pictures.test/b"


async def test_a_picture_comes_by_its_url_and_is_known_by_its_content(tmp_path: Path) -> None:
    web = Elsewhere({"/a": gives(encoded(9, 8, "WEBP"), "image/jpeg")})
    async with server(tmp_path, "size", web) as http:
        got = await http.post("/", json={"image": {"url": A}})

    assert got.json() == [[9, 8, "image/webp"]]
    assert web.asked == ["93.184.215.14 pictures.test/a"]


async def test_where_it_is_switched_off_the_remedy_is_said(tmp_path: Path) -> None:
    web = Elsewhere({})
    async with server(tmp_path, "size", web, inputs=False) as off, server(tmp_path, "size", None) as none:
        for got in (await off.post("/", json={"image": {"url": A}}), await none.post("/", json={"image": {"url": A}})):
            assert (got.status_code, got.json()["code"], got.json()["field"]) == (422, "url-not-allowed", "image")
            assert "inputs = true under [fetch]" in got.json()["detail"]
    assert web.asked == []


async def test_in_a_form_a_url_is_not_heeded(tmp_path: Path) -> None:
    web = Elsewhere({"/a": gives(encoded())})
    async with server(tmp_path, "size", web) as http:
        got = await http.post("/", files={"image": (None, json.dumps({"url": A}))})

    assert (got.status_code, got.json()["code"]) == (422, "url-not-allowed")
    assert web.asked == []


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (gives(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), 415, "unsupported-media"),
        (gives(b"GIF89a" + bytes(20), "image/gif"), 415, "unsupported-media"),
        (gives(encoded()[:-20]), 422, "invalid-input"),
        (gives(b""), 422, "invalid-input"),
        (gives(b"hello", "text/plain"), 502, "fetch-failed"),
        (gives(b"secret", status=403), 502, "fetch-failed"),
        (gives(bytes(26 * 2**20)), 413, "too-large"),
        (Given(b"", {"location": "http://169.254.169.254/"}, 302), 422, "url-not-allowed"),
    ],
)  # fmt: skip
async def test_what_comes_is_held_to_what_holds_for_uploads(
    tmp_path: Path, answer: Given, status: int, code: str
) -> None:
    async with server(tmp_path, "size", Elsewhere({"/a": answer})) as http:
        got = await http.post("/", json={"image": {"url": A}})

    assert (got.status_code, got.json()["code"], got.json()["field"]) == (status, code, "image")
    assert "secret" not in got.text and "169.254" not in got.text


async def test_a_bomb_by_url_is_refused_by_its_header(tmp_path: Path) -> None:
    bomb = encoded()[:16] + struct.pack(">II", 2000, 2000) + encoded()[24:]
    async with server(tmp_path, "many", Elsewhere({"/a": gives(bomb)})) as http:
        got = await http.post("/", json={"images": [{"url": A}]})

    assert (got.status_code, got.json()["code"]) == (413, "too-large")
    assert "2000 x 2000 pixels" in got.json()["detail"]


async def test_the_urls_of_one_request_share_the_bytes_of_one_body(tmp_path: Path) -> None:
    data = encoded() + bytes(1100 - len(encoded()))
    web = Elsewhere({"/a": gives(data), "/b": gives(data)})
    async with server(tmp_path, "many", web) as http:
        one = await http.post("/", json={"images": [{"url": A}]})
        two = await http.post("/", json={"images": [{"url": A}, {"url": B}]})
        many = await http.post("/", json={"images": [{"url": A}] * 4})

    assert one.status_code == 200, one.text
    assert (two.status_code, two.json()["code"]) == (413, "too-large")
    assert (many.status_code, many.json()["code"]) == (413, "too-large")
    assert len(web.asked) == 3, "asked before they were counted"


async def test_the_urls_of_one_request_share_the_time_of_one_file(tmp_path: Path) -> None:

    class Slow(Elsewhere):
        async def answer(self, request: httpx.Request) -> httpx.Response:
            self.asked.append(str(request.url))
            await asyncio.sleep(0.6)  # the other server's slowness is what is tested
            return gives(encoded()).response()

    web = Slow({})
    async with server(tmp_path, "many", web, timeout_s=1.0) as http:
        got = await http.post("/", json={"images": [{"url": A}, {"url": B}, {"url": A}]})

    assert (got.status_code, got.json()["code"]) == (502, "fetch-failed")
    assert "within 1 s" in got.json()["detail"]
    assert len(web.asked) <= 2


@pytest.mark.parametrize("value", [{"url": 1}, {"url": A, "x": 1}, {"url": None}, {"url": [A]}])
async def test_what_only_looks_like_a_url_is_fetched_from_nowhere(tmp_path: Path, value: object) -> None:
    web = Elsewhere({"/a": gives(encoded())})
    async with server(tmp_path, "size", web) as http:
        got = await http.post("/", json={"image": value})

    assert got.json() == []
    assert web.asked == []


async def test_an_operation_that_can_do_without_a_picture_is_told_which_url_gave_none(tmp_path: Path) -> None:
    web = Elsewhere({"/a": gives(b"gone", status=404), "/b": gives(encoded(9, 8)), "/c": gives(b"<html>", "text/html")})
    async with server(tmp_path, "any", web) as http:
        got = await http.post("/", json={"images": [{"url": A}, {"url": B}, {"url": "https://pictures.test/c"}]})

    first, second, third = got.json()
    assert first == ["fetch-failed", "images: pictures.test: answered 404"]
    assert second == [9, 8, "image/png"] and third[0] == "fetch-failed"


@pytest.mark.parametrize("image", [{"url": "http://127.0.0.1/"}, {"data": "data:image/png;base64,aGVsbG8="}])
async def test_a_url_that_may_not_be_asked_and_a_broken_upload_are_refused_there_too(
    tmp_path: Path, image: dict[str, str]
) -> None:
    async with server(tmp_path, "any", Elsewhere({})) as http:
        got = await http.post("/", json={"images": [image]})

    assert got.status_code in (415, 422), got.text
