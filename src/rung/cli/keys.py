"""`rung keys create | list | revoke`: who may call this server from elsewhere, and how much."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rung.runtime.config import load_settings
from rung.runtime.keys import KEYS, Allowance, Key, KeyRing, Scope
from rung.runtime.store import location, open_database

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True)

Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, for the list.")],
    scope: Annotated[list[str] | None, typer.Option(metavar="infer|admin", help="infer, or admin: all.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Operations a second, on the average.")] = None,
    burst: Annotated[int, typer.Option(min=1, help="Operations at once, where there is a rate.")] = 10,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Operations open at a time.")] = None,
    daily_seconds: Annotated[float | None, typer.Option(min=0, help="Of model time, each UTC day.")] = None,
    daily_cost: Annotated[float | None, typer.Option(min=0, help="US dollars, each UTC day.")] = None,
    expires: Annotated[float | None, typer.Option(min=0, metavar="DAYS", help="From now; else never.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is shown once and kept nowhere."""
    allowance = Allowance(
        rate_per_s=rate, burst=burst, concurrency=concurrency, daily_s=daily_seconds, daily_cost=daily_cost
    )
    scopes = cast("list[Scope]", scope or ["infer"])
    until = None if expires is None else time.time() + expires * 86400

    async def make(ring: KeyRing) -> tuple[Key, str]:
        return await ring.create(name, scopes=scopes, allowance=allowance, expires=until)

    key, secret = _with_ring(config, make)
    if as_json:
        typer.echo(json.dumps({**_json(key), "secret": secret}, indent=2, ensure_ascii=False))
        return
    typer.echo(f"Key {key.id} for {key.name!r}. Its secret is shown this once and cannot be shown again:")
    typer.echo(secret)


@app.command("list")
def list_keys(config: Config = None, as_json: AsJson = False) -> None:
    """Show every key, without its secret."""
    keys = _with_ring(config, KeyRing.list)
    if as_json:
        typer.echo(json.dumps([_json(key) for key in keys], indent=2, ensure_ascii=False))
        return
    if not keys:
        typer.echo("No keys. `rung keys create NAME` makes one.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "scopes", "limits", "created", "state"):
        table.add_column(column, overflow="fold")
    for key in keys:
        row = (key.id, key.name, " ".join(sorted(key.scopes)), _limits(key), _day(key.created), _state(key))
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `rung keys list` shows it.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Close a key for good; running servers know within 2 seconds."""

    async def close(ring: KeyRing) -> Key:
        return await ring.revoke(key_id)

    key = _with_ring(config, close)
    if as_json:
        typer.echo(json.dumps(_json(key), indent=2, ensure_ascii=False))
    else:
        typer.echo(f"Key {key.id} for {key.name!r} is revoked; running servers refuse it within 2 seconds.")


def _with_ring(config: Path | None, deed: Callable[[KeyRing], Awaitable[T]]) -> T:
    """The deed on the keys of the configured database."""
    settings = load_settings(config)

    async def done() -> T:
        database = open_database(location(settings), [KEYS])
        try:
            return await deed(KeyRing(database))
        finally:
            await database.close()

    return asyncio.run(done())


def _json(key: Key) -> dict[str, Any]:
    may = key.allowance
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": sorted(key.scopes),
        "rate_per_s": may.rate_per_s,
        "burst": may.burst,
        "concurrency": may.concurrency,
        "daily_s": may.daily_s,
        "daily_cost": may.daily_cost,
        "created": key.created,
        "revoked": key.revoked,
        "expires": key.expires,
    }


def _limits(key: Key) -> str:
    may = key.allowance
    said = (
        f"{may.rate_per_s:g}/s, {may.burst} at once" if may.rate_per_s is not None else "",
        f"{may.concurrency} open" if may.concurrency is not None else "",
        f"{may.daily_s:g} s a day" if may.daily_s is not None else "",
        f"{may.daily_cost:g} USD a day" if may.daily_cost is not None else "",
    )
    return "; ".join(filter(None, said)) or "none"


def _state(key: Key) -> str:
    if key.revoked is not None:
        return f"revoked {_day(key.revoked)}"
    if not key.live(time.time()):
        return f"expired {_day(key.expires or 0)}"
    return "open" if key.expires is None else f"until {_day(key.expires)}"


def _day(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d")
