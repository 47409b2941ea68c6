"""`rung models list | load | unload | pin | unpin | keep`: what a running server has in memory, and changing that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rung.cli.address import url_of
from rung.runtime.client import Client
from rung.runtime.config import load_settings
from rung.runtime.errors import NotReady
from rung.runtime.planning.words import size

app = typer.Typer(no_args_is_help=True)

Server = Annotated[str | None, typer.Option("--server", metavar="URL", help="Instead of the one of rung.toml.")]
Secret = Annotated[str | None, typer.Option("--key", metavar="KEY", help="Instead of RUNG_KEY.")]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
Names = Annotated[
    list[str], typer.Argument(metavar="VARIANT...", help="VARIANT, or VARIANT@DEVICE for one of several.")
]


@app.command("list")
def list_models(
    every: Annotated[bool, typer.Option("--all", help="Those too that this machine cannot run.")] = False,
    server: Server = None,
    key: Secret = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show every variant, where it is or would be, and what is wrong with it."""
    with _client(server, key, config) as client:
        models = [model for model in client.models()["models"] if every or model["feasible"]]
    if as_json:
        _print_json(models)
        return
    table = Table("variant", "task", "device", "state", "memory", "calls", box=None, pad_edge=False)
    for row in _rows(models):
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    console.print(table if models else "This server has no models.")
    for sentence in _troubles(models):
        console.print(Text(sentence, "bold red"))


@app.command()
def load(
    names: Names,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Until it is in memory.")] = True,
    server: Server = None,
    key: Secret = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take variants into memory; a quarantine is lifted by it. The load goes on when this command is ended."""
    with _client(server, key, config) as client:
        done = [_load(client, name, wait) for name in names]
    _tell(done, as_json)


@app.command()
def unload(
    names: Names, server: Server = None, key: Secret = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Take variants out of memory, when the calls that run on them are done."""
    _each(names, "unload", server, key, config, as_json)


@app.command()
def pin(
    names: Names, server: Server = None, key: Secret = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Never evict variants for another one."""
    _each(names, "pin", server, key, config, as_json)


@app.command()
def unpin(
    names: Names, server: Server = None, key: Secret = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Let variants be evicted again."""
    _each(names, "unpin", server, key, config, as_json)


@app.command()
def keep(
    names: Names,
    ttl: Annotated[
        float | None,
        typer.Option("--ttl", metavar="SECONDS", help="Unload them after so long without a call.", min=1),
    ] = None,
    server: Server = None,
    key: Secret = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say how long variants stay without a call; without --ttl until others need the room."""
    with _client(server, key, config) as client:
        done = [client.keep(name, ttl) for name in names]
    _tell(done, as_json)


def _client(server: str | None, key: str | None, config: Path | None) -> Client:
    settings = load_settings(config)
    return Client(server or url_of(settings.server), key or settings.api_key or None)


def _each(
    names: Sequence[str], verb: str, server: str | None, key: str | None, config: Path | None, as_json: bool
) -> None:
    with _client(server, key, config) as client:
        done = [client.model(name, verb) for name in names]
    _tell(done, as_json)


def _load(client: Client, name: str, wait: bool) -> dict[str, Any]:
    """Asks again for as long as the server says that it still loads."""
    while True:
        try:
            return client.model(name, "load", wait=wait)
        except NotReady as error:
            typer.echo(error.message, err=True)


def _tell(done: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        _print_json(done)
        return
    for one in done:
        state = one.get("state") or {}
        eta = f", about {one['eta_s']:.0f} s left" if "eta_s" in one else ""
        now = "being loaded" if "doing" in one else state.get("state", "unknown")
        typer.echo(f"{one['variant']} is {now}{_life(state)}{eta}.")


def _life(seat: Mapping[str, Any]) -> str:
    """What makes it stay or leave: a pin goes before a time to live."""
    if seat.get("pinned"):
        return ", pinned"
    leaves = seat.get("state") == "ready" and seat.get("ttl_s")
    return f", unloaded after {seat['ttl_s']:g} s without a call" if leaves else ""


def _rows(models: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for model in models:
        for seat in model.get("seats") or [model["state"] or {}]:
            state = seat.get("state", "not possible here")
            calls = ((seat.get("running"), "running"), (seat.get("queued"), "waiting"))
            yield (
                model["variant"],
                model["task"],
                seat.get("device", ""),
                f"{state}{_life(seat)}",
                size(seat["bytes"]) if seat.get("bytes") else "",
                ", ".join(f"{count} {word}" for count, word in calls if count),
            )


def _troubles(models: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for model in models:
        for seat in model.get("seats") or [model["state"] or {}]:
            if trouble := seat.get("trouble"):
                again = f"tried again in {trouble['until_s']:.0f} s" if trouble["until_s"] else "the next call tries it"
                yield f"{model['variant']} is {trouble['state']}: {trouble['reason'].rstrip('.')}; {again}."


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=True))
