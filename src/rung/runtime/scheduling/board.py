"""Owns the scheduler's whole state: lines, seats, the calls that are not answered yet, the budgets, the time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rung.runtime.errors import RungError
from rung.runtime.scheduling.commands import EndSpare, Fail, Unload
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.swaps import Swaps
from rung.runtime.scheduling.waiting import Waiting


@dataclass(slots=True, kw_only=True)
class Board:
    """What the numbered decisions look at. lines: by name; budgets: bytes per device id; most: what each of them may
    become when others give back; cores: for running calls;
    swaps: the policy; now: the latest time that an event brought; last_order: of the call that came last.
    work: seconds of running that have begun, as they were reckoned.
    ahead_s: a batch that takes no longer may be sent ahead; 0: none is.
    holds: by seat, until when others keep their turn before it, if nothing changes."""

    lines: dict[str, Line]
    budgets: dict[str, int]
    most: Mapping[str, int]
    cores: int
    swaps: Swaps
    work: float = 0.0
    ahead_s: float = 0.0
    holds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, Waiting] = field(default_factory=dict)
    now: float = -math.inf
    last_order: int = 0
    seats: dict[str, Seat] = field(init=False)
    """By name."""
    claims: dict[str, float] = field(default_factory=dict)
    """By device: who waits for memory of it, as the order of the oldest call; infinity where no call does."""
    _of_variant: dict[str, Line] = field(init=False)

    def __post_init__(self) -> None:
        """The same seats and lines, to be found by other names."""
        self.seats = {seat.name: seat for line in self.lines.values() for seat in line.seats}
        self._of_variant = {variant: line for line in self.lines.values() for variant in line.variants}

    def line_of(self, variant: str) -> Line | None:
        """Where its calls wait; None: it is not planned here."""
        return self._of_variant.get(variant)

    def others(self, seat: Seat, device: str) -> list[Seat]:
        """The other seats that hold memory of that device."""
        return [other for other in self.seats.values() if other is not seat and other.on(device)]

    def may_grow(self, seat: Seat) -> int:
        """Bytes by which its worker may grow now. None where calls that came before wait for that memory."""
        device = seat.need.device
        before = seat.queue and seat.queue[0].order <= self.claims.get(device, math.inf)
        return max(self.free(device), 0) if before else 0

    def room_for_batch(self, seat: Seat) -> int:
        """Bytes by which its worker may grow for a batch: where others wait for memory, for its first call only."""
        if len(seat.queue) == 1:
            return 0  # that one is taken as it is
        return seat.growth() if seat.need.device in self.claims else max(self.free(seat.need.device), 0)

    def served_elsewhere(self, seat: Seat) -> bool:
        """Whether another copy of it stays."""
        others = (other for other in self.lines[seat.line].seats if other is not seat)
        return any(s.serves and not s.leaving and s.gate is None for s in others)

    def next_order(self) -> int:
        """The place behind all calls so far."""
        self.last_order += 1
        return self.last_order

    def used(self, device: str) -> int:
        """Bytes of that device which are taken, those on their way out included."""
        return sum(seat.on(device) for seat in self.seats.values() if seat.state != "unloaded" or seat.spare)

    def staying(self, device: str) -> int:
        """Bytes of that device which nobody is giving back."""
        gone = sum(s.on(device) for s in self.seats.values() if s.state == "unloading")
        return self.used(device) - gone

    def free(self, device: str) -> int:
        """Bytes of its budget that nobody holds."""
        return self.budgets.get(device, 0) - self.used(device)

    def taken(self, device: str) -> int:
        """Bytes that other Rungs and other programs hold of what there could be for us."""
        return max(self.most.get(device, 0) - self.budgets.get(device, 0), 0)

    def placed(self, call: str) -> tuple[Waiting, Seat] | None:
        """The call and its seat while a worker has it, running or lying ready, else None."""
        waiting = self.calls.get(call)
        return (waiting, self.seats[waiting.seat]) if waiting is not None and waiting.seat else None

    def able(self, seat: Seat) -> bool:
        """Whether the next call may begin there now, as far as the seat and its memory go."""
        return seat.may_start() and (not (growth := seat.growth()) or growth <= self.may_grow(seat))

    def at_rest(self, seat: Seat) -> bool:
        """Whether it may leave at once: nothing runs there, and nothing could begin."""
        return seat.state == "ready" and not seat.running and not self.able(seat)

    def cores_free(self, threads: int) -> bool:
        """Whether a batch that keeps so many cores busy may begin; one alone runs whatever it takes."""
        busy = sum(seat.threads for seat in self.seats.values() if seat.running)
        return busy == 0 or busy + threads <= self.cores

    def fail_queue(self, line: Line, error: RungError) -> Iterator[Fail]:
        """All that wait there end with this error."""
        for waiting in line.queue:
            del self.calls[waiting.call]
            yield Fail(waiting.call, error)
        line.queue.clear()

    def fail_first(self, line: Line, error: RungError) -> Fail:
        """The one that waits there longest ends with this error."""
        waiting = line.queue.popleft()
        del self.calls[waiting.call]
        return Fail(waiting.call, error)

    def fail_barred(self, line: Line) -> Iterator[Fail]:
        """Those that wait there and cannot be kept until a seat is tried again end with the reason."""
        for waiting in list(line.queue):
            if (seat := line.barrier(waiting.deadline, self.now)) is not None:
                line.queue.remove(waiting)
                del self.calls[waiting.call]
                yield Fail(waiting.call, seat.health.error(self.now))

    def evict_idle(self, seat: Seat) -> Iterator[Unload | EndSpare]:
        """Real memory was short, whatever the budget says: its next try gets as much as can be had."""
        for other in self.seats.values():
            if other is not seat and other.shares(seat) and other.idle and not other.pinned:
                seat.displaced.add(other.name)
                yield from self.unload(other)

    def give_back(self, seat: Seat) -> None:
        """It will not be loaded: those who left for it may come back."""
        for name in seat.displaced:
            self.seats[name].returning = True
        seat.displaced.clear()

    def unload(self, seat: Seat) -> Iterator[Unload | EndSpare]:
        """Let its worker leave, the replacement first."""
        if seat.replacing:
            yield end_spare(seat)
        seat.state, seat.leaving, seat.began = "unloading", False, self.now
        yield Unload(seat.name)


def end_spare(seat: Seat) -> EndSpare:
    """The replacement is not needed."""
    seat.spare = "leaving"
    return EndSpare(seat.name)
