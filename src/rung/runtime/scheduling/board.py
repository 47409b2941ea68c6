"""Owns the scheduler's whole state: the seats, the calls that are not answered yet, the budgets, the time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from rung.runtime.errors import RungError
from rung.runtime.scheduling.commands import EndSpare, Fail, Unload
from rung.runtime.scheduling.room import Evict
from rung.runtime.scheduling.seats import Seat, Waiting


@dataclass(slots=True, kw_only=True)
class Board:
    """What the numbered decisions look at. budgets: bytes per device id; cores: for running calls;
    now: the latest time that an event brought; last_order: of the call that came last."""

    seats: dict[str, Seat]
    budgets: dict[str, int]
    cores: int
    evict: Evict
    calls: dict[str, Waiting] = field(default_factory=dict)
    now: float = -math.inf
    last_order: int = 0

    def next_order(self) -> int:
        """The place behind all calls so far."""
        self.last_order += 1
        return self.last_order

    def used(self, device: str) -> int:
        """Bytes of that device which are taken, those on their way out included."""
        return sum(seat.bytes for seat in self.seats.values() if seat.need.device == device)

    def free(self, device: str) -> int:
        """Bytes of its budget that nobody holds."""
        return self.budgets.get(device, 0) - self.used(device)

    def running(self, call: str) -> tuple[Waiting, Seat] | None:
        """The call and its seat while it runs, else None."""
        waiting = self.calls.get(call)
        seat = self.seats[waiting.variant] if waiting is not None else None
        return (waiting, seat) if waiting and seat and call in seat.running else None

    def fail_queue(self, seat: Seat, error: RungError) -> Iterator[Fail]:
        """All that wait there end with this error."""
        for waiting in seat.queue:
            del self.calls[waiting.call]
            yield Fail(waiting.call, error)
        seat.queue.clear()

    def fail_barred(self, seat: Seat) -> Iterator[Fail]:
        """Those that wait there and cannot be kept until the variant is tried again end with the reason."""
        barred = [w for w in seat.queue if seat.health.bars(w.deadline, self.now)]
        for waiting in barred:
            seat.queue.remove(waiting)
            del self.calls[waiting.call]
            yield Fail(waiting.call, seat.health.error(self.now))

    def unload(self, seat: Seat) -> Iterator[Unload | EndSpare]:
        """Let the variant leave, its replacement first."""
        if seat.replacing:
            yield end_spare(seat)
        seat.state, seat.leaving = "unloading", False
        yield Unload(seat.need.variant)


def end_spare(seat: Seat) -> EndSpare:
    """The replacement is not needed."""
    seat.spare = "leaving"
    return EndSpare(seat.need.variant)
