"""Decides which placements each worker is started with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from rung.runtime.scheduling.seats import Seat
from rung.runtime.spec import Placement


def copies(placements: Iterable[Placement]) -> Iterator[Placement]:
    """Each placement, then the same on the further devices where a replica of it may be loaded."""
    for placement in placements:
        yield placement
        for device in placement.replicas:
            yield replace(placement, device=device, replicas=(), subject=None)  # its hardware may be another


def members(seats: Mapping[str, Seat], placements: Iterable[Placement]) -> dict[str, tuple[Placement, ...]]:
    """By seat: what its worker holds, the members of a group in the order of their placements."""
    found = {(p.variant.name, p.device): p for p in copies(placements)}
    return {name: tuple(found[variant, seat.need.device] for variant in seat.needs) for name, seat in seats.items()}
