"""Connections that say nothing, too little, too slowly or too much, on both of uvicorn's parsers."""

from __future__ import annotations

import asyncio
import json
import socket

import httptools  # noqa: F401 - here it must be: half of these tests are about it
import pytest
from raw_tools import GET, POST, answer, listening, say
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

PARSERS = ("h11", "httptools")
both = pytest.mark.parametrize("parser", PARSERS)


def status(got: bytes) -> int:
    return int(got.split()[1])


def connected(port: int) -> connect:
    return connect(f"ws://127.0.0.1:{port}/socket", proxy=None)


def problem(got: bytes) -> str:
    return str(json.loads(got.partition(b"\r\n\r\n")[2])["code"])


@both
async def test_a_silent_connection_is_closed(parser: str) -> None:
    async with listening(parser, header_s=0.3) as (port, _):
        got, after = await say(port)

    assert got == b""
    assert 0.25 < after < 1.5


@both
@pytest.mark.parametrize("begun", [b"G", b"GET /ok HTTP/1.1\r\nHost: localhost\r\nX: "])
async def test_headers_that_do_not_end_are_given_up_with_a_word(parser: str, begun: bytes) -> None:
    async with listening(parser, header_s=0.3) as (port, _):
        got, after = await say(port, begun)

    assert (status(got), problem(got)) == (408, "request-timeout")
    assert 0.25 < after < 1.5


@both
async def test_headers_that_drip_are_given_up_as_soon_as_those_that_stop(parser: str) -> None:
    async with listening(parser, header_s=0.4) as (port, told):
        got, after = await say(port, b"GET /ok HTTP/1.1\r\nHost: localhost\r\n", *[b"X: y\r\n"] * 60, every_s=0.05)

    assert status(got) == 408
    assert 0.35 < after < 1.5
    assert told.seen == []


@both
async def test_the_second_request_of_a_connection_has_as_long_as_the_first(parser: str) -> None:
    async with listening(parser, header_s=0.3) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        first = await answer(reader)
        await asyncio.sleep(0.4)  # longer than headers may take: between requests nothing is owed
        writer.write(GET)
        second = await answer(reader)
        writer.write(GET[:20])
        late = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert (first[0], second[0]) == (200, 200)
    assert status(late) == 408


@both
async def test_line_ends_between_requests_keep_no_connection_open(parser: str) -> None:
    async with listening(parser, header_s=0.3, keep_alive_s=0.3) as (port, _):
        got, after = await say(port, GET, b"\r\n", every_s=0.1)

    assert status(got) == 200
    assert after < 2


@both
async def test_a_connection_nobody_uses_is_closed(parser: str) -> None:
    async with listening(parser, keep_alive_s=0.2) as (port, _):
        got, after = await say(port, GET)

    assert status(got) == 200
    assert after < 1.5


@both
async def test_a_body_that_stalls_is_given_up_with_a_word(parser: str) -> None:
    async with listening(parser, idle_s=0.3) as (port, _):
        got, after = await say(port, POST + b"Content-Length: 100\r\n\r\nabc")

    assert (status(got), problem(got)) == (408, "request-timeout")
    assert 0.25 < after < 1.5


@both
async def test_a_body_that_drips_is_given_up_although_it_never_stands_still(parser: str) -> None:
    async with listening(parser, idle_s=0.3) as (port, _):
        got, after = await say(port, POST + b"Content-Length: 100\r\n\r\n", *[b"a"] * 60, every_s=0.05)

    assert (status(got), problem(got)) == (408, "request-timeout")
    assert after < 1.5


@both
async def test_a_body_that_nobody_reads_is_not_waited_for_either(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rung.runtime.server.protocol.GRACE_S", 0.1)
    async with listening(parser, idle_s=0.2) as (port, _):
        got, after = await say(port, b"POST /hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc")

    assert got == b""
    assert after < 1.5


@both
async def test_a_request_that_takes_long_to_answer_is_left_alone(parser: str) -> None:
    async with listening(parser, header_s=0.1, idle_s=0.1) as (port, told):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.5)
        told.hold.set()
        got = await answer(reader)
        writer.close()

    assert got[0] == 200


@both
async def test_an_answer_that_nobody_reads_is_given_up(parser: str) -> None:
    async with listening(parser, idle_s=0.3) as (port, told):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.wait_for(told.left.wait(), 5)
        writer.close()


@both
async def test_the_last_answer_of_a_connection_is_given_up_too_when_nobody_reads_it(parser: str) -> None:
    async with listening(parser, idle_s=0.3) as (port, told):
        with socket.socket() as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            caller.connect(("127.0.0.1", port))
            caller.sendall(GET.replace(b"/ok", b"/big"))
            async with asyncio.timeout(5):
                while not told.connections:
                    await asyncio.sleep(0.01)
                while told.connections:
                    await asyncio.sleep(0.01)


@both
@pytest.mark.parametrize(
    "head",
    [
        b"GET /ok HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        b"GET /ok HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /ok HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 2_000_000,
    ],
    ids=["many", "long", "path", "endless"],
)
async def test_headers_over_the_limit_are_refused(parser: str, head: bytes) -> None:
    async with listening(parser) as (port, told):
        got, after = await say(port, *(head[at : at + 4096] for at in range(0, len(head), 4096)))

    assert status(got) in (400, 431)
    assert told.seen == []
    assert after < 2


@both
async def test_headers_over_the_limit_are_refused_in_one_piece_too(parser: str) -> None:
    head = b"GET /ok HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"
    async with listening(parser) as (port, told):
        got, _ = await say(port, head)

    assert status(got) in (400, 431)
    assert told.seen == []


async def test_more_headers_than_anyone_needs_are_refused_by_number() -> None:
    head = b"GET /ok HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(150)) + b"\r\n"
    async with listening("httptools") as (port, told):
        got, _ = await say(port, head)

    assert (status(got), problem(got)) == (431, "too-large")
    assert told.seen == []


@both
@pytest.mark.parametrize(
    "tail",
    [b"0\r\n" + b"X: " + b"y" * 3_000_000, b"1;" + b"e" * 3_000_000, b"0\r\n" + b"X: y\r\n" * 500_000],
    ids=["trailer", "extension", "trailers"],
)
async def test_a_chunked_body_ends_in_nothing_endless(parser: str, tail: bytes) -> None:
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    async with listening(parser, idle_s=5) as (port, _):
        got, after = await say(port, head, *(tail[at : at + 65536] for at in range(0, len(tail), 65536)))

    assert b" 200 " not in got[:20]
    assert after < 2


@both
async def test_a_body_after_its_answer_is_cut_off_and_a_small_one_is_forgiven(parser: str) -> None:
    head = b"POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    async with listening(parser) as (port, _):
        large, after = await say(port, head % 300_000_000, *[bytes(65536)] * 200)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head % 5000)
        small = await answer(reader)
        writer.write(bytes(5000) + GET)
        next_one = await answer(reader)
        writer.close()

    assert status(large) == 200
    assert after < 2
    assert (small[0], next_one[0]) == (200, 200)


@both
async def test_a_body_longer_than_it_said_is_no_second_request(parser: str) -> None:
    async with listening(parser) as (port, told):
        got, _ = await say(port, POST + b"Content-Length: 3\r\n\r\nabc" + b"d" * 100_000)

    assert status(got) == 200
    assert got.count(b"HTTP/1.1 200") == 1
    assert told.seen == []


@both
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_within_its_limit_comes_whole(parser: str, chunked: bool) -> None:
    pieces = [b"10000\r\n" + bytes(65536) + b"\r\n"] * 3 + [b"0\r\n\r\n"] if chunked else [bytes(3 * 65536)]
    head = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 196608"
    async with listening(parser) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + head + b"\r\n\r\n" + b"".join(pieces))
        got = await answer(reader)
        writer.close()

    assert got == (200, b'{"bytes":196608}')


@both
async def test_a_caller_that_waits_for_100_continue_gets_it(parser: str) -> None:
    async with listening(parser) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(POST + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.write(b"abc")
        got = await answer(reader)
        too_large, _ = await say(port, POST + b"Content-Length: 300000000\r\nExpect: 100-continue\r\n\r\n")
        writer.close()

    assert got == (200, b'{"bytes":3}')
    assert status(too_large) == 413


@both
async def test_one_connection_too_many_is_told_and_the_next_after_one_has_closed_is_served(parser: str) -> None:
    async with listening(parser, max_connections=3) as (port, _):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        got, _ = await say(port, GET)
        held[0][1].close()
        await held[0][1].wait_closed()
        for _ in range(100):
            again, _ = await say(port, GET[:-2] + b"Connection: close\r\n\r\n")
            if status(again) == 200:
                break
        for _, writer in held:
            writer.close()

    assert (status(got), problem(got)) == (503, "queue-full")
    assert b"retry-after: 1" in got.lower()
    assert status(again) == 200


@both
async def test_far_too_many_connections_are_cut_without_a_word(parser: str) -> None:
    async with listening(parser, max_connections=2) as (port, _):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 + 16)]
        got, _ = await say(port, GET)
        for _, writer in held:
            writer.close()

    assert got == b""


@both
async def test_one_address_beyond_loopback_has_a_quarter_of_the_connections(
    parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rung.runtime.server.watch.is_loopback", lambda address: False)
    async with listening(parser, max_connections=8) as (port, _):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        got, _ = await say(port, GET)
        for _, writer in held:
            writer.close()

    assert (status(got), problem(got)) == (503, "queue-full")


@both
async def test_web_sockets_live_on_count_as_connections_and_are_bounded(
    parser: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rung.runtime.server.watch.is_loopback", lambda address: False)
    limits = {"header_s": 0.2, "idle_s": 0.2, "max_connections": 4}
    async with listening(parser, **limits) as (port, _), connected(port) as socket:
        await socket.send("x" * 5)
        assert await socket.recv() == "5"
        got, _ = await say(port, GET)
        await asyncio.sleep(0.4)  # longer than headers and bodies may stand still
        await socket.send("x" * 70_000)
        assert await socket.recv() == "70000"
        await socket.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert status(got) == 503, "the socket is this address's one connection"
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


@both
async def test_pipelined_requests_are_all_answered(parser: str) -> None:
    async with listening(parser, header_s=0.3, keep_alive_s=0.3) as (port, told):
        got, _ = await say(port, GET * 20)

    assert got.count(b"HTTP/1.1 200") == 20
    assert len(told.seen) == 20
