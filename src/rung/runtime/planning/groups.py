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


def ram_of_group(members: Sequence[Placement]) -> int:
    """Bytes that it keeps in RAM beside the device: the components of offloading members, each once."""
    if len(members) == 1:
        return members[0].ram
    return sum(c.bytes for c in distinct(c for m in members if m.ram for c in m.variant.components))


def distinct(components: Iterable[Component]) -> tuple[Component, ...]:
    """Each content once, in order."""
    return tuple({component.key: component for component in components}.values())


def _beside(member: Placement) -> int:
    return max(0, member.footprint.resident - sum(c.bytes for c in distinct(member.variant.components)))
