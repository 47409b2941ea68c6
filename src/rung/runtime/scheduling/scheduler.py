"""Decides who is loaded, who runs and who is evicted: events in, commands out, nothing touched.

It never changes a call's variant: routing chose that. All memory figures are peaks, so that what is
admitted can run. A switch that memory forces is held by a *gate*, not by a clock: once it is decided,
only calls that were already queued may still run on the variants that have to go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice

from rung.runtime.errors import DeadlineExceeded, NotFound, OutOfMemory, RungError, WorkerCrashed
from rung.runtime.scheduling.commands import CancelRunning, Command, Dispatch, Fail, Kill, Load, Refuse, Unload
from rung.runtime.scheduling.events import (
    CallArrived,
    CallCancelled,
    CallDone,
    Event,
    LoadAsked,
    LoadDone,
    LoadFailed,
    Pinned,
    Tick,
    UnloadAsked,
    UnloadDone,
    WorkerExited,
)
from rung.runtime.scheduling.seats import Need, Seat, Waiting

MAX_ATTEMPTS = 2
"""A call whose worker died is tried once more, then fails."""

Evict = Callable[[Sequence[Seat]], Sequence[Seat]]


def least_recently_used(seats: Sequence[Seat]) -> Sequence[Seat]:
    """The order in which to evict: the one unused for longest goes first."""
    return sorted(seats, key=lambda seat: (seat.last_used, seat.need.variant))


class Scheduler:
    """The state machine of one machine.

    budgets: bytes per device id. cores: threads that running calls may keep busy together; at least one
    call runs whatever it takes. record: told every event with its commands, the story of every job.
    """

    def __init__(
        self,
        needs: Sequence[Need],
        budgets: Mapping[str, int],
        cores: int,
        *,
        evict: Evict = least_recently_used,
        record: Callable[[Event, Sequence[Command]], None] = lambda event, commands: None,
    ) -> None:
        self.seats = {need.variant: Seat(need) for need in needs}
        self.budgets = dict(budgets)
        self.cores = cores
        self._evict = evict
        self._record = record
        self._order = count(1)
        self._last_order = 0
        self._calls: dict[str, Waiting] = {}

    def handle(self, event: Event) -> list[Command]:
        """One event in, the commands that follow out."""
        commands = [*self._take(event), *self._expire(event.now), *self._dispatch(event.now), *self._move()]
        self._record(event, commands)
        return commands

    def next_alarm(self) -> float | None:
        """When a Tick is due: the nearest deadline or limit of any call, or None."""
        times = [w.deadline for w in self._calls.values() if not w.abandoned]
        times += [
            w.started + seat.need.limit_s
            for seat in self.seats.values()
            if not seat.killed
            for w in seat.running.values()
        ]
        return min(times, default=None)

    def used(self, device: str) -> int:
        """Bytes of that device which are taken, those on their way out included."""
        return sum(seat.bytes for seat in self.seats.values() if seat.need.device == device)

    # --- events -----------------------------------------------------------------------------------

    def _take(self, event: Event) -> Iterator[Command]:
        match event:
            case CallArrived():
                yield from self._arrive(event)
            case CallCancelled(call=call):
                yield from self._cancel(call)
            case CallDone(call=call, now=now):
                self._done(call, now)
            case LoadAsked(variant=name):
                self.seats[name].wanted = self.seats[name].state != "ready"
                self.seats[name].leaving = False
            case LoadDone(variant=name, now=now):
                seat = self.seats[name]
                seat.state, seat.last_used, seat.wanted = "ready", now, False
            case LoadFailed(variant=name, error=error):
                yield from self._load_failed(self.seats[name], error)
            case UnloadAsked(variant=name):
                self.seats[name].leaving = self.seats[name].state in ("ready", "loading")
                self.seats[name].wanted = False
            case UnloadDone(variant=name):
                self._vacate(self.seats[name])
            case WorkerExited(variant=name, reason=reason):
                if self.seats[name].state == "ready":
                    yield from self._crashed(self.seats[name], reason)
            case Pinned(variant=name, pinned=pinned):
                self.seats[name].pinned = pinned
            case Tick():
                pass

    def _arrive(self, event: CallArrived) -> Iterator[Command]:
        seat = self.seats.get(event.variant)
        if seat is None:
            yield Fail(event.call, NotFound(f"no variant {event.variant!r} is planned on this machine"))
            return
        self._last_order = next(self._order)
        waiting = Waiting(event.call, event.variant, self._last_order, event.deadline)
        self._calls[event.call] = waiting
        seat.queue.append(waiting)

    def _cancel(self, call: str) -> Iterator[Command]:
        waiting = self._calls.get(call)
        if waiting is None:
            return
        seat = self.seats[waiting.variant]
        if call in seat.running:
            waiting.abandoned = True
            yield CancelRunning(waiting.variant, call)
        else:
            seat.queue.remove(waiting)
            del self._calls[call]

    def _done(self, call: str, now: float) -> None:
        waiting = self._calls.get(call)
        seat = self.seats[waiting.variant] if waiting else None
        if seat is not None and call in seat.running:
            del self._calls[call], seat.running[call]
            seat.last_used = now

    def _load_failed(self, seat: Seat, error: RungError) -> Iterator[Command]:
        self._vacate(seat)
        seat.wanted = False
        yield from self._fail_queue(seat, error)

    def _crashed(self, seat: Seat, reason: str) -> Iterator[Command]:
        lost = sorted(seat.running.values(), key=lambda w: w.order, reverse=True)
        self._vacate(seat)
        for waiting in lost:
            if waiting.abandoned:
                del self._calls[waiting.call]
            elif waiting.attempts >= MAX_ATTEMPTS:
                del self._calls[waiting.call]
                yield Fail(waiting.call, _crash_error(waiting, reason))
            else:
                seat.queue.appendleft(waiting)

    def _vacate(self, seat: Seat) -> None:
        seat.state, seat.leaving, seat.killed, seat.gate = "unloaded", False, False, None
        seat.running.clear()

    def _fail_queue(self, seat: Seat, error: RungError) -> Iterator[Command]:
        for waiting in seat.queue:
            del self._calls[waiting.call]
            yield Fail(waiting.call, error)
        seat.queue.clear()

    # --- time -------------------------------------------------------------------------------------

    def _expire(self, now: float) -> Iterator[Command]:
        late = [w for w in self._calls.values() if w.deadline <= now and not w.abandoned]
        for waiting in late:
            seat = self.seats[waiting.variant]
            running = waiting.call in seat.running
            yield Fail(waiting.call, _late_error(waiting, running))
            yield from self._cancel(waiting.call)
        for seat in self.seats.values():
            if not seat.killed and any(w.started + seat.need.limit_s <= now for w in seat.running.values()):
                seat.killed = True
                yield Kill(seat.need.variant, f"a call ran longer than its limit of {seat.need.limit_s:g} s")

    # --- running ----------------------------------------------------------------------------------

    def _dispatch(self, now: float) -> Iterator[Command]:
        """The oldest call that can run now goes first; an idle worker never waits for a fuller batch."""
        while (seat := self._next_seat()) is not None:
            batch = list(islice(_startable(seat), seat.need.max_batch))
            for waiting in batch:
                waiting.started, waiting.attempts, waiting.batch = now, waiting.attempts + 1, batch[0].call
                seat.running[waiting.call] = waiting
            seat.last_used = now
            yield Dispatch(seat.need.variant, tuple(waiting.call for waiting in batch))

    def _next_seat(self) -> Seat | None:
        """The seat of the oldest call that may start. While it lacks cores, only light calls pass it: younger
        ones that need fewer cores would keep it waiting for ever."""
        able = sorted((s for s in self.seats.values() if s.may_start()), key=lambda seat: seat.queue[0].order)
        blocked = False
        for seat in able:
            if seat.need.threads == 0 or (not blocked and self._cores_free(seat)):
                return seat
            blocked = True
        return None

    def _cores_free(self, seat: Seat) -> bool:
        busy = sum(s.need.threads * s.batches for s in self.seats.values())
        return busy == 0 or busy + seat.need.threads <= self.cores

    # --- loading and leaving ----------------------------------------------------------------------

    def _move(self) -> Iterator[Command]:
        """Loads in the order of who waits longest; the first that does not fit holds its device."""
        yield from self._let_leave()
        held: set[str] = set()
        for seat in sorted(filter(self._should_load, self.seats.values()), key=self._urgency):
            if seat.need.device in held:
                continue
            commands = list(self._make_room(seat))
            yield from commands
            if seat.state != "loading":
                held.add(seat.need.device)
        self._lift_gates()
        yield from self._let_leave()

    def _let_leave(self) -> Iterator[Command]:
        for seat in self.seats.values():
            if seat.leaving and seat.state == "ready" and not seat.running:
                yield self._unload(seat)

    def _should_load(self, seat: Seat) -> bool:
        return seat.state == "unloaded" and bool(seat.queue or seat.wanted)

    def _urgency(self, seat: Seat) -> tuple[int, str]:
        return (seat.oldest() or self._last_order + 1, seat.need.variant)

    def _make_room(self, seat: Seat) -> Iterator[Command]:
        """Numbered cases, first that holds:

        1. it fits: load
        2. it will fit once what is leaving has left: wait
        3. it fits once idle variants have left: unload them, least recently used first
        4. it fits once busy ones have left: close their gate and wait for them
        5. it can never fit: fail what waits, with the numbers
        """
        device = seat.need.device
        short = self.used(device) + seat.need.peak - self.budgets.get(device, 0)
        if short <= 0:
            seat.state = "loading"
            yield Load(seat.need.variant)
            return
        others = [s for s in self.seats.values() if s is not seat and s.need.device == device and s.bytes]
        short -= sum(s.bytes for s in others if s.state == "unloading" or s.leaving)
        if short <= 0:
            return
        movable = [s for s in others if s.state in ("ready", "loading") and not s.pinned and not s.leaving]
        victims = _enough(self._evict([s for s in movable if s.idle]), short)
        if victims is not None:
            for victim in victims:
                yield self._unload(victim)
            return
        gated = _enough(
            [*self._evict([s for s in movable if s.idle]), *self._evict([s for s in movable if not s.idle])], short
        )
        if gated is not None:
            self._close_gates(gated)
            return
        error = self._no_memory(seat, others)
        if seat.wanted:
            seat.wanted = False
            yield Refuse(seat.need.variant, error)
        yield from self._fail_queue(seat, error)

    def _close_gates(self, seats: Sequence[Seat]) -> None:
        for seat in seats:
            if seat.gate is None:
                seat.gate = self._last_order

    def _lift_gates(self) -> None:
        """A gate stands only as long as somebody on that device waits for room."""
        waiting = {s.need.device for s in self.seats.values() if self._should_load(s)}
        for seat in self.seats.values():
            if seat.gate is None:
                continue
            if seat.need.device not in waiting:
                seat.gate = None
            elif seat.state == "ready" and not seat.running and not seat.may_start():
                seat.leaving = True

    def _unload(self, seat: Seat) -> Unload:
        seat.state, seat.leaving = "unloading", False
        return Unload(seat.need.variant)

    def _no_memory(self, seat: Seat, others: Sequence[Seat]) -> OutOfMemory:
        device, pinned = seat.need.device, [s.need.variant for s in others if s.pinned]
        held = f"; pinned and in the way: {', '.join(pinned)} (unpin one)" if pinned else ""
        return OutOfMemory(
            f"{seat.need.variant} needs {_mib(seat.need.peak)} on {device}; the budget is "
            f"{_mib(self.budgets.get(device, 0))}{held}",
            needed=seat.need.peak,
            budget=self.budgets.get(device, 0),
            device=device,
        )


def _enough(candidates: Sequence[Seat], short: int) -> list[Seat] | None:
    """The first of the candidates that together hold at least `short` bytes, or None."""
    chosen: list[Seat] = []
    for seat in candidates:
        if short <= 0:
            break
        chosen.append(seat)
        short -= seat.bytes
    return chosen if short <= 0 else None


def _startable(seat: Seat) -> Iterator[Waiting]:
    """Takes calls off the queue, oldest first, as long as the gate lets them."""
    while seat.queue and (seat.gate is None or seat.queue[0].order <= seat.gate):
        yield seat.queue.popleft()


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"


def _crash_error(waiting: Waiting, reason: str) -> RungError:
    return WorkerCrashed(
        f"{waiting.variant}: the worker died under this call {waiting.attempts} times ({reason})",
        attempts=waiting.attempts,
    )


def _late_error(waiting: Waiting, running: bool) -> RungError:
    doing = "while it ran" if running else "before it could start"
    return DeadlineExceeded(f"{waiting.variant}: the deadline passed {doing}; give the request a longer deadline_s")
