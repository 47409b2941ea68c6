"""Owns the bodies being read: counted while they come, bounded together, and given up when they stand still."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from rung.runtime.errors import Malformed, QueueFull, TooLarge
from rung.runtime.server.errors import HttpProblem
from rung.runtime.spec import MiB

_SLOWEST = 16 * 1024
"""Bytes a second, on the average, below which a body is given up."""


class Intake:
    """One for a server. idle_s: how long a body may stand still. max_bytes: what all bodies being read may hold."""

    def __init__(self, *, idle_s: float = 30.0, max_bytes: int = 512 * MiB) -> None:
        self._idle_s = idle_s
        self._max_bytes = max_bytes
        self._held = 0

    async def read(self, request: Request, limit: int) -> bytes:
        """The whole body. Raises TooLarge (unread, where Content-Length admits it), Malformed, QueueFull, a 408."""
        declared = request.headers.get("content-length")
        if declared is not None and not (declared.isascii() and declared.isdigit()):
            raise Malformed("Content-Length is not a number")
        if declared is not None and (len(declared) > 18 or int(declared) > limit):
            raise _too_large(limit)
        chunks: list[bytes] = []
        try:
            await self._fill(chunks, request, limit)
            return b"".join(chunks)
        finally:
            self._held -= sum(map(len, chunks))

    async def _fill(self, chunks: list[bytes], request: Request, limit: int) -> None:
        size, begun = 0, time.monotonic()
        more = True
        while more:
            message = await self._next(request)
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
            self._held += len(chunk)
            if self._held > self._max_bytes:
                raise QueueFull(f"requests being read hold over {self._max_bytes} bytes together; try again")
            more = message.get("more_body", False)
            if more and time.monotonic() - begun > self._idle_s + size / _SLOWEST:
                raise HttpProblem(408, f"the body came slower than {_SLOWEST} bytes a second")

    async def _next(self, request: Request) -> Message:
        try:
            async with asyncio.timeout(self._idle_s):
                message = await request.receive()
        except TimeoutError as still:
            raise HttpProblem(408, f"the body stood still for {self._idle_s:g} s") from still
        if message["type"] == "http.disconnect":
            raise ClientDisconnect()
        return message


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the body is over the limit of {limit} bytes", limit=limit)
