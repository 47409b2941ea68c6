"""`rung run`: one operation here, without a server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rung.cli.account import account
from rung.cli.compose import open_house
from rung.cli.local import parse_fields, run_operation, save_files
from rung.cli.look import look_here
from rung.runtime.errors import InvalidInput
from rung.runtime.spec import Policy


def run(
    operation: Annotated[str, typer.Argument(help="APP.OPERATION, such as editor.remove")],
    fields: Annotated[list[str], typer.Argument(help="KEY=VALUE ...; a file is given by its path")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the files of the answer.")] = Path("out"),
    variant: Annotated[str, typer.Option(help="Force this variant for its task.")] = "",
    quality_floor: Annotated[str, typer.Option(help="A variant's name, or real.")] = "",
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer and its provenance as JSON.")] = False,
) -> None:
    """Run one operation in this process and save its files."""
    app, _, name = operation.partition(".")
    if not name:
        raise InvalidInput(f"{operation!r}: write APP.OPERATION, such as editor.remove")
    policy = Policy(variant=variant, quality_floor=quality_floor)
    asyncio.run(_run(app, name, fields, policy, out, config, as_json))


async def _run(
    app: str, name: str, fields: list[str], policy: Policy, out: Path, config: Path | None, as_json: bool
) -> None:
    async with open_house(look_here(config)) as house:
        record = await run_operation(house, app, name, parse_fields(fields), policy)
        saved = await save_files(house, record, out)
    if as_json:
        rows = [asdict(p) for p in record.provenance]
        typer.echo(json.dumps({"output": record.output, "provenance": rows, "warnings": record.warnings}, indent=2))
        return
    console = Console(highlight=False)
    console.print(account(record.provenance))
    for sentence in record.warnings:
        console.print(f"warning: {sentence}")
    for field, path in saved.items():
        console.print(f"{field}: {path}")
