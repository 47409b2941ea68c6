"""`rung weights list | pull | verify | quantize | licenses`: which files are here, how they come, on what terms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rung.cli.comparing import compare
from rung.cli.look import Look, look_here
from rung.cli.pull_progress import shown
from rung.models.catalog import RUNTIMES
from rung.models.catalog.quantizing import QUANTIZERS
from rung.runtime.errors import Conflict, InvalidInput, NotFound, RungError, WeightsError
from rung.runtime.planning.precisions import FEW_BITS
from rung.runtime.planning.words import size
from rung.runtime.spec import Placement, Variant, Weights
from rung.runtime.weights import rows
from rung.runtime.weights.quantize import quantize as make_quantized
from rung.runtime.weights.quantized import Record, derived_name
from rung.runtime.weights.quantized import write as write_record
from rung.runtime.weights.store import WeightStore, open_store
from rung.runtime.workers.template import Templates

app = typer.Typer(no_args_is_help=True)

FAR = 0.5
"""Of the answer: an answer of nothing is 1. Near says little: u2netp with int8 weights is 0.07 off on its example, an
easy one, and keeps 0.18 to 0.57 of its masks on photographs; u2net 0.015 and 0.56 to 0.98."""

_WIDEST = 10_000
"""Columns, more than any table of these has."""

Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[VARIANT]...", help="These variants only.")]
Task = Annotated[str | None, typer.Option("--task", metavar="TASK", help="This task's ladder only.")]


@app.command("list")
def list_files(names: Names = None, task: Task = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show every file of the catalogue: its state here, and the source that a pull would use."""
    look = look_here(config)
    found = rows.files(_store(look), _chosen(look, names, task))
    if as_json:
        _print_json(found)
        return
    table = _table("variant", "file", "size", "state", "source")
    for row in found:
        table.add_row(*map(Text, (row.variant, row.file, size(row.size), _state(row), row.source)))
    _show(table)


@app.command()
def pull(
    names: Names = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is large, gated or of no use here.")] = False,
    task: Task = None,
    config: Config = None,
) -> None:
    """Bring files here, verified. Without names: what the ladders can use on this machine."""
    look = look_here(config)
    if names or everything:
        variants = _chosen(look, names, task)
        wanted = [weights for variant in variants for weights in variant.weights if names or weights.sha256]
    else:
        wanted = _by_default(look, [task] if task else look.plan.tasks)
    console = Console(highlight=False)
    if not wanted:
        console.print("Nothing to pull: no variant that could be used here has files (`rung plan` says why).")
        return
    if _pull(_store(look), wanted, console):
        raise typer.Exit(1)


@app.command()
def verify(names: Names = None, task: Task = None, config: Config = None, as_json: AsJson = False) -> None:
    """Read every byte of the files and compare with the catalogue. Status 1 if one is wrong or missing.

    Without names only those files may not be missing that `rung weights pull` without names would bring.
    """
    look = look_here(config)
    store = _store(look)
    chosen = store.needed(_unique(_chosen(look, names, task)))
    wanted = {w.name for w in (chosen if names else _by_default(look, [task] if task else look.plan.tasks))}
    checked = [_verified(store, weights) for weights in chosen]
    if as_json:
        typer.echo(json.dumps(checked, indent=2, ensure_ascii=False))
    else:
        table = _table("file", "result", "sha256")
        for row in checked:
            table.add_row(*map(Text, (row["file"], row["result"], row["detail"] or row["sha256"])))
        _show(table)
    if any(row["result"] == "corrupt" or (row["result"] == "missing" and row["file"] in wanted) for row in checked):
        raise typer.Exit(1)


@app.command()
def quantize(
    variant: Annotated[str, typer.Argument(metavar="VARIANT", help="Whose files are here.")],
    to: Annotated[str, typer.Option("--to", metavar="PRECISION", help="int8, fp8 or q4.")],
    config: Config = None,
) -> None:
    """Make a variant's files again with fewer bits: a variant VARIANT-PRECISION, whose quality nobody has measured."""
    look = look_here(config)
    (source,) = _chosen(look, [variant], None)
    if to not in FEW_BITS:
        raise InvalidInput(f"--to takes {', '.join(sorted(FEW_BITS))}, not {to!r}.", field="to")
    taken = look.variants.get(derived_name(variant, to))
    if taken is not None and taken.kind != "quantized":
        raise Conflict(f"There is a variant {taken.name} already; it would have the same name.")
    console = Console(highlight=False)
    with shown(console) as report:
        record = make_quantized(_store(look), source, to, QUANTIZERS, report)
    used = {name for made in record.files for name in made.inputs}
    before, after = sum(w.size for w in source.weights if w.name in used), sum(made.size for made in record.files)
    console.print(
        f"{record.name}: {size(after)} in place of {size(before)}. Its quality is unmeasured. "
        f"{_compared(record, config)} It stands below {variant} in the ladder (`rung plan --task {source.task}`) "
        "and is asked for by its name.",
        markup=False,
        soft_wrap=True,
    )


def _compared(record: Record, config: Path | None) -> str:
    """How far its answer to an example lies from its source's, which is written down; or why that is not known."""
    look = look_here(config)
    rungs = {rung.variant.name: rung for task in look.plan.tasks.values() for rung in task.rungs}
    lacking = [name for name in (record.variant, record.name) if name not in rungs]
    if lacking:
        return f"It was not tried: {lacking[0]} cannot run here (`rung plan` says why)."
    try:
        off = asyncio.run(_off(rungs[record.variant], rungs[record.name]))
    except (RungError, OSError) as error:
        return f"It was tried on an example and failed: {error}."
    if off is None:
        return "It was tried on an example and answered; answers of this task cannot be compared by number."
    write_record(_store(look).layout, replace(record, off=off))
    far = ": too far to be of use" if off > FAR else ""
    return f"Its answer to one example is {off:.1%} off that of {record.variant}{far}."


async def _off(whole: Placement, other: Placement) -> float | None:
    templates = Templates(RUNTIMES)
    try:
        return await compare(templates.spawn, whole, other)
    finally:
        await templates.close()


@app.command()
def licenses(names: Names = None, task: Task = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the licence of every file, for a report on what a bundle would carry. read: we read its text."""
    found = rows.licences(_chosen(look_here(config), names, task))
    if as_json:
        _print_json(found)
        return
    table = _table("variant", "file", "licence", "commercial", "copyleft", "gated", "read", "region")
    for row in found:
        flags = (_yes(row.commercial), _yes(row.copyleft), _yes(row.gated), _yes(row.verified), row.region)
        table.add_row(*map(Text, (row.variant, row.part, row.licence, *flags)))
    _show(table)


def pull_for(look: Look, tasks: Collection[str], console: Console) -> None:
    """Bring what the ladders of these tasks can use here. What could not be had is said, and the plan goes without."""
    _pull(_store(look), _by_default(look, tasks), console)


def _pull(store: WeightStore, wanted: Sequence[Weights], console: Console) -> list[WeightsError]:
    """Pull with progress; each failure printed in full."""
    unique = list({weights.name: weights for weights in wanted}.values())
    here = [weights for weights in unique if store.present(weights) is not None]
    if here:
        console.print(f"{len(here)} of {len(unique)} files are here already ({size(sum(w.size for w in here))})")
    with shown(console) as report:
        came = store.pull_each(unique, report)
    failed = [error for error in came.values() if isinstance(error, WeightsError)]
    for error in failed:
        typer.echo(f"rung: {error.message}", err=True)
    return failed


def _by_default(look: Look, tasks: Iterable[str]) -> list[Weights]:
    """The files that the plan uses, or would if they were here (missing files are the last gate of planning)."""
    wanted = []
    for name in tasks:
        if name not in look.plan.tasks:
            raise NotFound(f"There is no task {name!r}; there are {', '.join(look.plan.tasks)}.")
        plan = look.plan.tasks[name]
        usable = [rung.variant.name for rung in plan.rungs] + [r.variant for r in plan.rejected if r.code == "weights"]
        wanted += [w for variant in usable for w in look.variants[variant].weights if w.pulled]
    return wanted


def _chosen(look: Look, names: Sequence[str] | None, task: str | None) -> list[Variant]:
    """The named variants, or all; of one task where it is given."""
    unknown = [name for name in names or () if name not in look.variants]
    if unknown:
        raise NotFound(f"There is no variant {unknown[0]!r}; there are {', '.join(look.variants)}.")
    if task is not None and task not in look.plan.tasks:
        raise NotFound(f"There is no task {task!r}; there are {', '.join(look.plan.tasks)}.")
    found = [look.variants[name] for name in names] if names else list(look.variants.values())
    return [variant for variant in found if task is None or variant.task == task]


def _store(look: Look) -> WeightStore:
    return open_store(look.settings, look.variants.values())


def _unique(variants: Iterable[Variant]) -> list[Weights]:
    return list({weights.name: weights for variant in variants for weights in variant.weights}.values())


def _verified(store: WeightStore, weights: Weights) -> dict[str, Any]:
    try:
        found = store.verify(weights)
    except WeightsError as error:
        return {
            "file": weights.name,
            "result": "corrupt",
            "sha256": error.details["found"],
            "expected": weights.sha256,
            "detail": error.message,
        }
    known = "verified" if found.verified else "local, unverified"
    result = found.state if found.state == "missing" else known
    return {
        "file": weights.name,
        "result": result,
        "sha256": found.sha256,
        "expected": weights.sha256,
        "detail": "",
    }


def _state(row: rows.FileRow) -> str:
    if row.state == "local":
        return "local" if row.verified else "local, unverified"
    return row.state


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True, justify="right" if column == "size" else "left")
    return table


def _show(table: Table) -> None:
    """As wide as it is, since names that are cut or folded cannot be told apart, copied or searched for: a narrow
    terminal wraps its lines, of which none is longer than what it says, and a pipe has no width."""
    console = Console(highlight=False)
    console.width = max(console.width, console.measure(table, options=console.options.update(width=_WIDEST)).maximum)
    with console.capture() as drawn:
        console.print(table)
    typer.echo("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _yes(flag: bool | None) -> str:
    return "unknown" if flag is None else "yes" if flag else "no"


def _print_json(found: Sequence[rows.FileRow] | Sequence[rows.LicenceRow]) -> None:
    typer.echo(json.dumps([asdict(row) for row in found], indent=2, ensure_ascii=False))
