"""Decides who is loaded, who runs and who is evicted: events in, commands out, nothing touched.

It never changes a call's variant: routing chose that. A call is admitted by the bytes that it takes at its
input's size, so that what is admitted can run. A switch that memory forces is held by a *gate*, not by a
clock: once it is decided, only calls that were already queued may still run on the variants that have to go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from rung.runtime.scheduling import ahead, calm, lives, moves, reach
from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.board import Board, end_spare
from rung.runtime.scheduling.failures import load_failed
from rung.runtime.scheduling.health import Trouble
from rung.runtime.scheduling.lines import lines_of
from rung.runtime.scheduling.need import RAM, Need
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.sides import side_of
from rung.runtime.scheduling.swaps import Swaps
from rung.runtime.scheduling.waiting import Waiting


class Scheduler:
    """The state machine of one machine.

    budgets: bytes per device id. cores: threads that running calls may keep busy together; at least one
    call runs whatever it takes. most: what the budgets may become when others give memory back; as they are, where it
    says nothing. ahead_s: a busy worker may be given its next batch already, where that takes no longer; 0: never.
    swaps: the policy. record: told every event with its commands, the story of every job.
    """

    def __init__(
        self,
        needs: Sequence[Need],
        budgets: Mapping[str, int],
        cores: int,
        *,
        most: Mapping[str, int] | None = None,
        ahead_s: float = 0.0,
        swaps: Swaps = Swaps(),  # noqa: B008 - it is frozen
        record: Callable[[happened.Event, Sequence[do.Command]], None] = lambda event, commands: None,
    ) -> None:
        lines, most = lines_of(needs), {**budgets, **(most or {})}
        self.board = Board(lines=lines, budgets=dict(budgets), most=most, cores=cores, swaps=swaps, ahead_s=ahead_s)
        self.seats = self.board.seats
        self._record = record
        self._calm_until = -math.inf

    def handle(self, *events: happened.Event) -> list[do.Command]:
        """What happened in one moment in, the commands that follow out: one decision for all of it."""
        board, taken = self.board, []
        ended = [found[1] for event in events if isinstance(event, happened.CallDone) for found in self._placed(event)]
        for event in events:
            board.now = max(board.now, event.now)
            reach.try_again(board, event)
            taken.append((event, list(self._take(event))))
        decided = self._decide(events, ended)
        for event, commands in taken[:-1]:
            self._record(event, commands)
        last, commands = taken[-1]
        self._record(last, [*commands, *decided])
        return [command for _, found in taken for command in found] + decided

    def _placed(self, event: happened.CallDone) -> list[tuple[Waiting, Seat]]:
        found = self.board.placed(event.call)
        return [] if found is None else [found]

    def _decide(self, events: Sequence[happened.Event], ended: Sequence[Seat]) -> list[do.Command]:
        """In a calm, plain events change who runs and nothing else. ended: the seats whose calls were answered."""
        board, commands = self.board, list[do.Command]()
        was_calm = board.now < self._calm_until and all(map(calm.is_plain, events))
        commands += ahead.begin(board, lives.PATIENCE_S)
        if not was_calm:
            commands += [*lives.expire(board), *reach.give_up(board), *moves.swap(board)]
        commands += self._dispatch()
        if was_calm and calm.stays_calm(board, ended):
            began = [self.seats[one.seat] for one in commands if isinstance(one, do.Begun | do.Dispatch)]
            self._calm_until = min(self._calm_until, calm.due(board, events, ended, began))
        else:
            commands += moves.move(board)
            commands += self._dispatch()  # those who had to leave memory to others that do not wait for it any more
            self._calm_until = self._next_due() if calm.is_calm(board) else -math.inf
        commands += self._send_ahead()
        return commands

    def next_alarm(self) -> float | None:
        """When a Tick is due: the nearest deadline, limit or end of a back-off that somebody waits for, or None."""
        due = self._next_due()
        return due if due < math.inf else None

    def ring_by(self) -> float:
        """The same where it is known at once, else a time before it, since what has ended meanwhile is not looked for;
        infinity: nothing is due."""
        return self._next_due() if self._calm_until == -math.inf else self._calm_until

    def _next_due(self) -> float:
        times = [w.deadline for w in self.board.calls.values() if not w.abandoned]
        for seat in self.seats.values():
            if seat.running and not seat.doom:
                times += [w.started + seat.needs[w.variant].limit_s for w in seat.running.values()]
                times += [w.stop_by for w in seat.running.values() if w.abandoned]
            if (seat.queue or seat.wanted) and seat.health.rests(self.board.now):
                times.append(seat.health.until)
            if seat.idle:
                times.append(seat.stale_at)
        times += [*self.board.holds.values(), *reach.due(self.board)]
        return min(times, default=math.inf)

    def awaits(self, device: str) -> bool:
        """Whether somebody waits for what other Rungs or other programs hold of that device."""
        return reach.awaits(self.board, device)

    def used(self, device: str) -> int:
        """Bytes of that device which are taken, those on their way out included."""
        return self.board.used(device)

    def troubles(self, now: float) -> tuple[Trouble, ...]:
        """The variants that back off or are quarantined, on every device that they are planned on."""
        return tuple(trouble for line in self.board.lines.values() for trouble in line.trouble(now))

    def health_changes(self) -> int:
        """Differs from what it was when `troubles` tells something else."""
        return sum(seat.health.changes for seat in self.seats.values())

    # --- events -----------------------------------------------------------------------------------

    def _take(self, event: happened.Event) -> Iterator[do.Command]:
        match event:
            case happened.CallArrived():
                yield from lives.arrive(self.board, event)
            case happened.CallCancelled():
                yield from lives.cancel(self.board, event.call)
            case happened.CallDone():
                yield from lives.done(self.board, event.call, event.retire)
            case happened.CallShort():
                yield from lives.short(self.board, event.call, event.error)
            case happened.BudgetSeen(device=device, bytes=size):
                self.board.budgets[device] = size
            case happened.Tick():
                pass
            case _:
                yield from self._take_at(self.seats[event.seat], event)

    def _take_at(self, seat: Seat, event: happened.SeatEvent) -> Iterator[do.Command]:
        match event:
            case happened.LoadAsked():
                seat.wanted, seat.leaving = seat.state != "ready", False
                seat.strict, seat.last_used, seat.wanted_until = event.strict, self.board.now, event.until
                seat.health.forget()
            case happened.LoadDone():
                seat.state, seat.last_used, seat.wanted, seat.strict = "ready", self.board.now, False, False
                seat.short_loads = 0
                seat.displaced.clear()
                seat.health.loaded()
                seat.pace.loaded(self.board.now - seat.began)
            case happened.LoadFailed():
                yield from load_failed(self.board, seat, event)
            case happened.LoadDenied(device=device, bytes=size):
                self.board.budgets[device] = size
                seat.vacate()
            case happened.UnloadAsked():
                seat.leaving, seat.wanted = seat.state in ("ready", "loading"), False
                if seat.state == "unloaded" and seat.replacing:
                    yield end_spare(seat)
            case happened.UnloadDone():
                seat.pace.left(self.board.now - seat.began)
                seat.vacate()
            case happened.WorkerExited():
                yield from lives.lose(self.board, seat, event)
            case happened.MemorySeen(bytes=size, on_device=there):
                yield from moves.see(seat, size, there)
            case happened.RamSeen(bytes=size):
                seat.ram = size if seat.state == "ready" and seat.need.device != RAM else seat.ram
            case happened.SpareReady():
                seat.spare = "ready" if seat.spare == "loading" else seat.spare
            case happened.SpareFailed():
                moves.spare_failed(self.board, seat)
            case happened.SpareGone():
                seat.spare, seat.spare_held = "", 0
            case happened.Pinned(pinned=pinned):
                seat.pinned = pinned
            case happened.LifeSet(ttl_s=ttl_s):
                seat.ttl_s = ttl_s

    # --- running ----------------------------------------------------------------------------------

    def _dispatch(self) -> Iterator[do.Command]:
        """The policy says who goes first; an idle worker never waits for a fuller batch."""
        now = self.board.now
        while (seat := self._next_seat()) is not None:
            batch = seat.next_batch(self.board.room_for_batch(seat), now)
            self.board.work += seat.pace.run_s({batch[0].variant: len(batch)})
            seat.begin(batch, now)
            yield do.Dispatch(seat.name, tuple(waiting.call for waiting in batch))

    def _send_ahead(self) -> Iterator[do.Command]:
        """Not while somebody waits for cores that a worker would give back between two batches."""
        if self.board.ahead_s and not self._in_turn():
            yield from ahead.send(self.board)

    def _next_seat(self) -> Seat | None:
        """The first in the policy's order that may start; of a line's seats the one that runs least. While it lacks
        cores, only light calls pass it: others that need fewer cores would keep it waiting for ever."""
        able = self._in_turn()
        blocked = False
        for seat in able:
            if seat.queue[0].shortages and self._somebody_leaves(seat.need.device):
                continue  # the room that is being made for it is not there yet
            threads = seat.needs[seat.queue[0].variant].threads
            if threads == 0 or (not blocked and self.board.cores_free(threads)):
                return seat
            blocked = True
        return None

    def _in_turn(self) -> list[Seat]:
        waited_for = (seat for line in self.board.lines.values() if line.queue for seat in line.seats)
        able = [seat for seat in waited_for if self.board.able(seat)]
        if len(able) < 2:
            return able
        sides = [side_of(self.board, seat) for seat in sorted(able, key=lambda seat: seat.batches)]
        return [self.seats[side.seat] for side in self.board.swaps.turns(sides, self.board.now)]

    def _somebody_leaves(self, device: str) -> bool:
        return any(s.need.device == device and s.state == "unloading" for s in self.seats.values())
