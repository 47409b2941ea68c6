"""Decides what the scheduler has to know of the placements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rung.runtime.planning.groups import footprint_of_group, ram_of_group
from rung.runtime.scheduling.need import Need
from rung.runtime.spec import LARGEST_PIXELS, Latency, Placement
from rung.runtime.tasks import ComputeInput


def needs_of(placements: Iterable[Placement]) -> list[Need]:
    """In their order. The members of a group on one device each need the worker with all of them."""
    found = list(placements)
    return [need_of(one, [other for other in found if _one_worker(one, other)]) for one in found]


def working_of(placement: Placement, input: object, pixels: int) -> int:
    """Bytes that one call takes while it runs: what its input says of itself, else by its pixels."""
    stated = input.working if isinstance(input, ComputeInput) else None
    return placement.footprint.working_at(pixels) if stated is None else stated


def _one_worker(one: Placement, other: Placement) -> bool:
    return one is other or (bool(one.group) and (one.group, one.device) == (other.group, other.device))


def need_of(placement: Placement, members: Sequence[Placement]) -> Need:
    """members: what its worker holds, itself included.

    A worker that holds half as much again as it takes for the largest input is replaced; past its limit it is ended.
    What a process holds is known of the memory of the CPU only: elsewhere neither limit is watched.
    """
    variant, limit = placement.variant, placement.memory_limit
    resident = footprint_of_group(members).resident
    peak = resident + placement.footprint.working_at(LARGEST_PIXELS)
    soft = peak + peak // 2
    if limit is not None:
        soft = min(soft, limit * 4 // 5)
    return Need(
        variant=variant.name,
        device=placement.device,
        resident=resident,
        working=placement.footprint.working,
        ram=ram_of_group(members),
        group=placement.group,
        threads=0 if variant.light else placement.threads,
        max_concurrent=variant.max_concurrent,
        max_batch=placement.caps.get("batch", variant.max_batch),
        limit_s=variant.limit_s,
        soft_limit=soft if placement.device == "cpu" else None,
        hard_limit=limit,
        max_calls=placement.max_calls,
        ttl_s=placement.ttl_s,
        load_s=placement.load_s,
        runs=_runs(placement.latency),
    )


def _runs(latency: Latency | None) -> tuple[tuple[int, float], ...]:
    """What a profile or the catalogue says of batches, until some have run here."""
    if latency is None:
        return ()
    alone = latency.of()
    return ((1, alone),) if latency.per_call is None else ((1, alone), (2, alone + latency.per_call))
