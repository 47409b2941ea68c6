"""Owns `/v1/tasks` and `/v1/models`: the ladders as planned here, what is in memory, and changing that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.errors import NotFound
from rung.runtime.server.answers import json_response
from rung.runtime.server.options import unknown
from rung.runtime.spec import Placement, Plan, TaskPlan

_SHOWN = (
    "seat",
    "state",
    "device",
    "running",
    "queued",
    "pinned",
    "bytes",
    "reserved",
    "load_s",
    "restarts",
    "trouble",
)
"""Of a row of the status."""


class Admin(Protocol):
    """What changes the memory: the engine. Each raises a RungError."""

    async def load(self, variant: str) -> None:
        """Take a variant into memory."""

    async def unload(self, variant: str) -> None:
        """Take it out again."""

    async def pin(self, variant: str, pinned: bool = True) -> None:
        """Never evict it for another one; or no longer so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The endpoints."""

    plan: Callable[[], Plan]
    status: Callable[[], Mapping[str, Any]]
    admin: Admin

    async def tasks(self, request: Request) -> Response:
        """Every ladder, best rung first, with the reason for each choice and each rejection."""
        plan = self.plan()
        return json_response({"tasks": [_task(task) for task in plan.tasks.values()], "budgets": dict(plan.budgets)})

    async def models(self, request: Request) -> Response:
        """Every variant of every ladder, and its state where it has one."""
        states = rows_of(self.status())
        plan = self.plan()
        rows = [row | {"state": states.get(row["variant"])} for task in plan.tasks.values() for row in _variants(task)]
        return json_response({"models": rows})

    async def act(self, request: Request) -> Response:
        """`load`, `unload`, `pin`, `unpin`: done when it answers 200."""
        variant, verb = request.path_params["variant"], request.path_params["verb"]
        known = [name for task in self.plan().tasks.values() for name in task.ladder]
        if variant not in known:
            raise NotFound(unknown("variant", variant, known))
        match verb:
            case "load":
                await self.admin.load(variant)
            case "unload":
                await self.admin.unload(variant)
            case "pin":
                await self.admin.pin(variant)
            case "unpin":
                await self.admin.pin(variant, pinned=False)
            case _:
                raise NotFound(unknown("action", verb, ("load", "unload", "pin", "unpin")))
        return json_response({"variant": variant, "done": verb, "state": rows_of(self.status()).get(variant)})


def _task(task: TaskPlan) -> dict[str, Any]:
    return {
        "task": task.task,
        "mode": task.mode,
        "note": task.note,
        "ladder": list(task.ladder),
        "rungs": [_rung(place) for place in task.rungs],
        "rejected": [asdict(one) for one in task.rejected],
    }


def _rung(place: Placement) -> dict[str, Any]:
    """What a caller may know of a placement: weight paths and environment stay on the server."""
    variant = place.variant
    return {
        "variant": variant.name,
        "title": variant.title,
        "kind": variant.kind,
        "runtime": variant.runtime,
        "verified": variant.verified,
        "quality": asdict(variant.quality),
        "device": place.device,
        "precision": place.precision,
        "threads": place.threads,
        "footprint": asdict(place.footprint),
        "latency": None if place.latency is None else asdict(place.latency),
        "load_s": place.load_s,
        "caps": dict(place.caps),
        "reason": place.reason,
        "forced": place.forced,
    }


def _variants(task: TaskPlan) -> list[dict[str, Any]]:
    placed = {place.variant.name: _rung(place) for place in task.rungs}
    rejected = {one.variant: asdict(one) for one in task.rejected}
    names = dict.fromkeys((*task.ladder, *placed, *rejected))
    return [
        {"variant": name, "task": task.task, "feasible": name in placed, **placed.get(name, rejected.get(name, {}))}
        for name in names
    ]


def rows_of(status: Mapping[str, Any]) -> dict[str, Any]:
    """The status's rows by variant: `{"variants": [{"variant": ..., "state": ...}]}`, as an engine tells them. The row
    of the preferred seat stands for the variant; those of its replicas are its `replicas`."""
    found: dict[str, Any] = {}
    for row in status.get("variants", ()):
        shown = {key: row[key] for key in _SHOWN if key in row}
        if row["variant"] in found:
            found[row["variant"]].setdefault("replicas", []).append(shown)
        else:
            found[row["variant"]] = shown
    return found
