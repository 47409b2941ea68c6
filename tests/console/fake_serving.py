"""Serves a fake of the API with an app's page before it, on a port that the system gives and that is printed first."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp

from rung.console.mount import mount
from rung.runtime.app import App


async def serve(fake: ASGIApp, app: App) -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        served = mount(fake, [app], base_url=lambda: f"http://127.0.0.1:{port}")
        server = uvicorn.Server(uvicorn.Config(served, log_level="warning", lifespan="on"))
        print(port, flush=True)
        await server.serve(sockets=[door])
