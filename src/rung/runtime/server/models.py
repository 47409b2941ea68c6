"""Owns `/v1/tasks` and `/v1/models`: the ladders as planned here, what is in memory, and changing that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from rung.runtime.errors import Conflict, InvalidInput, NotFound, NotReady
from rung.runtime.server.answers import json_response, prefer
from rung.runtime.server.body import Intake
from rung.runtime.server.options import unknown
from rung.runtime.server.strictjson import read_json
from rung.runtime.spec import Placement, Plan, TaskPlan

_SHOWN = (
    "seat",
    "state",
    "device",
    "running",
    "queued",
    "pinned",
    "ttl_s",
    "bytes",
    "reserved",
    "load_s",
    "eta_s",
    "restarts",
    "trouble",
)
GLANCE_S = 0.05
"""What is refused at once is told even to those who do not wait."""
VERBS = ("load", "unload", "pin", "unpin", "keep")
LONGEST_TTL_S = 10**9
_BODY = 1024
"""Bytes that the body of an action may have."""
_NEAR = ("ready", "loading", "unloaded", "unloading")


class Admin(Protocol):
    """What changes the memory: the engine. A name is a variant's or a seat's. Each raises a RungError."""

    async def load(self, name: str) -> None:
        """Take a variant into memory."""

    async def unload(self, name: str) -> None:
        """Take it out again."""

    async def pin(self, name: str, pinned: bool = True) -> None:
        """Never evict it for another one; or no longer so."""

    async def keep(self, name: str, ttl_s: float | None) -> None:
        """Unload it after so many seconds without a call; None: it stays until others need the room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The endpoints."""

    plan: Callable[[], Plan]
    status: Callable[[], Mapping[str, Any]]
    admin: Admin
    intake: Intake
    wait_s: float = 60.0
    """How long somebody who asks for a load waits for it, unless they say."""
    loads: Loads = field(default_factory=lambda: Loads())

    async def tasks(self, request: Request) -> Response:
        """Every ladder, best rung first, with the reason for each choice and each rejection."""
        plan = self.plan()
        return json_response({"tasks": [_task(task) for task in plan.tasks.values()], "budgets": dict(plan.budgets)})

    async def models(self, request: Request) -> Response:
        """Every variant of every ladder, and its state where it has one; `seats`: that of each device."""
        seats = seats_of(self.status())
        rows = [row for task in self.plan().tasks.values() for row in _variants(task)]
        return json_response({"models": [row | _where(seats.get(row["variant"], [])) for row in rows]})

    async def act(self, request: Request) -> Response:
        """One of VERBS, of a variant or of one seat (`VARIANT@DEVICE`): done when it answers 200."""
        name, verb = request.path_params["variant"], request.path_params["verb"]
        self._check(name)
        match verb:
            case "load":
                return await self._load(request, name)
            case "unload":
                await self.admin.unload(name)
            case "pin":
                await self.admin.pin(name)
            case "unpin":
                await self.admin.pin(name, pinned=False)
            case "keep":
                await self.admin.keep(name, _ttl_s(await self.intake.read(request, _BODY)))
            case _:
                raise NotFound(unknown("action", verb, VERBS))
        return json_response(self._done(name, verb))

    async def _load(self, request: Request, name: str) -> Response:
        """A load goes on whoever leaves. Done: 200. Not yet, when the caller's wait is over: 202 for one that asked
        for `respond-async`, else 503; with an estimate where something was measured, without one where nothing was."""
        wait = prefer(",".join(request.headers.getlist("prefer")))
        loading = self.loads.begin(name, self.admin.load)
        seconds = self.wait_s if wait.seconds is None else wait.seconds
        await asyncio.wait({loading}, timeout=max(seconds, GLANCE_S))
        headers = {"Preference-Applied": wait.applied} if wait.applied else {}
        if loading.done():
            loading.result()
            return json_response(self._done(name, "load"), headers=headers)
        row = _row(self.status(), name)
        eta_s = (row or {}).get("eta_s")
        known = {} if eta_s is None else {"eta_s": eta_s}
        if not wait.background:
            when = "later" if eta_s is None else f"in about {max(eta_s, 1):.0f} s"
            raise NotReady(f"{name} is still being loaded, and goes on; ask again {when}", variant=name, **known)
        return json_response({"variant": name, "doing": "load", "state": row} | known, 202, headers)

    def _done(self, name: str, verb: str) -> dict[str, Any]:
        return {"variant": name, "done": verb, "state": _row(self.status(), name)}

    def _check(self, name: str) -> None:
        """Raises NotFound for what is neither a variant nor one of its seats."""
        known = [variant for task in self.plan().tasks.values() for variant in task.ladder]
        variant, at, device = name.partition("@")
        if variant not in known:
            raise NotFound(unknown("variant", variant, known))
        if any(r.variant.name == variant and r.variant.provider for t in self.plan().tasks.values() for r in t.rungs):
            raise Conflict(f"others serve {variant}: there is nothing to load or unload here")
        devices = [row.get("device") for row in seats_of(self.status()).get(variant, [])]
        if at and device not in devices:
            raise NotFound(
                f"{variant} has no place on {device[:40]!r}; it has {', '.join(map(str, devices)) or 'none'}"
            )


@dataclass(frozen=True, slots=True)
class Loads:
    """The loads that somebody asked for: each goes on to its end, and whoever asks meanwhile is given the same."""

    _open: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def begin(self, name: str, load: Callable[[str], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        """The load of that name. What became of it, when nobody awaits it any more, the variant's trouble says."""
        if name not in self._open:
            task = self._open[name] = asyncio.get_running_loop().create_task(load(name))
            task.add_done_callback(lambda done: self._ended(name, done))
        return self._open[name]

    def _ended(self, name: str, done: asyncio.Task[None]) -> None:
        self._open.pop(name, None)
        if not done.cancelled():
            done.exception()


def _ttl_s(body: bytes) -> float | None:
    """`{"ttl_s": 600}`: seconds; null, or no body: for as long as there is room. Raises InvalidInput, Malformed."""
    asked = read_json(body) if body else {}
    if not isinstance(asked, dict) or asked.keys() - {"ttl_s"}:
        raise InvalidInput("the body of `keep` is an object with `ttl_s` and nothing else")
    seconds = asked.get("ttl_s")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= LONGEST_TTL_S:
        raise InvalidInput(f"ttl_s is a number of seconds, 1 to {LONGEST_TTL_S}, or null to stay until room is needed")
    return float(seconds)


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


def seats_of(status: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The status's rows by variant, one for each seat, the preferred one first: `{"variants": [{"variant": ...,
    "state": ...}]}`, as an engine tells them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in status.get("variants", ()):
        found.setdefault(row["variant"], []).append({key: row[key] for key in _SHOWN if key in row})
    return found


def rows_of(status: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By variant: the row of its nearest seat."""
    return {variant: _nearest(rows) for variant, rows in seats_of(status).items()}


def _nearest(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return min(rows, key=lambda row: _NEAR.index(row["state"]) if row.get("state") in _NEAR else len(_NEAR))


def _row(status: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Of a variant, or of one seat."""
    variant, _, device = name.partition("@")
    rows = [row for row in seats_of(status).get(variant, []) if not device or row.get("device") == device]
    return _nearest(rows) if rows else None


def _where(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Its state; beside it that of each seat, where there are several."""
    if not rows:
        return {"state": None}
    return {"state": _nearest(rows)} | ({"seats": list(rows)} if len(rows) > 1 else {})
