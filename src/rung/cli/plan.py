"""`rung plan`: for each task the feasible rungs in order, and why every other one is passed over."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType

from rung.cli.compose import apps
from rung.cli.look import Look, look_at_file, look_here
from rung.cli.plan_json import plan_json
from rung.cli.plan_services import services_of, services_table
from rung.cli.plan_table import line, render
from rung.cli.plan_troubles import TROUBLES, read_troubles
from rung.runtime.errors import NotFound
from rung.runtime.planning.budgets import memory_budgets
from rung.runtime.spec import Plan

NOTE = "A described machine: every weight file and library is taken as present; [machine] of rung.toml is left out."


def plan(
    machine: Annotated[
        Path | None, typer.Option("--machine", metavar="FILE", help="Plan for the machine this TOML file describes.")
    ] = None,
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="This task only.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Show which models would answer each task here, in which order, and why the others would not."""
    look = look_here(config) if machine is None else look_at_file(machine, config)
    shown = _only(look.plan, task)
    budgets = memory_budgets(look.machine, look.settings.machine)
    troubles = {} if look.described else read_troubles(Path(look.settings.data_dir) / TROUBLES)
    services = [] if task is not None else services_of(apps(), look.plan, look.variants)
    if as_json:
        planned = plan_json(shown, budgets, troubles)
        values = {"assumed_present": look.described, "config": look.settings.source, **planned}
        typer.echo(json.dumps(values | {"services": [asdict(one) for one in services]}, indent=2, ensure_ascii=False))
        return
    _show(look, [*render(shown, budgets, troubles), *services_table(services)])


def _show(look: Look, shown: list[RenderableType]) -> None:
    console = Console(highlight=False)
    if look.described:
        console.print(line("", NOTE))
    for renderable in shown:
        console.print(renderable)
    if look.damaged:
        names = ", ".join(Path(damage.path).name for damage in look.damaged)
        console.print(line("", f"No file of measurements, and without effect: {names}. `rung doctor` says why."))


def _only(plan: Plan, task: str | None) -> Plan:
    if task is None:
        return plan
    if task not in plan.tasks:
        raise NotFound(f"There is no task {task!r}; there are {', '.join(plan.tasks)}.")
    return replace(plan, tasks={task: plan.tasks[task]})
