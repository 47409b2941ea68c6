"""Owns how the server listens: uvicorn, with the limits that a stranger's connection needs.

Plain HTTP: TLS is for a reverse proxy in front, on this machine or on one that is trusted with the keys.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from rung.runtime.server.guard import check_bind
from rung.runtime.server.protocol import patient
from rung.runtime.server.watch import HEAD_BYTES, SOCKET_BYTES, watch_of
from rung.runtime.spec import ServerSettings

log = logging.getLogger(__name__)

AGAIN_S = 10.0
KEEP_ALIVE_S = 30
"""How long a connection may stay open between two requests."""


def listener(app: ASGIApp, settings: ServerSettings, *, keys: int = 0, lifespan: bool = True) -> uvicorn.Server:
    """A server to be awaited (`await listener(...).serve()`).

    keys: how many keys open something; beyond loopback there must be one. Raises ConfigError.
    """
    check_bind(settings.host, keys, settings.insecure, settings.hosts)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=cast(Any, patient(watch_of(settings))),
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws_max_size=SOCKET_BYTES,
        ws_max_queue=8,
        proxy_headers=False,  # X-Forwarded-For would let anyone choose their address
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=10,
        lifespan="on" if lifespan else "off",
    )
    return uvicorn.Server(config)


@dataclass(slots=True)
class Shortage:
    """The loop's exception handler while a server listens: a shortage of descriptors is said once in a while.

    asyncio of Python 3.11 tries a whole backlog of accepts (2048) when one fails for want of descriptors, and
    reports each with its traceback, every second: writing them takes a core.
    """

    said: float = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """One report of the loop."""
        if not context.get("message", "").startswith("socket.accept() out of system resource"):
            loop.default_exception_handler(context)
        elif loop.time() - self.said >= AGAIN_S:
            self.said = loop.time()
            log.error("no descriptors left for new connections; raise the limit (ulimit -n) or close some")
