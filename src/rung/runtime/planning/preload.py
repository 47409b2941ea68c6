"""Decides what `[machine] preload` means here: the seats that are loaded at the start, and what cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rung.runtime.planning.words import listed
from rung.runtime.settings import ALL, Preload
from rung.runtime.spec import Placement, Plan


def preloads(plan: Plan, wanted: Sequence[Preload]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The seats in the order of the settings (`VARIANT@DEVICE`), and by name why others are left out."""
    rungs = {rung.variant.name: rung for task in plan.tasks.values() for rung in task.rungs}
    reasons = {r.variant: r.reason for task in plan.tasks.values() for r in task.rejected}
    seats: dict[str, None] = {}
    left_out = {}
    for entry in wanted:
        rung = rungs.get(entry.variant)
        if rung is None:
            left_out[entry.variant] = reasons.get(entry.variant, f"{entry.variant}: it is not planned here.")
        elif rung.variant.provider is not None:
            left_out[entry.variant] = f"{entry.variant}: others serve it, so there is nothing to load here."
        elif entry.device in ("", ALL) or entry.device in _devices(rung):
            seats |= dict.fromkeys(f"{entry.variant}@{device}" for device in _meant(entry, rung))
        else:
            places = listed(_devices(rung))
            left_out[f"{entry.variant}@{entry.device}"] = f"{entry.variant}: of the devices here only {places} will do."
    return tuple(seats), left_out


def _devices(rung: Placement) -> tuple[str, ...]:
    return (rung.device, *rung.replicas)


def _meant(entry: Preload, rung: Placement) -> tuple[str, ...]:
    if entry.device == ALL:
        return _devices(rung)
    return (entry.device or rung.device,)
