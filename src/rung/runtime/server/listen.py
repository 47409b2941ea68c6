"""Owns how the server listens: uvicorn, with the limits that a stranger's connection needs.

Plain HTTP: TLS is for a reverse proxy in front, on this machine or on one that is trusted with the keys.
"""

from __future__ import annotations

import asyncio
import importlib.util
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from rung.runtime.errors import ConfigError
from rung.runtime.server.accepting import Acceptor, listening_socket
from rung.runtime.server.guard import check_bind
from rung.runtime.server.protocol import patient
from rung.runtime.server.watch import HEAD_BYTES, SOCKET_BYTES, watch_of
from rung.runtime.settings import ServerSettings

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
    return _Server(config)


class _Server(uvicorn.Server):
    """uvicorn's, but for the taking of connections."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on these sockets; on the configured address where there are none."""
        await super().startup(sockets=[])
        config, state = self.config, self.server_state
        kind = cast(Callable[..., asyncio.Protocol], config.http_protocol_class)
        make = partial(kind, config=config, server_state=state, app_state=self.lifespan.state)
        listening = sockets if sockets is not None else [listening_socket(config.host, config.port)]
        self.servers = cast(Any, [Acceptor(sock, make, lambda: len(state.connections)) for sock in listening])


def loop_factory(settings: ServerSettings) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes the loop that a server runs on; None: Python's own. Raises ConfigError."""
    if settings.loop == "asyncio":
        return None
    if importlib.util.find_spec("uvloop") is None:
        if settings.loop == "auto":
            return None
        raise ConfigError(
            "server.loop = 'uvloop', and uvloop is not installed; pip install 'rung[fast]', or take 'auto'",
            key="server.loop",
        )
    import uvloop  # where it is: some machines have no wheel of it

    return cast(Callable[[], asyncio.AbstractEventLoop], uvloop.new_event_loop)
