"""Bytes that no client library sends, over a socket to the real listener: paths, headers, framing.

Each is answered with a 4xx problem, nothing smuggled in its tail is carried out, and the next caller is served.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest
import uvicorn
from toy_app import Toy, encoded, toy_server

from rung.runtime.server import listener
from rung.runtime.server.protocol import patient
from rung.runtime.server.requestid import RequestIds
from rung.runtime.server.watch import watch_of
from rung.runtime.settings import ServerSettings

PARSERS = ("h11", "httptools")
HOST = b"Host: localhost\r\n"
JSON = HOST + b"Content-Type: application/json\r\n"
SUM = b"POST /v1/toy/sum HTTP/1.1\r\n" + JSON
GOOD = b'{"points": []}'
CHUNKS = b"Transfer-Encoding: chunked"
CHUNKED = CHUNKS + b"\r\n"
SMUGGLED = b"POST /v1/toy/sum HTTP/1.1\r\n" + JSON + b"Content-Length: 14\r\n\r\n" + GOOD


@asynccontextmanager
async def listening(folder: Path, parser: str) -> AsyncIterator[tuple[int, Toy]]:
    """The toy server behind the real listener, on that parser; its patience is short."""
    settings = replace(ServerSettings(), port=0, header_s=0.6, idle_s=0.6)
    async with toy_server(folder) as toy:
        server: uvicorn.Server = listener(RequestIds(toy.app), settings, lifespan=False)
        server.config.http = patient(watch_of(settings), parser)  # type: ignore[assignment]
        server.config.load()
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.002)
        try:
            yield server.servers[0].sockets[0].getsockname()[1], toy
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, 10)


@dataclass(frozen=True)
class Reply:
    status: int
    head: bytes
    body: bytes

    @property
    def code(self) -> str:
        assert b"application/problem+json" in self.head, self
        return str(json.loads(self.body)["code"])


def replies(got: bytes) -> list[Reply]:
    """Every response in what came back on one connection."""
    found = []
    while got:
        head, _, rest = got.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        size = int(lengths[0]) if lengths else len(rest)
        found.append(Reply(int(head.split()[1]), head, rest[:size]))
        got = rest[size:]
    return found


async def say(port: int, sent: bytes) -> list[Reply]:
    """The answers, until the server closes the connection or has been silent for a while after the first one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        writer.write(sent)
        async with asyncio.timeout(8):
            try:
                await writer.drain()
                while piece := await asyncio.wait_for(reader.read(65536), 0.08 if got else 8):
                    got += piece
            except ConnectionError:
                pass
            except TimeoutError:
                if not got:
                    raise
        return replies(got)
    finally:
        writer.close()


async def serves(port: int) -> bool:
    """Whether the next caller is answered as if nothing had been."""
    sent = b"POST /v1/toy/sum HTTP/1.1\r\n" + JSON + b"Content-Length: 14\r\nConnection: close\r\n\r\n" + GOOD
    (reply,) = await say(port, sent)
    return reply.status == 200


def asked(line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    return (
        line
        + b" HTTP/1.1\r\n"
        + HOST
        + b"".join(one + b"\r\n" for one in headers)
        + b"Connection: close\r\n\r\n"
        + body
    )


# --- paths ------------------------------------------------------------------------------------------------

NAMES = {
    "dots": b"..",
    "coded dots": b"%2e%2e",
    "traversal": b"../../../etc/passwd",
    "coded traversal": b"..%2f..%2f..%2fetc%2fpasswd",
    "twice coded": b"%252e%252e%252fetc%252fpasswd",
    "overlong utf-8": b"%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
    "backslashes": b"..%5c..%5cwindows%5cwin.ini",
    "a zero byte": b"a%00b",
    "only zero bytes": b"%00%00",
    "no utf-8": b"%ff%fe",
    "half a code": b"%",
    "no code": b"%zz%u002e",
    "a line feed": b"a%0d%0aX-Injected:%20yes",
    "4000 characters": b"a" * 4000,
    "a template": b"{job}",
    "a drive": b"file:%2f%2f%2fetc%2fpasswd",
    "sql": b"'%20OR%20'1'='1",
    "a number": b"-1",
    "half a surrogate": b"%ed%a0%80",
}
PLACES = [
    b"GET /v1/jobs/@",
    b"GET /v1/jobs/@/events",
    b"POST /v1/jobs/@/cancel",
    b"POST /v1/jobs/@/retry",
    b"DELETE /v1/jobs/@",
    b"GET /v1/files/@",
    b"POST /v1/models/@/load",
    b"POST /v1/models/echo-1/@",
    b"POST /v1/toy/@",
    b"GET /@",
]


async def test_a_hostile_name_in_any_place_of_a_path_is_not_found(tmp_path: Path) -> None:
    wrong = {}
    async with listening(tmp_path, "httptools") as (port, toy):
        for place, (what, name) in product(PLACES, NAMES.items()):
            (reply,) = await say(port, asked(place.replace(b"@", name), b"Content-Length: 0"))
            leaks = b"root:" in reply.body or b"x-injected" in reply.head.lower()
            if leaks or (reply.status, reply.code) not in ((404, "not-found"), (405, "method-not-allowed")):
                wrong[what, place] = reply
        assert toy.admin.did == []
        assert await serves(port)

    assert wrong == {}


# --- headers and queries ----------------------------------------------------------------------------------


JSON_TYPE, LENGTH = b"Content-Type: application/json", b"Content-Length: 14"
POST_SUM = b"POST /v1/toy/sum"


def hosted(host: bytes) -> bytes:
    return b"GET /v1/jobs HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"


REFUSED = {
    "limit nan": (asked(b"GET /v1/jobs?limit=NaN"), 422, "invalid-input"),
    "limit zero": (asked(b"GET /v1/jobs?limit=0"), 422, "invalid-input"),
    "limit below": (asked(b"GET /v1/jobs?limit=-1"), 422, "invalid-input"),
    "limit above": (asked(b"GET /v1/jobs?limit=1001"), 422, "invalid-input"),
    "limit as a float": (asked(b"GET /v1/jobs?limit=1e2"), 422, "invalid-input"),
    "limit in other digits": (asked(b"GET /v1/jobs?limit=%D9%A1"), 422, "invalid-input"),
    "limit of 4000 digits": (asked(b"GET /v1/jobs?limit=" + b"9" * 4000), 422, "invalid-input"),
    "status unknown": (asked(b"GET /v1/jobs?status=done"), 422, "invalid-input"),
    "status empty": (asked(b"GET /v1/jobs?status="), 422, "invalid-input"),
    "status of zero bytes": (asked(b"GET /v1/jobs?status=%00"), 422, "invalid-input"),
    "another method by a header": (
        asked(b"GET /v1/toy/sum", b"X-HTTP-Method-Override: POST"), 405, "method-not-allowed"
    ),
    "another path by a header": (asked(b"GET /v1/no", b"X-Original-URL: /healthz"), 404, "not-found"),
    "TRACE": (asked(b"TRACE /v1/jobs"), 405, "method-not-allowed"),
    "PUT": (asked(b"PUT /v1/jobs"), 405, "method-not-allowed"),
    "a web page's preflight": (asked(b"OPTIONS /v1/jobs", b"Origin: http://evil.example"), 403, "forbidden"),
    "a host with a path": (hosted(b"evil/localhost"), 421, "wrong-host"),
    "a host with a user": (hosted(b"localhost@evil"), 421, "wrong-host"),
    "a host of zero length": (hosted(b""), 421, "wrong-host"),
    "a file of one letter": (asked(b"GET /v1/files/0"), 404, "not-found"),
    "utf-16 in a type": (asked(POST_SUM, JSON_TYPE + b"; charset=utf-16", LENGTH, body=GOOD), 400, "malformed"),
    "a type given twice": (
        asked(POST_SUM, b"Content-Type: text/plain", JSON_TYPE, LENGTH, body=GOOD), 415, "unsupported-media"
    ),
    "a key given twice": (
        asked(POST_SUM, JSON_TYPE, b"Idempotency-Key: a", b"Idempotency-Key: b", LENGTH, body=GOOD), 400, "malformed"
    ),
    "gzip in chunks": (
        asked(POST_SUM, JSON_TYPE, b"Content-Encoding: gzip", CHUNKS, body=b"2\r\n\x1f\x8b\r\n0\r\n\r\n"),
        415,
        "unsupported-media",
    ),
    "too large by its own word": (asked(POST_SUM, JSON_TYPE, b"Content-Length: 99999999999"), 413, "too-large"),
}  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_header_or_a_query_that_cannot_be_is_refused(tmp_path: Path, parser: str) -> None:
    wrong = {}
    async with listening(tmp_path, parser) as (port, toy):
        for what, (sent, status, code) in REFUSED.items():
            (reply,) = await say(port, sent)
            if (reply.status, reply.code) != (status, code):
                wrong[what] = reply
        assert await toy.runner.jobs.list() == ()
        assert await serves(port)

    assert wrong == {}


async def test_a_last_event_id_that_is_none_is_refused(tmp_path: Path) -> None:
    got = []
    async with listening(tmp_path, "h11") as (port, toy):
        await say(port, SMUGGLED)
        job = (await toy.runner.jobs.list())[0].id.encode()
        for last in (b"x", b"-1", b"1.0", b"NaN", b"9" * 13, b"1 2", b"\xb2"):
            got += await say(port, asked(b"GET /v1/jobs/" + job + b"/events", b"Last-Event-ID: " + last))

    assert [(reply.status, reply.code) for reply in got] == [(422, "invalid-input")] * 7


RANGES = [b"bytes=0-0", b"bytes=-1", b"bytes=5-1", b"bytes=0-,0-,0-", b"lines=1-2", b"bytes=" + b"0-1," * 5000, b"NaN"]


async def test_a_range_is_answered_with_the_whole_file_or_with_what_was_asked(tmp_path: Path) -> None:
    """RFC 9110, 14.2: a server may ignore Range. It must not answer something else, nor the same bytes many times."""
    async with listening(tmp_path, "httptools") as (port, _):
        sent = asked(b"POST /v1/files", b"Content-Length: %d" % len(encoded()), body=encoded())
        (kept,) = await say(port, sent)
        file = json.loads(kept.body)["file"].encode()
        for asked_for in RANGES:
            (reply,) = await say(port, asked(b"GET /v1/files/" + file, b"Range: " + asked_for))
            assert reply.status in (200, 206, 416), asked_for
            assert reply.status != 200 or reply.body == encoded()
            assert len(reply.body) <= len(encoded()) + 1000


# --- framing ----------------------------------------------------------------------------------------------

FRAMES = {
    "HTTP/0.9": b"GET /v1/jobs\r\n\r\n",
    "no version": b"GET /v1/jobs \r\n" + HOST + b"\r\n",
    "HTTP/3.7": b"GET /v1/jobs HTTP/3.7\r\n" + HOST + b"\r\n",
    "HTTP/2 by preface": b"PRI * HTTP/2.0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "zero bytes": bytes(1000),
    "a space in the target": b"GET /v1/jobs /x HTTP/1.1\r\n" + HOST + b"\r\n",
    "a line feed alone": b"GET /v1/jobs HTTP/1.1\nHost: localhost\n\n",
    "no host": b"GET /v1/jobs HTTP/1.1\r\n\r\n",
    "a zero byte in a header": b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
    "a space before the colon": b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b"X : b\r\n\r\n",
    "a header without a name": b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b": b\r\n\r\n",
    "a header of 100 KB": b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "10000 headers": b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 10_000 + b"\r\n",
    "a line of 1 MB": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "two lengths": SUM + b"Content-Length: 14\r\nContent-Length: 20\r\n\r\n" + GOOD + SMUGGLED,
    "two lengths in one": SUM + b"Content-Length: 14, 20\r\n\r\n" + GOOD + SMUGGLED,
    "a length below zero": SUM + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length with a sign": SUM + b"Content-Length: +14\r\n\r\n" + GOOD + SMUGGLED,
    "a length in hex": SUM + b"Content-Length: 0xe\r\n\r\n" + GOOD + SMUGGLED,
    "a length of 30 digits": SUM + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + GOOD,
    "no length at all": SUM + b"Content-Length:\r\n\r\n" + SMUGGLED,
    "length and chunks": SUM + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and length": SUM + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "an unknown coding": SUM + b"Transfer-Encoding: xchunked\r\n\r\n" + SMUGGLED,
    "chunks in gzip": SUM + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + SMUGGLED,
    "a vertical tab": SUM + b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a chunk of 17 digits": SUM + CHUNKED + b"\r\nfffffffffffffffff\r\n" + SMUGGLED,
    "a chunk below zero": SUM + CHUNKED + b"\r\n-1\r\n" + SMUGGLED,
    "a chunk of no size": SUM + CHUNKED + b"\r\n\r\n\r\n" + SMUGGLED,
    "a chunk longer than it says": SUM + CHUNKED + b"\r\n2\r\n" + GOOD + b"\r\n0\r\n\r\n" + SMUGGLED,
    "an authority as the target": b"CONNECT localhost:22 HTTP/1.1\r\n" + HOST + b"\r\n",
    "another host by the target": b"GET http://evil.example/v1/jobs HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    "a star as the target": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
}


READ_ALL_THE_SAME = ("HTTP/3.7", "a line feed alone", "a header of 100 KB", "10000 headers")
"""What h11 takes where it comes whole: harmless, for nobody can read it as another request."""


@pytest.mark.parametrize("parser", PARSERS)
async def test_what_is_no_request_is_refused_and_what_follows_it_is_not_carried_out(
    tmp_path: Path, parser: str
) -> None:
    wrong = {}
    async with listening(tmp_path, parser) as (port, toy):
        for what, sent in FRAMES.items():
            before = len(await toy.runner.jobs.list())
            got = await say(port, sent)
            done = len(await toy.runner.jobs.list()) - before
            if len(got) > 1 or done or not all(_refused(reply, what) for reply in got):
                wrong[what] = got
        assert await serves(port)

    assert wrong == {}


def _refused(reply: Reply, what: str) -> bool:
    if reply.status == 200:
        return what in READ_ALL_THE_SAME
    return 400 <= reply.status < 500 and bool(reply.code) and b"Traceback" not in reply.body


@pytest.mark.parametrize("parser", PARSERS)
async def test_trailers_after_chunks_are_no_headers_and_no_request(tmp_path: Path, parser: str) -> None:
    trailers = b"Host: evil.example\r\nContent-Type: text/plain\r\nIdempotency-Key: \r\n"
    async with listening(tmp_path, parser) as (port, toy):
        (reply,) = await say(port, SUM + CHUNKED + b"\r\ne\r\n" + GOOD + b"\r\n0\r\n" + trailers + b"\r\n")

        assert reply.status == 200
        assert len(await toy.runner.jobs.list()) == 1


@pytest.mark.parametrize("parser", PARSERS)
async def test_chunk_extensions_are_not_read_without_end(tmp_path: Path, parser: str) -> None:
    async with listening(tmp_path, parser) as (port, _):
        got = await say(port, SUM + CHUNKED + b"\r\ne;" + b"x" * 1_000_000 + b"\r\n" + GOOD + b"\r\n0\r\n\r\n")

        assert all(400 <= reply.status < 500 for reply in got)
        assert await serves(port)


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_fault_in_the_second_request_of_a_connection_spoils_only_that_one(tmp_path: Path, parser: str) -> None:
    async with listening(tmp_path, parser) as (port, toy):
        got = await say(port, SMUGGLED + b"GARBAGE\r\n\r\n" + SMUGGLED)

        assert [reply.status for reply in got] in ([200, 400], [200])
        assert len(await toy.runner.jobs.list()) == 1
        assert await serves(port)


@pytest.mark.parametrize("parser", PARSERS)
async def test_a_web_socket_where_there_is_none_is_refused(tmp_path: Path, parser: str) -> None:
    wish = (b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    async with listening(tmp_path, parser) as (port, _):
        line = b"GET /v1/jobs HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\n"
        (reply,) = await say(port, line + b"".join(one + b"\r\n" for one in wish) + b"\r\n")

        assert 400 <= reply.status < 500
        assert await serves(port)
