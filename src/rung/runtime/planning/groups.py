"""What the worker of a group needs: equal components are counted once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rung.runtime.spec import Component, Footprint, Placement


def footprint_of_group(members: Sequence[Placement]) -> Footprint:
    """Bytes on the device of the one worker that answers for all members; of one member, its own footprint.

    1. What is resident: each component once, by its key.
    2. What offloading members bring to the device in turn: the largest of them, since one call runs at a time.
    3. What is no component (libraries, a CUDA context): once, the largest figure.
    Working bytes are those of the hungriest member. It is `measured` when all of them are.
    """
    if len(members) == 1:
        return members[0].footprint
    held = [m for m in members if m.strategy == "resident"]
    moved = [m for m in members if m.strategy != "resident"]
    once = sum(c.bytes for c in distinct(c for m in held for c in m.variant.components))
    beside = max((_beside(m) for m in held), default=0)
    return Footprint(
        resident=once + beside + max((m.footprint.resident for m in moved), default=0),
        working=max(m.footprint.working for m in members),
        working_per_pixel=max(m.footprint.working_per_pixel for m in members),
        source="measured" if all(m.footprint.source == "measured" for m in members) else "catalogue",
    )


def room_of_group(members: Sequence[Placement]) -> int | None:
    """Bytes of the device that the worker's weights may take; None where a member declares no components.

    Of what is resident, and never less than the components need in their strategies: of a worker that offloads, a
    measurement after its load has seen no component yet.
    """
    if not all(member.variant.components for member in members):
        return None
    held = distinct(c for m in members if m.strategy == "resident" for c in m.variant.components)
    moved = [_at_once(m) for m in members if m.strategy != "resident"]
    return max(footprint_of_group(members).resident, sum(c.bytes for c in held) + max(moved, default=0))


def _at_once(member: Placement) -> int:
    by_component = member.strategy == "component-offload"
    return max(c.bytes if by_component else c.block or c.bytes for c in member.variant.components)


def ram_of_group(members: Sequence[Placement]) -> int:
    """Bytes that it keeps in RAM beside the device: components that are offloaded to it, each once, and one buffer."""
    if len(members) == 1:
        return members[0].ram
    buffers = [m.ram for m in members if m.strategy == "group-offload-disk"]
    moved = [m for m in members if m.ram and m.strategy != "group-offload-disk"]
    kept = distinct(c for m in moved for c in m.variant.components)
    return sum(c.bytes for c in kept) + max(buffers, default=0)


def distinct(components: Iterable[Component]) -> tuple[Component, ...]:
    """Each content once, in order."""
    return tuple({component.key: component for component in components}.values())


def _beside(member: Placement) -> int:
    return max(0, member.footprint.resident - sum(c.bytes for c in distinct(member.variant.components)))
