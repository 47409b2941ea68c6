"""`rung serve`: the API and the console on one address."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from starlette.types import ASGIApp

from rung.cli.compose import House, open_house
from rung.cli.look import Look, look_here
from rung.cli.stopping import Stopping
from rung.runtime.errors import ConfigError
from rung.runtime.hardware.folders import look_at
from rung.runtime.planning.plan import blocked
from rung.runtime.server.asgi import create_app
from rung.runtime.server.guard import check_bind
from rung.runtime.server.listen import listener
from rung.runtime.spec import ServerSettings


def serve(
    host: Annotated[str | None, typer.Option(help="Address; loopback only until keys exist.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Instead of ./rung.toml.")] = None,
    console: Annotated[bool | None, typer.Option("--console/--no-console", help="The web page.")] = None,
) -> None:
    """Serve the API and the console until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "uvicorn.error"):  # the console's calls to the API, and each visitor's websocket
        logging.getLogger(noisy).setLevel(logging.WARNING)
    look = look_here(config)
    given = {"host": host, "port": port, "console": console}
    server = replace(look.settings.server, **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    check_bind(server.host)
    _check_data_dir(look.settings.data_dir)
    asyncio.run(_serve(replace(look, settings=replace(look.settings, server=server))))


async def _serve(look: Look) -> None:
    listening = _listen(look.settings.server)
    server = replace(look.settings.server, port=listening.getsockname()[1])
    look = replace(look, settings=replace(look.settings, server=server))
    async with open_house(look, durable=True) as house:
        app = with_console(api_of(house), house)
        for task in blocked(look.plan):
            logging.getLogger("rung").warning("no rung of %s can answer; `rung plan --task %s` says why", task, task)
        logging.getLogger("rung").info("http://%s:%d", server.host, server.port)
        uvicorn_server = listener(app, server)
        stopping = Stopping(uvicorn_server, house.runner, server.drain_s)
        uvicorn_server.handle_exit = stopping.signalled  # type: ignore[assignment, method-assign]
        await uvicorn_server.serve(sockets=[listening])


def _listen(server: ServerSettings) -> socket.socket:
    """The socket, bound before anything is loaded or said. Raises ConfigError where the address is not to be had."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only where it is: without it every
    # answer on a kept connection waits 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((server.host, server.port))
        listening.listen(2048)
        return listening
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"{server.host}:{server.port} cannot be listened on ({error.strerror}); choose another with --port",
            key="server.port",
        ) from error


def _check_data_dir(path: str) -> None:
    """Refuse to start where every request would fail."""
    if not look_at(path).writable:
        raise ConfigError(
            f"the data folder {path} cannot be written; change its owner, or set RUNG_DATA_DIR to another folder",
            key="RUNG_DATA_DIR",
        )


def api_of(house: House) -> ASGIApp:
    """The HTTP API over a running house."""

    def ready() -> tuple[bool, str]:
        lacking = ", ".join(name for name, task in house.plan.tasks.items() if not task.rungs)
        return True, f"no rung for {lacking}" if lacking else "every task has a rung"

    def status() -> dict[str, Any]:
        return {"variants": house.engine.status()}

    return create_app(
        house.runner,
        house.apps,
        plan=lambda: house.plan,
        status=status,
        settings=house.settings,
        ready=ready,
        admin=house.engine,
    )


def with_console(api: ASGIApp, house: House) -> ASGIApp:
    """The API with the web page beside it, where the console is wanted and its library is here."""
    server = house.settings.server
    if not server.console:
        return api
    if importlib.util.find_spec("nicegui") is None:
        logging.getLogger("rung").warning("no web page: its library is not here (pip install 'rung[console]')")
        return api
    from rung.console.mount import mount  # only where it is wanted: the API alone needs none of it

    return mount(api, house.apps, base_url=f"http://{server.host}:{server.port}")
