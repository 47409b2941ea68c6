"""Which members of a group share a worker, and how it holds what they need together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rung.runtime.planning.ground import Ground
from rung.runtime.planning.groups import distinct, footprint_of_group, ram_of_group
from rung.runtime.planning.held import held_as, ram_budget, ways_of
from rung.runtime.planning.strategies import STRATEGIES
from rung.runtime.planning.words import listed, size
from rung.runtime.spec import Placement, Strategy, TaskPlan


def bring_together(tasks: Mapping[str, TaskPlan], ground: Ground) -> dict[str, TaskPlan]:
    """The same plans, each group's rungs settled. The cases in order:

    1. Members of another precision than the first one's are a group of their own: what was made with fewer bits is not
       to bring what it was made of into memory.
    2. A member that cannot live in the first one's worker has a worker of its own.
    3. The members fit together as each was placed, or with the first common strategy with which they do.
    4. They fit together with none: each has a worker of its own.
    """
    groups: dict[str, dict[str, list[Placement]]] = {}
    for task in tasks.values():
        for rung in task.rungs:
            if rung.variant.group:
                groups.setdefault(rung.variant.group, {}).setdefault(rung.precision, []).append(rung)
    settled = {p.variant.name: p for found in groups.values() for p in _by_precision(list(found.values()), ground)}
    return {
        name: replace(task, rungs=tuple(settled.get(rung.variant.name, rung) for rung in task.rungs))
        for name, task in tasks.items()
    }


def _by_precision(found: Sequence[Sequence[Placement]], ground: Ground) -> Iterator[Placement]:
    head = found[0][0]
    name = head.variant.group
    for members in found:
        first = members[0]
        yield from _settled(members, name if first is head else f"{name}-{first.precision}", head, ground)


def _settled(members: Sequence[Placement], name: str, head: Placement, ground: Ground) -> list[Placement]:
    """name: of the worker that they share. head: the first of the whole group."""
    mates = [m for m in members if _one_worker(m, members[0])]
    apart = [m for m in members if m not in mates]
    together = _together(mates, name, ground) if len(mates) > 1 else None
    own = f"Of the group {head.variant.group} it has a worker of its own"
    if together is None and len(mates) > 1:
        budget = ground.budgets[mates[0].device]
        whole = size(footprint_of_group(mates).peak())
        mates = [_reasoned(m, f"{own}: together they need {whole} of {size(budget)}.") for m in mates]
    elif together is None and mates[0] is not head:
        apart, mates = [*mates, *apart], []
    return [*(together or mates), *(_reasoned(m, f"{own}: {head.variant.name} is placed otherwise.") for m in apart)]


def _one_worker(one: Placement, other: Placement) -> bool:
    """Whether one process can be both: one device, code and environment, and components of one precision."""
    return (
        (one.device, one.precision, one.variant.runtime, one.variant.loader)
        == (other.device, other.precision, other.variant.runtime, other.variant.loader)
        and one.env == other.env
        and not one.replicas
        and not other.replicas
    )


def _together(mates: Sequence[Placement], name: str, ground: Ground) -> list[Placement] | None:
    for strategy in STRATEGIES:
        lowered = [_lowered(mate, strategy, ground) for mate in mates]
        ways = [mate for mate in lowered if mate is not None]
        if len(ways) == len(mates) and _fit(ways, ground):
            return [_shared(mate, ways, name) for mate in ways]
    return None


def _lowered(mate: Placement, strategy: Strategy, ground: Ground) -> Placement | None:
    """The member at that strategy or its own lower one; None where it does not have that one. What the user fixed
    stays."""
    forced = ground.wishes(mate.variant).strategy is not None
    if forced or STRATEGIES.index(mate.strategy) >= STRATEGIES.index(strategy):
        return mate
    ways = ways_of(mate, ground)
    found = next((way for way in ways if way.strategy == strategy), None)
    if found is None:
        return None
    why = (
        f"{strategy}: {found.part} fits the budget of {size(ground.budgets[mate.device])}, the group's whole does not."
    )
    return _reasoned(held_as(mate, found, ways, ground), why)


def _fit(mates: Sequence[Placement], ground: Ground) -> bool:
    device, ram = mates[0].device, ram_budget(ground)
    beside = 0 if device == "cpu" else ram_of_group(mates)
    return footprint_of_group(mates).peak() <= ground.budgets[device] and (ram is None or beside <= ram)


def _shared(mate: Placement, mates: Sequence[Placement], name: str) -> Placement:
    others = [m for m in mates if m is not mate]
    elsewhere = {c.key for m in others for c in m.variant.components}
    equal = [f"{c.name} ({size(c.bytes)})" for c in distinct(mate.variant.components) if c.key in elsewhere]
    what = f": {listed(equal)} is held once" if equal else ""
    why = f"Shares the worker of the group {name} with {listed([m.variant.name for m in others])}{what}."
    return replace(_reasoned(mate, why), group=name)


def _reasoned(mate: Placement, why: str) -> Placement:
    return replace(mate, reason=f"{mate.reason} {why}")
