"""The plan as tables and sentences for a terminal of 80 columns."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rung.cli.plan_troubles import Noted, told
from rung.runtime.planning.budgets import Budget
from rung.runtime.planning.words import size
from rung.runtime.spec import Device, Machine, Placement, Plan, Quality, Rejection, TaskPlan

_COLUMNS = ("#", "variant", "kind", "device", "prec.", "threads", "peak", "latency")
FIGURES = (
    "measured: on this hardware, the latency that of 1 megapixel; catalogue: elsewhere, the latency on 2 cores of a"
    " 2.5 GHz Xeon; `rung profile` measures here"
)
NO_TROUBLE: Mapping[str, Noted] = {}
_RIGHT = ("#", "threads", "peak", "latency")


def render(
    plan: Plan, budgets: tuple[Budget, ...] = (), troubles: Mapping[str, Noted] = NO_TROUBLE
) -> list[RenderableType]:
    """The machine, its budgets, and each task: its rungs, why each stands there, and those passed over.

    troubles: what a running server leaves alone, by variant.
    """
    shown: list[RenderableType] = [machine_line(plan.machine)]
    shown += [line(f"  budget {b.device}  ", b.sentence) for b in budgets]
    shown.append(line("  budget threads  ", f"{plan.threads} of {plan.machine.cores} cores, for all calls together"))
    for task in plan.tasks.values():
        shown += _task(task, troubles)
    if any(task.rungs for task in plan.tasks.values()):
        shown += [Text(""), Text(FIGURES, style="dim")]
    return shown


def machine_line(machine: Machine) -> Text:
    """`name: 8 cores, 31.2 GiB RAM (20.0 GiB free); cuda:0 RTX 4090 (24.0 GiB, 23.5 GiB free)`."""
    ram = f"{_memory(machine.ram_total)} RAM ({_memory(machine.ram_free)} free)"
    parts = [f"{machine.cores} cores, {ram}", *(_device(d) for d in machine.devices if d.kind != "cpu")]
    return Text.assemble((machine.name or "this machine", "bold"), ": ", "; ".join(parts))


def line(head: str, body: str, style: str = "") -> RenderableType:
    """A head and a wrapped body beside it; nothing in either is read as markup."""
    grid = Table.grid(padding=(0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(head, style=style), Text(body))
    return grid


def _task(task: TaskPlan, troubles: Mapping[str, Noted]) -> list[RenderableType]:
    mode = "" if task.mode == "real" else f"  mode = {task.mode}"
    shown: list[RenderableType] = [Text(""), Text.assemble((task.task, "bold cyan"), (mode, "yellow"))]
    if task.note:
        shown.append(Padding(Text(task.note), (0, 0, 0, 2)))
    if task.rungs:
        shown.append(_rungs(task.rungs))
        for n, r in enumerate(task.rungs, 1):
            shown.append(line(f"  {n} {r.variant.name}  ", r.reason + _about_quality(r.variant.quality), "green"))
            if (noted := troubles.get(r.variant.name)) is not None:
                shown.append(line(f"  ! {r.variant.name}  ", told(noted, time.time()), "bold red"))
    if task.rejected:
        shown.append(Text("  passed over", style="dim"))
        shown += [_rejection(rejection) for rejection in task.rejected]
    return shown


def _rungs(rungs: tuple[Placement, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for name in _COLUMNS:
        whole = name in ("variant", "peak", "latency")  # a broken name or figure reads as another one
        table.add_column(name, justify="right" if name in _RIGHT else "left", overflow="fold", no_wrap=whole)
    for number, rung in enumerate(rungs, 1):
        table.add_row(*(Text(cell) for cell in _cells(number, rung)))
    return table


def _cells(number: int, rung: Placement) -> tuple[str, ...]:
    return (
        str(number),
        rung.variant.name,
        rung.variant.kind + (" (forced)" if rung.forced else ""),
        rung.device,
        rung.precision,
        str(rung.threads),
        "-" if rung.variant.provider else f"{size(rung.footprint.peak())}\n{rung.footprint.source}",
        _latency(rung),
    )


def _latency(rung: Placement) -> str:
    return "?" if rung.latency is None else f"{rung.latency.of():.2g} s\n{rung.latency.source}"


def _about_quality(quality: Quality) -> str:
    if quality.value is None:
        return " Quality unmeasured."
    return f" Quality {quality.value:g}: {quality.metric or 'metric not named'}."


def _rejection(rejection: Rejection) -> RenderableType:
    remedy = f"\n→ {rejection.remedy}" if rejection.remedy else ""
    return line(f"  - [{rejection.code}]  ", rejection.reason + remedy, "yellow")


def _device(device: Device) -> str:
    busy = "" if device.utilisation is None else f", {device.utilisation:.0%} busy"
    memory = f"{_memory(device.memory_total)}, {_memory(device.memory_free)} free{busy}"
    return f"{device.id} {device.name} ({memory})".replace("  ", " ")


def _memory(count: int | None) -> str:
    return "unknown" if count is None else size(count)
