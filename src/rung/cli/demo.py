"""`rung demo`: an object is removed from a real photograph by one click, with an account of who did it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from rung.cli.account import account, reasons
from rung.cli.compose import open_house
from rung.cli.local import run_operation, save_files
from rung.cli.look import Look, look_here
from rung.cli.weights import pull_for
from rung.runtime.jobs import JobRecord

TASKS = ("segment", "inpaint")


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for before, mask, after and provenance.json.")] = Path(
        "out"
    ),
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE")] = None,
) -> None:
    """Remove an object from a sample photograph with real models, pulling their weights first."""
    console = Console(highlight=False)
    pull_for(look_here(config), TASKS, console)
    look = look_here(config)
    sample = samples()[0]
    console.print(f"photograph: {sample['title']}, {sample['author']}, {sample['licence']}; click at {sample['point']}")
    record, saved = asyncio.run(_remove(look, sample, out))
    _account(console, record, saved, out)


def samples() -> list[dict[str, Any]]:
    """The photographs that ship with the editor: {file, title, author, licence, point, dilate}."""
    found: list[dict[str, Any]] = json.loads(_folder().joinpath("samples.json").read_text(encoding="utf-8"))
    return found


def _folder() -> Any:
    return files("rung.apps.editor").joinpath("samples")


async def _remove(look: Look, sample: Mapping[str, Any], out: Path) -> tuple[JobRecord, dict[str, Path]]:
    photograph = _folder().joinpath(sample["file"]).read_bytes()
    fields = {"image": photograph, "points": [sample["point"]], "dilate": sample["dilate"]}
    async with open_house(look) as house:
        record = await run_operation(house, "editor", "remove", fields)
        saved = await save_files(house, record, out)
    before = out / f"before{Path(sample['file']).suffix}"
    before.write_bytes(photograph)
    after = saved["image"].replace(out / f"after{saved['image'].suffix}")
    return record, {"before": before, "mask": saved["mask"], "after": after}


def _account(console: Console, record: JobRecord, saved: Mapping[str, Path], out: Path) -> None:
    (out / "provenance.json").write_text(json.dumps([asdict(p) for p in record.provenance], indent=2) + "\n")
    console.print(account(record.provenance))
    for sentence in (*reasons(record.provenance), *(f"warning: {w}" for w in record.warnings)):
        console.print(sentence)
    for name, path in {**saved, "provenance": out / "provenance.json"}.items():
        console.print(f"{name:11} {path}")
