"""`rung profile`: measures what variants take of this hardware, and keeps it for planning."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rung.cli.compose import apps, memory_of
from rung.cli.look import Look, look_here, profile_of
from rung.cli.profile_table import profile_json, render
from rung.cli.profiling import Bench, Measurement
from rung.models.catalog import RUNTIMES
from rung.runtime.errors import NotFound, Unavailable
from rung.runtime.profile import Profile, Record, figures
from rung.runtime.spec import Placement, Rejection
from rung.runtime.workers.template import Templates

BUSY = 0.5
"""Of the cores: with more already running, times say little."""


def profile(
    variant: Annotated[str | None, typer.Argument(metavar="VARIANT", help="This one only.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Run each feasible variant on its example at several sizes, and keep what it took: planning goes by it."""
    look, console = look_here(config, by_catalogue=True), Console(highlight=False)
    rungs, rejected = chosen(look, variant)
    say = Console(stderr=True, highlight=False)
    if (warning := busy(look.machine.cores)) is not None:
        say.print(f"warning: {warning}", style="yellow")
    measurements = asyncio.run(_measure(look, rungs, say))
    for one in measurements:
        if one.record is not None:
            keep(profile_of(look.settings), one.record)
    if as_json:
        typer.echo(json.dumps(profile_json(measurements, rejected), indent=2))
    else:
        for renderable in render(measurements, rejected):
            console.print(renderable)
    if not any(one.record is not None for one in measurements):
        raise Unavailable("Nothing was measured; the reasons stand above.")


def keep(store: Profile, record: Record) -> None:
    """A measurement that is whole replaces what was known; one that lacks sizes is added to it. Raises StoreError."""
    if figures(record).footprint is None:
        store.add(record)
    else:
        store.put(record)


def chosen(look: Look, variant: str | None) -> tuple[list[Placement], list[Rejection]]:
    """The rungs to measure, and of those that cannot be the reasons. Raises NotFound for an unknown name."""
    if variant is not None and variant not in look.variants:
        raise NotFound(f"There is no variant {variant!r}; there are {', '.join(look.variants)}.")
    tasks = look.plan.tasks.values()
    rungs = [rung for task in tasks for rung in task.rungs if variant in (None, rung.variant.name)]
    elsewhere = [rung for rung in rungs if rung.variant.provider is not None]
    rungs = [rung for rung in rungs if rung not in elsewhere]
    rejected = [r for task in tasks for r in task.rejected if variant in (None, r.variant)]
    return rungs, [*rejected, *map(_not_measured, elsewhere)]


def _not_measured(rung: Placement) -> Rejection:
    reason = f"{rung.variant.name}: others serve it: it takes no memory here, and each call may cost money."
    return Rejection(variant=rung.variant.name, code="device", reason=reason)


async def _measure(look: Look, rungs: Sequence[Placement], say: Console) -> list[Measurement]:
    templates = Templates(RUNTIMES)
    memory, found = memory_of(look.settings, look.plan), []
    makers = {"compute": tuple(app.heaviest for app in apps() if app.heaviest)}
    bench = Bench(spawn=templates.spawn, memory=memory, makers=makers)
    try:
        for rung in rungs:
            say.print(f"{rung.variant.name} on {rung.device} ...")
            found.append(await bench.measure(rung))
    finally:
        await templates.close()
        await memory.close()
    return found


def busy(cores: int) -> str | None:
    """The sentence for a machine that does other things; None when it is quiet or nobody can say."""
    try:
        load = os.getloadavg()[0]
    except OSError:
        return None
    if load <= BUSY * cores:
        return None
    return f"{load:.1f} of {cores} cores were busy in the last minute; times measured now are too long."
