"""Decides how much RAM a worker keeps beside its device: as planned, or more once its components were moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rung.runtime.planning.groups import ram_of_group
from rung.runtime.planning.strategies import holdings
from rung.runtime.spec import DeviceKind, Placement, Strategy


def ram_beside(members: Sequence[Placement], strategies: Mapping[str, Strategy]) -> int:
    """Bytes for these members of one worker. strategies: by variant, how its last call found its components held; one
    that has not run is held as planned."""
    return ram_of_group([_held_as(one, strategies.get(one.variant.name, one.strategy)) for one in members])


def moves(members: Sequence[Placement]) -> bool:
    """Whether their components may come to lie beside the device."""
    return any(one.variant.components and one.device.startswith("cuda") for one in members)


def _held_as(member: Placement, strategy: Strategy) -> Placement:
    if strategy == member.strategy:
        return member
    kind: DeviceKind = "cuda"
    ways = {way.strategy: way for way in holdings(member.variant, member.footprint, kind)}
    return replace(member, strategy=strategy, ram=ways[strategy].ram if strategy in ways else member.ram)
