"""Owns the bodies being read: counted while they come, bounded together, and given up when they stand still."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from rung.runtime.errors import Malformed, QueueFull, RungError, TooLarge
from rung.runtime.server.auth import first_headers
from rung.runtime.server.connection import Connection, connection_of
from rung.runtime.server.errors import HttpProblem
from rung.runtime.spec import MiB

_SLOWEST = 16 * 1024
"""Bytes a second, on the average, below which a body is given up."""


class Intake:
    """One for a server. idle_s: how long a body may stand still. max_bytes: what all bodies being read may hold."""

    def __init__(self, *, idle_s: float = 30.0, max_bytes: int = 512 * MiB) -> None:
        self.idle_s = idle_s
        self.max_bytes = max_bytes
        self.held = 0

    async def read(self, request: Request, limit: int) -> bytes:
        """The whole body. Raises TooLarge (unread, where Content-Length admits it), Malformed, QueueFull, a 408."""
        declared = first_headers(request.scope).get("content-length")
        if declared is not None and not (declared.isascii() and declared.isdigit()):
            raise Malformed("Content-Length is not a number")
        if declared is not None and (len(declared) > 18 or int(declared) > limit):
            raise _too_large(limit)
        connection = connection_of(request.scope)
        taken = _Taken(self, limit)
        try:
            if connection is None:
                await self._fill(taken, request)
            elif (body := connection.whole()) is not None:
                taken.add(body)
            else:
                await self._collect(taken, connection)
            return taken.joined()
        finally:
            self.held -= taken.size

    async def _fill(self, taken: _Taken, request: Request) -> None:
        """Piece by piece, as ASGI has it."""
        more = True
        while more:
            message = await self._next(request)
            more = message.get("more_body", False)
            taken.add(message.get("body", b""), more=more)

    async def _next(self, request: Request) -> Message:
        try:
            async with asyncio.timeout(self.idle_s):
                message = await request.receive()
        except TimeoutError as still:
            raise self.stands_still() from still
        if message["type"] == "http.disconnect":
            raise ClientDisconnect()
        return message

    async def _collect(self, taken: _Taken, connection: Connection) -> None:
        """In one go: the loop is not troubled with each piece."""
        catch = _Catch(taken, self, asyncio.get_running_loop())
        try:
            connection.collect(catch)
            await catch.done
        finally:
            connection.release()
            catch.close()

    def stands_still(self) -> HttpProblem:
        """What is said of a body of which nothing came for idle_s."""
        return HttpProblem(408, f"the body stood still for {self.idle_s:g} s")


class _Taken:
    """What has come of a body. intake: whose bytes they are. limit: of it."""

    def __init__(self, intake: Intake, limit: int) -> None:
        self.intake = intake
        self.limit = limit
        self.pieces: list[bytes] = []
        self.size = 0
        self.begun = time.monotonic()

    def add(self, piece: bytes, *, more: bool = False) -> None:
        """One piece. more: others follow. Raises TooLarge, QueueFull, a 408."""
        intake = self.intake
        if self.size + len(piece) > self.limit:
            raise _too_large(self.limit)
        self.pieces.append(piece)
        self.size += len(piece)
        intake.held += len(piece)
        if intake.held > intake.max_bytes:
            raise QueueFull(f"requests being read hold over {intake.max_bytes} bytes together; try again")
        if more and time.monotonic() - self.begun > intake.idle_s + self.size / _SLOWEST:
            raise HttpProblem(408, f"the body came slower than {_SLOWEST} bytes a second")

    def joined(self) -> bytes:
        """All of it."""
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)


class _Catch:
    """Fills a body from its connection; `done` resolves at its end, or fails with what is wrong with it."""

    def __init__(self, taken: _Taken, intake: Intake, loop: asyncio.AbstractEventLoop) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self._taken = taken
        self._intake = intake
        self._loop = loop
        self._heard = loop.time()
        self._timer = loop.call_at(self._heard + intake.idle_s, self._look)

    def piece(self, data: bytes) -> None:
        """Some of it."""
        if self.done.done() or not data:
            return
        self._heard = self._loop.time()
        try:
            self._taken.add(data, more=True)
        except (RungError, HttpProblem) as refused:
            self._fail(refused)

    def end(self) -> None:
        """That was all."""
        if not self.done.done():
            self.done.set_result(None)

    def lost(self) -> None:
        """The caller has gone."""
        self._fail(ClientDisconnect())

    def close(self) -> None:
        """Nobody waits for it any more."""
        self._timer.cancel()
        self.done.cancel()

    def _look(self) -> None:
        until = self._heard + self._intake.idle_s
        if self._loop.time() < until:
            self._timer = self._loop.call_at(until, self._look)
        else:
            self._fail(self._intake.stands_still())

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # whoever waited may have been cancelled


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is over the limit of {limit} bytes", limit=limit)
