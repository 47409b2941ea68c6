"""`rung serve`: the API and the console on one address."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rung.cli import memory
from rung.cli.compose import open_house
from rung.cli.edge import Ends, open_edge
from rung.cli.ground import LOCK
from rung.cli.look import Look, look_here
from rung.cli.plan_troubles import TROUBLES, TroubleFile
from rung.cli.stopping import Stopping
from rung.runtime.errors import ConfigError
from rung.runtime.hardware.folders import look_at, no_room
from rung.runtime.logs import configure
from rung.runtime.planning.plan import blocked
from rung.runtime.server.accepting import listening_socket
from rung.runtime.server.listen import listener, loop_factory
from rung.runtime.settings import ServerSettings
from rung.runtime.store import FILE

log = logging.getLogger("rung")

_OURS = (LOCK, FILE, f"{FILE}-wal", f"{FILE}-shm", "artifacts", "inputs", "shelf")
"""What a server writes in its data folder and cannot do without."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address; beyond loopback there must be keys.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Instead of ./rung.toml.")] = None,
    console: Annotated[bool | None, typer.Option("--console/--no-console", help="The web page.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Let everyone in who reaches the port.")] = False,
) -> None:
    """Serve the API and the console until interrupted. A first signal finishes what runs, a second ends at once."""
    look = look_here(config)
    settings = look.settings
    secrets = [settings.callback_secret, settings.jobs.database, *settings.provider_keys.values()]
    configure(format=settings.log.format, level=settings.log.level, secrets=[s for s in secrets if s])
    given = {"host": host, "port": port, "console": console, "insecure": insecure or None}
    server = replace(settings.server, **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    _check_data_dir(settings.data_dir)
    _warn_of_room(settings.data_dir, settings.jobs.min_free)
    with asyncio.Runner(loop_factory=loop_factory(server)) as runner:
        runner.run(_serve(replace(look, settings=replace(settings, server=server))))


async def _serve(look: Look) -> None:
    memory.keep_pages()
    listening = _listen(look.settings.server)
    server = replace(look.settings.server, port=listening.getsockname()[1])
    look = replace(look, settings=replace(look.settings, server=server))
    troubles, ends = TroubleFile(Path(look.settings.data_dir) / TROUBLES), Ends()
    async with (
        open_house(look, durable=True, ended=ends, on_health=troubles.write) as house,
        open_edge(house, ends) as edge,
        house.preloading.begun(),
    ):
        for damage in look.damaged:
            log.warning("%s says nothing of this machine: %s", damage.path, damage.why)
        for task in blocked(look.plan):
            log.warning("no rung of %s can answer; `rung plan --task %s` says why", task, task)
        uvicorn_server = listener(edge.app, server, keys=edge.keys)
        stopping = Stopping(uvicorn_server, house.runner, server.drain_s)
        uvicorn_server.handle_exit = stopping.signalled  # type: ignore[assignment, method-assign]
        for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn takes them only when it serves: a moment too late
            signal.signal(number, stopping.signalled)
        memory.settle()
        log.info("http://%s:%d", server.host, server.port)
        await uvicorn_server.serve(sockets=[listening])


def _listen(server: ServerSettings) -> socket.socket:
    """The socket, bound before anything is loaded or said. Raises ConfigError where the address is not to be had."""
    try:
        return listening_socket(server.host, server.port)
    except OSError as error:
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
    if foreign := _foreign(Path(path)):
        raise ConfigError(
            f"{', '.join(foreign)} in the data folder {path} cannot be written; give all that is in it to who runs the "
            "server (chown -R), or set RUNG_DATA_DIR to another folder",
            key="RUNG_DATA_DIR",
        )


def _foreign(folder: Path) -> list[str]:
    """What of ours in that folder cannot be written: a server that another user ran left it there."""
    return [name for name in _OURS if (folder / name).exists() and not os.access(folder / name, os.W_OK)]


def _warn_of_room(path: str, least: int) -> None:
    """On a disk that is nearly full a server has what it kept to give, and takes nothing new."""
    for sentence, remedy in no_room(look_at(path), least):
        log.warning("the data folder %s: %s %s", path, sentence, remedy)
