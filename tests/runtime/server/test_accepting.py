"""Connections when descriptors run out: they wait, none is cut off, and the server does not spin."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Any, cast

import pytest

from rung.runtime.server.accepting import Acceptor, for_connections, listening_socket


class Echo(asyncio.Protocol):
    """Says back what it hears. opened: of all connections."""

    def __init__(self, opened: set[Echo]) -> None:
        self.opened = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses
        self.opened.add(self)

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.opened.discard(self)


class Place:
    """An acceptor on a free port. most: the limit that it sees."""

    def __init__(self) -> None:
        self.opened: set[Echo] = set()
        self.sock = listening_socket("127.0.0.1", 0)
        self.most = 1_000_000
        self.looks = 0
        self.acceptor = Acceptor(self.sock, lambda: Echo(self.opened), self.count, limit=lambda: self.most)

    def count(self) -> int:
        self.looks += 1
        return len(self.opened)

    def leave(self, descriptors: int) -> None:
        """So many may be taken from now on, before the reserve begins."""
        lowest = os.dup(self.sock.fileno())
        os.close(lowest)
        self.most = next(most for most in range(lowest, 1_000_000) if for_connections(most) >= lowest + descriptors)

    def call(self) -> socket.socket:
        """A client's connection; not blocking."""
        client = socket.create_connection(self.sock.getsockname(), timeout=5)
        client.setblocking(False)
        return client


def loops() -> Iterator[Any]:
    yield pytest.param(None, id="asyncio")
    with suppress(ImportError):
        import uvloop

        yield pytest.param(uvloop.new_event_loop, id="uvloop")


@pytest.fixture(params=loops())
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    def on_loop(what: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(what, 20))

    return on_loop


@asynccontextmanager
async def calling(place: Place, many: int) -> AsyncIterator[list[socket.socket]]:
    clients = [place.call() for _ in range(many)]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()
        await asyncio.sleep(0.25)  # those in the backlog are seen too
        place.acceptor.close()
        await place.acceptor.wait_closed()
        while place.opened:
            await asyncio.sleep(0.001)


async def echoed(client: socket.socket, within_s: float) -> bytes | None:
    """What came back; None: nothing yet. Raises ConnectionError where it was cut off."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        with suppress(BlockingIOError):
            return client.recv(10)
        await asyncio.sleep(0.002)
    return None


Run = Callable[[Coroutine[Any, Any, None]], None]


def test_connections_past_the_descriptors_wait_and_are_answered_when_others_have_left(run: Run) -> None:
    async def crowd() -> None:
        place = Place()
        async with calling(place, 40) as clients:
            place.leave(descriptors=20)
            for client in clients:
                client.send(b"hello")
            first = await asyncio.gather(*(echoed(client, 0.5) for client in clients))
            served = [client for client, got in zip(clients, first, strict=True) if got == b"hello"]
            waiting = [client for client, got in zip(clients, first, strict=True) if got is None]
            for client in served:
                client.close()
            later = await asyncio.gather(*(echoed(client, 3) for client in waiting))

        assert 15 <= len(served) <= 20 and first.count(b"") == 0
        assert later == [b"hello"] * len(waiting) and len(served) + len(waiting) == 40

    run(crowd())


def test_a_shortage_is_said_once_and_costs_no_work(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def shortage() -> None:
        place = Place()
        async with calling(place, 20):
            place.leave(descriptors=0)
            await asyncio.sleep(0.1)
            looks, busy = place.looks, time.process_time()
            await asyncio.sleep(0.7)
            assert place.looks - looks <= 8 and time.process_time() - busy < 0.2

    run(shortage())
    assert [line.levelno for line in caplog.records] == [logging.ERROR]


def test_a_few_are_let_in_whatever_the_limit_says(run: Run) -> None:
    async def low() -> None:
        place = Place()
        place.most = 1
        async with calling(place, 1) as (client,):
            client.send(b"hello")
            assert await echoed(client, 5) == b"hello"

    run(low())


@pytest.mark.parametrize(("limit", "most"), [(64, 56), (1024, 992), (1_048_576, 1_048_544)])
def test_some_descriptors_are_kept_for_answering(limit: int, most: int) -> None:
    assert for_connections(limit) == most


def test_a_closed_acceptor_takes_nobody(run: Run) -> None:
    async def closed() -> None:
        place = Place()
        address = place.sock.getsockname()
        place.acceptor.close()
        await place.acceptor.wait_closed()
        await asyncio.sleep(0)
        with pytest.raises(OSError), closing(socket.create_connection(address, timeout=1)):
            pass

    run(closed())


async def test_what_a_closed_port_says_is_an_os_error() -> None:
    with closing(listening_socket("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        listening_socket("127.0.0.1", taken.getsockname()[1])
