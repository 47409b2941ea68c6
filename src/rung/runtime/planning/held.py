"""The ways to hold a variant at a place of this machine, and a placement that is held one of those ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rung.runtime.planning.ceilings import memory_limit
from rung.runtime.planning.ground import Ground
from rung.runtime.planning.strategies import Holding, holdings
from rung.runtime.planning.terms import footprint_of, latency_of, measured_of, subject_of
from rung.runtime.spec import Device, Placeable, Placement, Slowdown, Strategy, Variant


def ways_at(variant: Variant, place: Placeable, device: Device, ground: Ground) -> tuple[Holding, ...]:
    """Every way, the fastest first, with this hardware's figures where it was measured so."""
    ways = holdings(variant, footprint_of(variant, place, device, ground), place.device)
    return tuple(
        replace(way, footprint=footprint_of(variant, place, device, ground, way.strategy, way.footprint))
        for way in ways
    )


def ways_of(placement: Placement, ground: Ground) -> tuple[Holding, ...]:
    """Every way of a placement's variant where it stands."""
    return ways_at(placement.variant, _place(placement), _device(placement, ground), ground)


def held_as(placement: Placement, way: Holding, ways: Sequence[Holding], ground: Ground) -> Placement:
    """The placement held that way; of `ways`, the slower ones that RAM has room for are its fallbacks."""
    variant, place, device = placement.variant, _place(placement), _device(placement, ground)
    forced = ground.wishes(variant).strategy is not None
    slower = ways[ways.index(way) + 1 :]
    slowdown = _slowdown(variant, place, device, way, ground)
    latency = latency_of(variant, place, device, ground, way.strategy)
    if latency is not None and latency.source != "measured" and slowdown is not None:
        latency = replace(latency, fixed=latency.fixed + slowdown.seconds)  # the catalogue's is that of `resident`
    return replace(
        placement,
        footprint=way.footprint,
        strategy=way.strategy,
        ram=way.ram if place.device != "cpu" else 0,
        slowdown=slowdown,
        fallbacks=() if forced else tuple(w.strategy for w in slower if fits_ram(w, place, ground)),
        latency=latency,
        load_s=measured_of(variant, place, device, ground, way.strategy).load_s,
        subject=subject_of(variant, place, device, ground, way.strategy),
        memory_limit=memory_limit(variant, device, way.footprint, ground),
    )


def fits_ram(way: Holding, place: Placeable, ground: Ground) -> bool:
    """Whether what it keeps beside the device has room; on a CPU nothing is beside it."""
    ram = ram_budget(ground)
    return place.device == "cpu" or not way.ram or (ram is not None and way.ram <= ram)


def ram_budget(ground: Ground) -> int | None:
    """Bytes of RAM that offloaded components may take, though the allow-list may keep models off the CPU."""
    return ground.budgets.get("cpu", ground.machine.ram_free)


def strategies_at(variant: Variant, place: Placeable, ground: Ground) -> tuple[Strategy, ...]:
    """The strategies that exist there, the fastest first; only the one that the user fixed where there is one."""
    wished = ground.wishes(variant).strategy
    found = tuple(way.strategy for way in holdings(variant, place.footprint, place.device))
    return tuple(strategy for strategy in found if wished in (None, strategy))


def _slowdown(variant: Variant, place: Placeable, device: Device, way: Holding, ground: Ground) -> Slowdown | None:
    """Measured where this hardware ran both ways, else the estimate."""
    if way.strategy == "resident":
        return None
    here = measured_of(variant, place, device, ground, way.strategy).latency
    best = measured_of(variant, place, device, ground).latency
    if here is None or best is None:
        return way.estimate
    sentence = f"measured here: {here.of():.3g} s against {best.of():.3g} s"
    return Slowdown(seconds=max(0.0, here.of() - best.of()), source="measured", sentence=sentence)


def _place(placement: Placement) -> Placeable:
    kind = placement.device.partition(":")[0]
    return next(p for p in placement.variant.places if (p.device, p.precision) == (kind, placement.precision))


def _device(placement: Placement, ground: Ground) -> Device:
    device = ground.machine.device(placement.device)
    assert device is not None, "placed on a device that the machine does not have"
    return device
