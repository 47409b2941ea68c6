"""Decides which pieces of an answer leave together: each write wakes the caller, and costs more than what is in it."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOGETHER = 64 * 1024
"""Bytes from which what waits is sent; a piece as large is not copied to stand behind others."""
_START = "http.response.start"


@dataclass(frozen=True, slots=True)
class Together:
    """ASGI, for uvicorn's cycles alone: an answer that says its length goes out in few writes."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        await self.app(scope, receive, Sending(send.__self__))  # type: ignore[attr-defined]


class Sending:
    """ASGI's `send` of one answer. cycle: uvicorn's state of it, which makes the bytes and checks them.

    What has no length is a stream, and each of its pieces is sent when it comes.
    """

    __slots__ = ("_cycle", "_gathered")

    def __init__(self, cycle: Any) -> None:
        self._cycle = cycle
        self._gathered: _Gathered | None = None

    async def __call__(self, message: Message) -> None:
        """Send it, or keep it for what follows."""
        cycle = self._cycle
        if message["type"] == _START and any(name == b"content-length" for name, _ in message.get("headers", ())):
            self._gathered = _Gathered(cycle.transport)
        gathered = self._gathered
        if gathered is None:
            await cycle.send(message)
            return
        if cycle.flow.write_paused:  # the caller is slow: it is waited for below, and meanwhile nothing is kept here
            gathered.flush()
            self._gathered = None
            await cycle.send(message)
            return
        gathered.last = message["type"] != _START and not message.get("more_body", False)
        transport, cycle.transport = cycle.transport, gathered
        try:
            await cycle.send(message)  # it waits for nothing here
        finally:
            cycle.transport = transport
        if gathered.last:
            gathered.flush()  # of a HEAD there was no body


class _Gathered:
    """Stands for a transport while a message is made into bytes. last: whether they are the end of the answer, after
    which uvicorn may at once begin the next one."""

    __slots__ = ("_pieces", "_size", "_transport", "last")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._pieces: list[bytes | memoryview] = []
        self._size = 0
        self.last = False

    def write(self, data: bytes | memoryview) -> None:
        """Keep it, unless it is enough."""
        self._pieces.append(data)
        self._size += len(data)
        if self.last or self._size >= TOGETHER:
            self.flush()

    def close(self) -> None:
        """The answer was the last of its connection."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more can be sent."""
        return self._transport.is_closing()

    def flush(self) -> None:
        """Send what was kept, in one write where that copies little."""
        pieces, self._pieces, self._size = self._pieces, [], 0
        if len(pieces) > 1 and len(pieces[-1]) >= TOGETHER:
            if _takes_several(self._transport):
                self._transport.writelines(pieces)
                return
            self._transport.write(b"".join(pieces[:-1]))
            pieces = pieces[-1:]
        if pieces:
            self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))


def _takes_several(transport: asyncio.Transport) -> bool:
    """Whether `writelines` gives them to the kernel as they lie: uvloop's does, asyncio's of Python 3.11 joins them."""
    return sys.version_info >= (3, 12) or not isinstance(transport, asyncio.Transport)
