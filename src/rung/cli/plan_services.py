"""Says of each service of an app whether it uses a GPU here, and why: what its people would else write by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rung.runtime.app import App, Service
from rung.runtime.spec import Placement, Plan, TaskPlan, Variant

_GPU = ("cuda", "mps")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """gpu: the device, `none`, or `?` where nothing can answer. answers: the rung that would; empty: none is asked."""

    app: str
    service: str
    task: str
    answers: str
    gpu: str
    why: str


def services_of(apps: Iterable[App], plan: Plan, variants: Mapping[str, Variant]) -> list[ServiceRow]:
    """A row for each task of each service; one for a service that asks for none."""
    return [
        _row(app, service, task, plan, variants)
        for app in apps
        for service in app.services
        for task in service.tasks or ("",)
    ]


def services_table(rows: Sequence[ServiceRow]) -> list[RenderableType]:
    """The rows by app, for a terminal; nothing where no app has services."""
    shown: list[RenderableType] = []
    for app in dict.fromkeys(row.app for row in rows):
        table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
        for name in ("service", "answers", "GPU", "why"):
            table.add_column(name, overflow="fold")
        for row in rows:
            if row.app == app:
                table.add_row(*map(Text, (row.service, row.answers or "-", row.gpu, row.why)))
        shown += [Text(""), Text(f"services of {app}", style="bold cyan"), table]
    return shown


def _row(app: App, service: Service, task: str, plan: Plan, variants: Mapping[str, Variant]) -> ServiceRow:
    found = plan.tasks.get(task)
    answers, gpu, why = "", "none", service.why
    if task and found is None:
        gpu, why = "?", f"no model of the task {task} is in the catalogue"
    elif found is not None and not found.rungs:
        gpu, why = "?", found.note or "nothing can answer here"
    elif found is not None:
        first = found.rungs[0]
        answers, gpu = first.variant.name, first.device if _kind(first.device) == "gpu" else "none"
        why = _why(first, found, variants)
    return ServiceRow(app=app.name, service=service.name, task=task, answers=answers, gpu=gpu, why=why)


def _kind(device: str) -> Literal["gpu", "other"]:
    return "gpu" if device.partition(":")[0] in _GPU else "other"


def _why(first: Placement, task: TaskPlan, variants: Mapping[str, Variant]) -> str:
    """The cases in order: 1 a GPU, 2 others serve it, 3 others would, 4 a GPU's variant was passed over, 5 it runs on
    both and no GPU would do, 6 there is no GPU's variant."""
    if _kind(first.device) == "gpu":
        return f"{first.variant.name} runs there at {first.precision}"
    if first.variant.provider is not None:
        return "others serve it, by HTTP"
    if any(variants[name].provider for name in task.ladder if name in variants):
        return f"its models are served by others, by HTTP; {first.variant.name} takes the CPU"
    passed = {one.variant: one.reason for one in task.rejected if _for_gpu(variants.get(one.variant))}
    own = [one for one in passed if passed[one] and variants[one].not_worth]
    if passed:
        name = own[0] if own else next(iter(passed))
        reason = passed[name].rstrip(".")
        return reason if reason.startswith(name) else f"{name}: {reason}"
    if _for_gpu(first.variant):
        return first.reason
    return f"{first.variant.name} is made for a CPU, and its task has no variant for a GPU"


def _for_gpu(variant: Variant | None) -> bool:
    return variant is not None and any(place.device in _GPU for place in variant.places)
