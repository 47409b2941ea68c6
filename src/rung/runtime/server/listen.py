"""Owns how the server listens: uvicorn, with the settings that a stranger's connection needs."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

from rung.runtime.server.guard import check_bind
from rung.runtime.spec import ServerSettings


def listener(app: ASGIApp, settings: ServerSettings, *, lifespan: bool = True) -> uvicorn.Server:
    """A server to be awaited (`await listener(...).serve()`). Raises ConfigError for an address beyond loopback.

    limit_concurrency bounds connections, open streams among them: each job may be waited for and watched.
    Stalled bodies are ended by body.py; uvicorn itself has no limit on the time that headers may take.
    """
    check_bind(settings.host)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        log_config=None,
        limit_concurrency=2 * settings.max_queue + 64,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        lifespan="on" if lifespan else "off",
    )
    return uvicorn.Server(config)
