"""Owns what a server allows its connections: how many, from whom, and how long each may keep it waiting."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send

from rung.runtime.jobs import Failure
from rung.runtime.server.errors import problem, problem_response
from rung.runtime.server.names import is_loopback, peer_of
from rung.runtime.settings import ServerSettings

HEAD_BYTES = 64 * 1024
"""Of a request's line and headers; also of trailers, and of whatever else brings a body no further."""
HEAD_LINES = 100
LINGER_S = 2.0
"""How long a connection that was told to end may take the last bytes, and one too many may ask."""
DISCARD_BYTES = 1024 * 1024
"""Of a body whose request was answered already: so much is read and thrown away before the connection is closed."""
GRACE_S = 2.0
"""body.py gives up a body that stands still and says so; after this much longer the connection is closed anyway."""
SOCKET_BYTES = 1024 * 1024
"""Of one message of the console's web socket."""


@dataclass(slots=True)
class Watch:
    """One for a server. head_s, idle_s: how long headers may take, and how long a body or a reader may stand still.

    most: connections in all. A quarter of them for one address (one /64 of IPv6) beyond loopback, where a proxy or
    the console may speak for many. Past `most` a request is answered 503; past a quarter more, connections are cut.
    """

    head_s: float = 10.0
    idle_s: float = 30.0
    most: int = 512
    peers: dict[asyncio.Protocol, str] = field(default_factory=dict)

    def crowded(self, protocol: asyncio.Protocol, address: str, connections: set[Any]) -> bool:
        """Count a new connection; whether it is one too many."""
        if len(connections) > self.most:
            return True
        if not address or is_loopback(address):
            return False
        peer = peer_of(address)
        self.peers = {one: name for one, name in self.peers.items() if one in connections}
        self.peers[protocol] = peer
        return sum(name == peer for name in self.peers.values()) > max(self.most // 4, 1)

    def moved(self, before: asyncio.Protocol, after: asyncio.Protocol) -> None:
        """The connection is another protocol's now, and counts as it did."""
        if before in self.peers:
            self.peers[after] = self.peers.pop(before)

    def overrun(self, connections: set[Any]) -> bool:
        """Whether there are so many that nothing is said to one more."""
        return len(connections) > self.most + max(self.most // 4, 16)


def watch_of(settings: ServerSettings) -> Watch:
    """The watch of a server with those settings."""
    return Watch(head_s=settings.header_s, idle_s=settings.idle_s, most=settings.max_connections)


_BUSY = Failure(
    code="queue-full",
    message="too many connections are open; close some, or come back later",
    retryable=True,
    details={"retry_after_s": 1},
)


async def busy(scope: Scope, receive: Receive, send: Send) -> None:
    """The application that a connection too many is given."""
    await problem_response(_BUSY, status=503, headers={"Connection": "close"})(scope, receive, send)


def plain_answer(status: int, code: str, sentence: str) -> bytes:
    """A whole response for what never became a request; the connection ends after it."""
    body = json.dumps(problem(Failure(code=code, message=sentence), status=status)).encode()
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"date: {formatdate(time.time(), usegmt=True)}",
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        "x-content-type-options: nosniff",
        "connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body
