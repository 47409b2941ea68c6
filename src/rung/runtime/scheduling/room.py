"""Decides how a variant gets the memory that it needs: who is evicted, who is waited for, or that it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rung.runtime.errors import OutOfMemory
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.words import mib

Kind = Literal["fits", "wait", "drop", "evict", "gate", "others", "never"]
KINDS: tuple[Kind, ...] = ("fits", "wait", "drop", "evict", "gate", "others", "never")
"""Ways to memory, the nearest first."""
Choose = Callable[[Sequence[Seat], int], Sequence[Seat] | None]
"""Which of these leave, so that so many bytes come back; None: all of them do not hold as much."""


@dataclass(frozen=True, slots=True)
class Way:
    """How there: load now, wait, for `drop`, `evict` and `gate` what has to be done with which seats, and `others`:
    not before other Rungs or programs give memory back."""

    kind: Kind
    seats: Sequence[Seat] = ()


def way_to(seat: Seat, short: int, device: str, others: Sequence[Seat], choose: Choose) -> Way:
    """How the seat gets memory of a device. short: bytes that it wants and that are not free. others: the seats that
    hold some. Numbered cases, first that holds:

    1. it fits; after a shortage only when nobody is on the way out any more
    2. it will fit once what is leaving has left: wait
    3. it fits once replacements have left, which nobody waits for: drop them
    4. it fits once those have left that the policy chooses, all of them idle: evict them
    5. the same, some of them busy: close their gate and wait for them
    6. it can never fit
    """
    going = sum(_going(s, device) for s in (seat, *others))
    if short <= 0:
        cramped = going and (seat.short_loads or (seat.queue and seat.queue[0].shortages))
        return Way("wait" if cramped else "fits")
    short -= going
    if short <= 0:
        return Way("wait")
    spares = [s for s in others if s.replacing and s.state == "ready"]
    if spares and short <= sum(s.takes(device, s.need.working) for s in spares):
        return Way("drop", spares)
    movable = [s for s in others if _movable(s)]
    victims = choose(movable, short)
    if victims is None:
        return Way("never")
    return Way("evict" if all(s.idle for s in victims) else "gate", victims)


def _movable(seat: Seat) -> bool:
    """Whether it may be made to leave; one whose worker died lives on in its replacement."""
    return (seat.state in ("ready", "loading") or seat.replacing) and not seat.pinned and not seat.leaving


def _going(seat: Seat, device: str) -> int:
    """Bytes of it that will be back without anything more being decided."""
    if seat.state == "unloading" or seat.leaving:
        return seat.on(device)
    if seat.spare != "leaving":
        return 0
    return seat.spare_held if device == seat.need.device else seat.takes(device, 0)


def no_memory(seat: Seat, device: str, others: Sequence[Seat], budget: int, most: int) -> OutOfMemory:
    """Why it does not fit, with the numbers. most: what the budget would be if nobody else held anything."""
    needed, working = seat.takes(device, seat.asked), seat.asked if device == seat.need.device else 0
    parts = f" ({mib(needed - working)} and {mib(working)} for a call of this size)" if working else ""
    pinned = [s.name for s in others if s.pinned]
    held = f"; pinned and in the way: {', '.join(pinned)} (unpin one)" if pinned else ""
    taken = f" now, and others hold the rest of {mib(most)}" if budget < needed <= most else ""
    return OutOfMemory(
        f"{seat.name} needs {mib(needed)} on {device}{parts}; the budget is {mib(budget)}{taken}{held}",
        needed=needed,
        budget=budget,
        device=device,
    )
