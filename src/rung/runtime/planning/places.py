"""Where a variant runs: the first of its places whose device is here, allowed, and large enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rung.runtime.planning.budgets import allowed
from rung.runtime.planning.ground import Ground
from rung.runtime.planning.terms import footprint_of
from rung.runtime.planning.words import listed, sizes
from rung.runtime.spec import ALL, Device, Footprint, Placeable, Rejection, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place on a device. passed: why each preferred place was not taken. fitting: devices that would do.

    named: by [machine] preload. replicas: further devices of that kind on which it may be in memory too, the roomiest
    first.
    """

    place: Placeable
    device: Device
    footprint: Footprint
    budget: int
    passed: tuple[str, ...]
    fitting: int
    named: bool = False
    replicas: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class _Miss:
    """A place that cannot be used; `sentence` follows the variant's name."""

    code: Literal["device", "memory"]
    sentence: str
    remedy: str


def choose_spot(variant: Variant, ground: Ground, planned: Mapping[str, int]) -> Spot | Rejection:
    """The first fitting place; of several fitting devices one that [machine] preload names, else the roomiest.

    planned: device id -> bytes that the rungs placed before would hold there.
    """
    wrong = _wrong_wish(variant, ground)
    if wrong is not None:
        return wrong
    misses: list[_Miss] = []
    for place in _wished_places(variant, ground):
        found = _fitting(variant, place, ground)
        if isinstance(found, _Miss):
            misses.append(found)
            continue
        named = ground.preloaded_on(variant)
        device, *others = sorted(found, key=lambda d: (d.id not in named, planned.get(d.id, 0) - ground.budgets[d.id]))
        return Spot(
            place=place,
            device=device,
            footprint=footprint_of(variant, place, device, ground),
            budget=ground.budgets[device.id],
            passed=tuple(dict.fromkeys(m.sentence for m in misses)),
            fitting=len(found),
            named=device.id in named,
            replicas=_replicas(variant, others, ground),
        )
    return _nowhere(variant, misses)


def _replicas(variant: Variant, others: Sequence[Device], ground: Ground) -> tuple[Device, ...]:
    """As many as [variant.X] replicas says, and each that [machine] preload names."""
    named, wanted = ground.preloaded_on(variant), ground.wishes(variant).replicas - 1
    return tuple(d for place, d in enumerate(others) if ALL in named or d.id in named or place < wanted)


def _wished_places(variant: Variant, ground: Ground) -> list[Placeable]:
    wishes = ground.wishes(variant)
    kind = wishes.device.partition(":")[0]
    return [
        place
        for place in variant.places
        if kind in ("auto", place.device) and wishes.precision in (None, place.precision)
    ]


def _wrong_wish(variant: Variant, ground: Ground) -> Rejection | None:
    """A forced device that is not here, or a device and precision that the variant has no place for."""
    wishes, name = ground.wishes(variant), variant.name
    here = [d.id for d in ground.machine.devices]
    if wishes.device != "auto" and wishes.device not in here + [d.kind for d in ground.machine.devices]:
        reason = f"{name}: the configuration wants {wishes.device}, but this machine has {listed(here)}."
        remedy = f'[variant.{name}] device = "auto", or one of those.'
        return Rejection(variant=name, code="device", reason=reason, remedy=remedy)
    if not _wished_places(variant, ground):
        wanted = listed([w for w in (wishes.device, wishes.precision) if w and w != "auto"]) or "a place"
        places = listed([f"{p.device} at {p.precision}" for p in variant.places])
        reason = f"{name}: the configuration wants {wanted}, but it has only {places}."
        return Rejection(variant=name, code="config", reason=reason, remedy=f"Correct [variant.{name}].")
    return None


def _fitting(variant: Variant, place: Placeable, ground: Ground) -> list[Device] | _Miss:
    """The devices that hold this place's peak, or why there is none. The cases in order:

    1 no device of that kind, 2 none allowed, 3 none with a known budget, 4 none large enough.
    """
    wish, kind = ground.wishes(variant).device, place.device
    present = [d for d in ground.machine.devices if d.kind == kind and wish in ("auto", d.kind, d.id)]
    if not present:
        return _Miss("device", f"wants {kind}, and this machine has no such device", f"A machine with {kind}.")
    may = [d for d in present if allowed(d, ground.settings.machine)]
    if not may:
        sentence = f"wants {kind}, and the allow-list does not take {listed([d.id for d in present])}"
        return _Miss("device", sentence, f'Add "{kind}" to [machine] devices (or see CUDA_VISIBLE_DEVICES).')
    budgeted = [d for d in may if d.id in ground.budgets]
    budget = "ram_budget" if kind == "cpu" else "vram_budget"
    if not budgeted:
        sentence = f"wants {kind}, and how much memory {listed([d.id for d in may])} has is unknown"
        return _Miss("memory", sentence, f"Say it: [machine] {budget}.")
    peaks = {d.id: footprint_of(variant, place, d, ground).peak() for d in budgeted}
    fitting = [d for d in budgeted if ground.budgets[d.id] >= peaks[d.id]]
    return fitting or _too_small(place, peaks, budgeted, ground, budget)


def _too_small(
    place: Placeable, peaks: Mapping[str, int], devices: list[Device], ground: Ground, setting: str
) -> _Miss:
    roomiest = max(devices, key=lambda d: ground.budgets[d.id])
    needs, largest = sizes(peaks[roomiest.id], ground.budgets[roomiest.id])
    memory = "RAM" if place.device == "cpu" else "VRAM"
    at = "" if place.precision == "none" else f" at {place.precision}"
    could = any((d.memory_total or 0) >= peaks[d.id] for d in devices)
    machine = ground.settings.machine
    fixed = machine.ram_budget is not None if place.device == "cpu" else bool(machine.vram_budget)
    raising = f"{'R' if fixed else 'Free what other programs hold, or r'}aise [machine] {setting}."
    remedy = raising if could else f"A machine with more than {needs} {memory}, or a lower rung."
    return _Miss("memory", f"needs {needs} {memory}{at}, the largest budget is {largest}", remedy)


def _nowhere(variant: Variant, misses: list[_Miss]) -> Rejection:
    """Memory is the reason worth naming where a device was there but too small."""
    memory = [m for m in misses if m.code == "memory"]
    sentences = dict.fromkeys(m.sentence for m in misses)
    return Rejection(
        variant=variant.name,
        code="memory" if memory else "device",
        reason=f"{variant.name}: {'; '.join(sentences)}.",
        remedy=(memory or misses)[-1].remedy,
    )
