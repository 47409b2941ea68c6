"""Where a variant runs: the first of its places whose device is here, allowed, and large enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rung.runtime.planning.budgets import allowed
from rung.runtime.planning.ground import Ground
from rung.runtime.planning.held import fits_ram, ram_budget, strategies_at, ways_at
from rung.runtime.planning.precisions import OPTION, objection
from rung.runtime.planning.strategies import Holding, holdings
from rung.runtime.planning.words import listed, size, sizes
from rung.runtime.sections import section
from rung.runtime.settings import ALL
from rung.runtime.spec import Device, Footprint, Placeable, Placement, Rejection, Strategy, Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place on a device. passed: why each preferred place was not taken. fitting: devices that would do.

    way: how its components are held there. ways: every way that exists there, the fastest first.
    named: by [machine] preload. replicas: further devices of that kind on which it may be in memory too, the roomiest
    first.
    """

    place: Placeable
    device: Device
    way: Holding
    ways: tuple[Holding, ...]
    budget: int
    passed: tuple[str, ...]
    fitting: int
    named: bool = False
    replicas: tuple[Device, ...] = ()

    @property
    def footprint(self) -> Footprint:
        """Bytes on the device, held that way."""
        return self.way.footprint


@dataclass(slots=True)
class Placed:
    """What has been placed before. bytes: device id -> what the rungs would hold there. homes: group -> device id."""

    bytes: dict[str, int] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)

    def add(self, rung: Placement) -> None:
        """Another rung."""
        self.bytes[rung.device] = self.bytes.get(rung.device, 0) + rung.footprint.resident
        if rung.variant.group:
            self.homes.setdefault(rung.variant.group, rung.device)


@dataclass(frozen=True, slots=True)
class _Miss:
    """A place that cannot be used; `sentence` follows the variant's name."""

    code: Literal["device", "memory"]
    sentence: str
    remedy: str


def choose_spot(variant: Variant, ground: Ground, placed: Placed) -> Spot | Rejection:
    """The first fitting place, held the fastest way that fits there.

    Of several fitting devices one that [machine] preload names, else its group's, else the roomiest.
    """
    wrong = _wrong_wish(variant, ground)
    if wrong is not None:
        return wrong
    misses: list[_Miss] = []
    for place in _wished_places(variant, ground):
        sentence, remedy = objection(variant, place, ground.option(variant, OPTION))
        if sentence:
            misses.append(_Miss("device", sentence, remedy))
            continue
        for strategy in strategies_at(variant, place, ground):
            found = _fitting(variant, place, strategy, ground)
            if isinstance(found, _Miss):
                misses.append(found)
            else:
                passed = tuple(dict.fromkeys(m.sentence for m in misses))
                return _spot(variant, place, strategy, found, passed, ground, placed)
    return _nowhere(variant, misses)


def _spot(
    variant: Variant,
    place: Placeable,
    strategy: Strategy,
    found: Sequence[Device],
    passed: tuple[str, ...],
    ground: Ground,
    placed: Placed,
) -> Spot:
    named, home = ground.preloaded_on(variant), placed.homes.get(variant.group, "")
    device, *others = sorted(
        found, key=lambda d: (d.id not in named, d.id != home, placed.bytes.get(d.id, 0) - ground.budgets[d.id])
    )
    ways = ways_at(variant, place, device, ground)
    return Spot(
        place=place,
        device=device,
        way=next(way for way in ways if way.strategy == strategy),
        ways=ways,
        budget=ground.budgets[device.id],
        passed=passed,
        fitting=len(found),
        named=device.id in named,
        replicas=_replicas(variant, others, ground),
    )


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
        remedy = f'{section(name)} device = "auto", or one of those.'
        return Rejection(variant=name, code="device", reason=reason, remedy=remedy)
    if not _wished_places(variant, ground):
        wanted = listed([w for w in (wishes.device, wishes.precision) if w and w != "auto"]) or "a place"
        places = listed([f"{p.device} at {p.precision}" for p in variant.places])
        reason = f"{name}: the configuration wants {wanted}, but it has only {places}."
        return Rejection(variant=name, code="config", reason=reason, remedy=f"Correct {section(name)}.")
    if not any(strategies_at(variant, place, ground) for place in _wished_places(variant, ground)):
        return _no_such_way(variant, ground)
    return None


def _no_such_way(variant: Variant, ground: Ground) -> Rejection:
    wished, name = ground.wishes(variant).strategy, variant.name
    places = _wished_places(variant, ground)
    kinds = listed(list(dict.fromkeys(place.device for place in places)))
    has = [*dict.fromkeys(str(w.strategy) for p in places for w in holdings(variant, p.footprint, p.device))]
    why = "it declares no components" if not variant.components else f"on {kinds} it can be held as {listed(has)}"
    reason = f"{name}: the configuration wants {wished}, but {why}."
    return Rejection(variant=name, code="config", reason=reason, remedy=f"Correct {section(name)} strategy.")


def _fitting(variant: Variant, place: Placeable, strategy: Strategy, ground: Ground) -> list[Device] | _Miss:
    """The devices that hold this place's peak that way, or why there is none. The cases in order:

    1 no device of that kind, 2 none allowed, 3 none with a known budget, 4 none large enough, 5 not enough RAM beside.
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
    ways = {d.id: w for d in budgeted for w in ways_at(variant, place, d, ground) if w.strategy == strategy}
    fitting = [d for d in budgeted if ground.budgets[d.id] >= ways[d.id].footprint.peak()]
    if not fitting:
        return _too_small(place, ways, budgeted, ground, budget)
    beside = [d for d in fitting if fits_ram(ways[d.id], place, ground)]
    return beside or _too_little_ram(ways[fitting[0].id], ground)


def _too_little_ram(way: Holding, ground: Ground) -> _Miss:
    ram = ram_budget(ground)
    has = "how much there is is unknown" if ram is None else f"the budget is {size(ram)}"
    remedy = "Free what other programs hold, or raise [machine] ram_budget."
    return _Miss("memory", f"needs {size(way.ram)} RAM beside the device for {way.strategy}, {has}", remedy)


def _too_small(
    place: Placeable, ways: Mapping[str, Holding], devices: list[Device], ground: Ground, setting: str
) -> _Miss:
    peaks, strategy = {name: way.footprint.peak() for name, way in ways.items()}, next(iter(ways.values())).strategy
    roomiest = max(devices, key=lambda d: ground.budgets[d.id])
    needs, largest = sizes(peaks[roomiest.id], ground.budgets[roomiest.id])
    memory = "RAM" if place.device == "cpu" else "VRAM"
    at = "" if place.precision == "none" else f" at {place.precision}"
    at += "" if strategy == "resident" else f" with {strategy}"
    could = any((d.memory_total or 0) >= peaks[d.id] for d in devices)
    machine = ground.settings.machine
    fixed = machine.ram_budget is not None if place.device == "cpu" else bool(machine.vram_budget)
    raising = f"{'R' if fixed else 'Free what other programs hold, or r'}aise [machine] {setting}."
    remedy = raising if could else f"A machine with more than {needs} {memory}, or a lower rung."
    if ways[roomiest.id].footprint.source == "measured":  # what was odd then would keep it out for ever
        at, remedy = f"{at} as measured here", f"{remedy} `rung profile` measures again."
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
