"""The plan as JSON values, with keys that programs may rely on. Sizes in bytes, times in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rung.cli.plan_troubles import Noted, trouble_json
from rung.runtime.planning.budgets import Budget
from rung.runtime.spec import Device, Machine, Placement, Plan, TaskPlan


def plan_json(plan: Plan, budgets: tuple[Budget, ...], troubles: Mapping[str, Noted]) -> dict[str, Any]:
    """The whole plan, with what a running server leaves alone. Values of `env` are left out: they may hold secrets."""
    return {
        "machine": machine_json(plan.machine),
        "budgets": {b.device: {"bytes": b.bytes, "reason": b.sentence} for b in budgets},
        "threads": plan.threads,
        "tasks": {name: _task(task, troubles) for name, task in plan.tasks.items()},
    }


def machine_json(machine: Machine) -> dict[str, Any]:
    """What the machine has; null is unknown."""
    return {
        "name": machine.name,
        "cores": machine.cores,
        "ram_total": machine.ram_total,
        "ram_free": machine.ram_free,
        "devices": [_device(device) for device in machine.devices],
        "problems": [{"problem": problem, "remedy": remedy} for problem, remedy in machine.problems],
    }


def _device(device: Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "kind": device.kind,
        "name": device.name,
        "memory_total": device.memory_total,
        "memory_free": device.memory_free,
        "utilisation": device.utilisation,
        "capability": device.capability,
        "driver": device.driver,
    }


def _task(task: TaskPlan, troubles: Mapping[str, Noted]) -> dict[str, Any]:
    return {
        "mode": task.mode,
        "note": task.note,
        "ladder": list(task.ladder),
        "rungs": [_rung(number, rung, troubles) for number, rung in enumerate(task.rungs, 1)],
        "rejected": [
            {"variant": r.variant, "code": r.code, "reason": r.reason, "remedy": r.remedy} for r in task.rejected
        ],
    }


def _rung(number: int, rung: Placement, troubles: Mapping[str, Noted]) -> dict[str, Any]:
    quality, latency = rung.variant.quality, rung.latency
    return {
        "rung": number,
        "variant": rung.variant.name,
        "title": rung.variant.title,
        "kind": rung.variant.kind,
        "verified": rung.variant.verified,
        "device": rung.device,
        "precision": rung.precision,
        "threads": rung.threads,
        "resident_bytes": rung.footprint.resident,
        "peak_bytes": rung.footprint.peak(),
        "footprint": asdict(rung.footprint),
        "footprint_source": rung.footprint.source,
        "memory_limit": rung.memory_limit,
        "max_calls": rung.max_calls,
        "group": rung.group,
        "strategy": rung.strategy,
        "fallbacks": list(rung.fallbacks),
        "ram_bytes": rung.ram,
        "slowdown": None if rung.slowdown is None else asdict(rung.slowdown),
        "latency_s": None if latency is None else latency.of(),
        "latency_source": None if latency is None else latency.source,
        "latency": None if latency is None else asdict(latency),
        "load_s": rung.load_s,
        "warmup": rung.warmup,
        "quality": {"value": quality.value, "metric": quality.metric, "source": quality.source},
        "caps": dict(rung.caps),
        "options": dict(rung.options),
        "env_names": sorted(rung.env),
        "weights": dict(rung.weight_paths),
        "forced": rung.forced,
        "reason": rung.reason,
        "trouble": trouble_json(troubles, rung.variant.name),
    }
