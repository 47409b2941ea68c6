"""An endpoint and its connection: bodies in one go, hang-ups without a task, nothing left for the collector."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from raw_tools import answer
from starlette.requests import ClientDisconnect, Request

from rung.runtime.errors import QueueFull
from rung.runtime.server.body import Intake
from rung.runtime.server.connection import Connection, connection_of
from rung.runtime.server.leaving import Leaving
from rung.runtime.server.listen import listener
from rung.runtime.settings import ServerSettings

pytest.importorskip("httptools")
POST = b"POST /x HTTP/1.1\r\nHost: localhost\r\n"
DATA = random.Random(5).randbytes(700_000)


@dataclass
class App:
    """Reads each body and answers with its length; `/hold` waits until its caller leaves."""

    intake: Intake
    bodies: list[bytes] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    reading: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set[Any] = field(default_factory=set)
    """The server's, as they are."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        assert connection_of(scope) is not None
        self.reading.set()
        try:
            body = await self.intake.read(request, 1_000_000)
            self.bodies.append(body)
            if scope["path"] == "/hold":
                with Leaving(request, self.ended.set):
                    await self.ended.wait()
        except (ClientDisconnect, QueueFull) as error:
            self.ends.append(type(error).__name__)
            self.ended.set()
            return
        text = str(len(body)).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def listening(**intake: Any) -> AsyncIterator[tuple[int, App]]:
    app = App(Intake(**intake))
    server = listener(app, ServerSettings(port=0), lifespan=False)
    app.connections = server.server_state.connections
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.002)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], app
    finally:
        app.ended.set()
        server.should_exit = True
        await asyncio.wait_for(serving, 10)


async def opened(port: int, *pieces: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.002)
    return reader, writer


def length(size: int) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % size


async def test_a_body_in_pieces_is_the_body_that_was_sent() -> None:
    cuts = [0, 1, 40_000, 40_001, 300_000, 699_999, 700_000]
    pieces = [DATA[low:high] for low, high in pairwise(cuts)]
    async with listening() as (port, app):
        reader, writer = await opened(port, POST + length(len(DATA)), *pieces)
        got = [await asyncio.wait_for(answer(reader), 5)]
        writer.write(POST + length(3) + b"abc")  # all at once
        got.append(await asyncio.wait_for(answer(reader), 5))
        writer.close()

    assert got == [(200, b"700000"), (200, b"3")]
    assert app.bodies == [DATA, b"abc"] and app.intake.held == 0


async def test_a_caller_that_leaves_within_its_body_ends_the_reading() -> None:
    async with listening() as (port, app):
        _, writer = await opened(port, POST + length(1000), b"abc")
        await asyncio.wait_for(app.reading.wait(), 5)
        writer.close()
        await asyncio.wait_for(app.ended.wait(), 5)

        assert app.ends == ["ClientDisconnect"] and app.intake.held == 0


async def test_bodies_that_are_too_much_together_are_refused_while_they_come() -> None:
    async with listening(max_bytes=100_000) as (port, app):
        _, first = await opened(port, POST + length(90_000), bytes(80_000))
        async with asyncio.timeout(5):
            while app.intake.held < 80_000:
                await asyncio.sleep(0.001)
        _, second = await opened(port, POST + length(90_000), bytes(30_000))
        await asyncio.wait_for(app.ended.wait(), 5)
        held = app.intake.held
        first.close()
        second.close()

    assert app.ends[0] == "QueueFull" and held == 80_000


async def test_a_hang_up_is_told_while_the_request_is_worked_on() -> None:
    async with listening() as (port, app):
        _, writer = await opened(port, b"POST /hold HTTP/1.1\r\nHost: localhost\r\n" + length(3) + b"abc")
        async with asyncio.timeout(5):
            while not app.bodies:
                await asyncio.sleep(0.001)
            assert not app.ended.is_set()
            writer.transport.abort()
            await app.ended.wait()


async def test_a_hang_up_is_told_after_a_body_that_came_in_one_piece() -> None:
    """uvicorn stops reading a connection that has brought 64 KiB that nobody asked for, and so would miss its end."""
    async with listening() as (port, app):
        _, writer = await opened(port)
        async with asyncio.timeout(5):
            while not app.connections:
                await asyncio.sleep(0.001)
            (protocol,) = app.connections  # handed over here: a socket may split it
            protocol.data_received(b"POST /hold HTTP/1.1\r\nHost: localhost\r\n" + length(100_000) + DATA[:100_000])
            while not app.bodies:
                await asyncio.sleep(0.001)
            assert not app.ended.is_set()
            writer.close()
            await app.ended.wait()


def left_over() -> int:
    return sum(type(one) is Connection for one in gc.get_objects())  # libraries have objects that mind isinstance


async def test_requests_leave_nothing_for_the_collector() -> None:
    async with listening() as (port, _):
        reader, writer = await opened(port)
        gc.collect()
        before = left_over()
        gc.disable()
        try:
            for _ in range(20):
                writer.write(POST + length(3) + b"abc")
                await asyncio.wait_for(answer(reader), 5)
            left = left_over() - before
        finally:
            gc.enable()
        writer.close()

    assert left <= 2
