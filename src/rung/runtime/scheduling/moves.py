"""Decides who is loaded and who leaves, and when a worker is replaced by a fresh one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rung.runtime.errors import RungError, WeightsCorrupt
from rung.runtime.scheduling.asking import claims, more_copies, way
from rung.runtime.scheduling.board import Board, end_spare
from rung.runtime.scheduling.commands import Command, Kill, Load, LoadSpare, Refuse, Swap
from rung.runtime.scheduling.events import LoadFailed
from rung.runtime.scheduling.room import no_memory
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.sides import side_of
from rung.runtime.scheduling.words import mib

RETRY_SPARE_S = 60.0
"""Before a replacement is tried again that could not be loaded."""


def move(board: Board) -> Iterator[Command]:
    """Loads in the order of the policy; the first for whom a switch is decided holds its device. Further copies take
    what nobody waits for."""
    yield from _yield_to_others(board)
    yield from _let_leave(board)
    board.holds.clear()
    waiting: set[str] = set()
    for seat in claims(board):
        if seat.need.device in waiting:
            continue
        yield from _make_room(board, seat)
        if seat.name not in board.holds and seat.state != "loading" and (seat.queue or seat.wanted):
            waiting.add(seat.need.device)
    for seat in more_copies(board):
        if seat.need.device not in waiting:
            yield from _load(board, seat)
    _lift_gates(board, waiting)
    yield from _renew(board, waiting)
    yield from _let_leave(board)


def _yield_to_others(board: Board) -> Iterator[Command]:
    """Where a budget has become smaller than what is held, idle workers leave, further copies first and then the one
    unused for longest; what runs is never ended for it."""
    for device, budget in board.budgets.items():
        idle = [s for s in board.seats.values() if s.need.device == device and s.idle and not s.pinned]
        for seat in sorted(idle, key=lambda s: (not board.served_elsewhere(s), s.last_used)):
            if board.staying(device) <= budget:
                break
            yield from board.unload(seat)


def _let_leave(board: Board) -> Iterator[Command]:
    for seat in board.seats.values():
        if seat.leaving and seat.state == "ready" and not seat.running:
            yield from board.unload(seat)


def _load(board: Board, seat: Seat) -> Iterator[Command]:
    seat.state, seat.began = "loading", board.now
    yield Load(seat.name)


def _make_room(board: Board, seat: Seat) -> Iterator[Command]:
    device = seat.need.device
    there = way(board, seat)
    match there.kind:
        case "fits":
            yield from _load(board, seat)
        case "wait":
            pass
        case "drop":
            yield from [end_spare(other) for other in there.seats]
        case "evict":
            for other in there.seats:
                yield from board.unload(other)
        case "gate":
            _switch(board, seat, there.seats)
        case "never":
            yield from _refuse(board, seat, no_memory(seat, board.others(seat), board.budgets.get(device, 0)))


def _switch(board: Board, seat: Seat, victims: Sequence[Seat]) -> None:
    """Close their gates, when the policy says that it is time. One that has not run yet since it was loaded may run
    one batch whatever the policy says: a load that served nobody would be for nothing."""
    sides = [side_of(board, other) for other in victims]
    switch = board.swaps.decide(side_of(board, seat), sides, board.now)
    if switch.kind == "hold":
        board.holds[seat.name] = switch.until
        return
    for other, side in zip(victims, sides, strict=True):
        up_to = board.last_order if switch.up_to is None else switch.up_to
        if side.fresh and side.calls:
            up_to = max(up_to, side.calls[side.batch - 1].order)
        other.gate = up_to if other.gate is None else min(up_to, other.gate)


def _refuse(board: Board, seat: Seat, error: RungError) -> Iterator[Command]:
    if seat.wanted:
        seat.wanted = False
        yield Refuse(seat.name, error)
    if not any(other.serves for other in board.lines[seat.line].seats):
        yield from board.fail_queue(board.lines[seat.line], error)


def _lift_gates(board: Board, waiting: set[str]) -> None:
    """A gate stands only as long as somebody on that device waits for room."""
    for seat in board.seats.values():
        if seat.gate is None:
            continue
        if seat.need.device not in waiting:
            seat.gate = None
        elif seat.state == "ready" and not seat.running and not seat.may_start():
            seat.leaving = True


def load_failed(board: Board, seat: Seat, event: LoadFailed) -> Iterator[Command]:
    """What waits fails at once with the cause, so that another rung may answer. Where the process died, which may
    be no fault of the model, it waits for the next try as far as the deadlines allow. Where another seat serves the
    line nothing fails."""
    grave = seat.strict or isinstance(event.error, WeightsCorrupt)
    seat.vacate()
    seat.wanted = False
    seat.health.load_failed(event.error.message, board.now, grave=grave)
    line = board.lines[seat.line]
    if any(other.serves for other in line.seats):
        return
    yield from board.fail_barred(line) if event.died else board.fail_queue(line, event.error)


# --- replacing workers ----------------------------------------------------------------------------


def see(seat: Seat, size: int) -> Iterator[Command]:
    """Its worker holds that many bytes."""
    hard = seat.need.hard_limit
    if seat.state != "ready":
        return
    seat.wear.look(size)
    if hard is not None and size > hard and not seat.doom:
        seat.doom = "oom"
        yield Kill(seat.name, f"it held {mib(size)}, past its limit of {mib(hard)}")


def _renew(board: Board, waiting: set[str]) -> Iterator[Command]:
    """A worker that has grown old is replaced: beside it where the memory is free, else after it has left.

    One that asked for it itself leaves first: its memory did not come back, so nobody knows what is free.
    """
    for seat in board.seats.values():
        if seat.state != "ready" or seat.spare or seat.leaving or seat.doom or board.now < seat.spare_after:
            continue
        if not seat.wear.reason(seat.need.soft_limit, seat.need.max_calls):
            continue
        overgrown = max(seat.wear.seen - seat.need.peak, 0)
        fits = board.free(seat.need.device) - overgrown >= seat.need.peak and not seat.wear.asked
        if fits and seat.need.device not in waiting:
            seat.spare = "loading"
            yield LoadSpare(seat.name)
        else:
            seat.leaving = seat.wanted = True
            seat.restarts += 1


def swap(board: Board) -> Iterator[Command]:
    """The replacement takes over in a moment when nothing runs, or at once when the old worker is gone."""
    for seat in board.seats.values():
        if seat.spare != "ready" or seat.running or seat.leaving or seat.state not in ("ready", "unloaded"):
            continue
        replaces = seat.state == "ready"
        seat.restarts += replaces
        seat.spare = "leaving" if replaces else ""
        gate = seat.gate
        seat.vacate()
        seat.state, seat.last_used, seat.wanted, seat.gate = "ready", board.now, False, gate
        yield Swap(seat.name)


def spare_failed(board: Board, seat: Seat) -> None:
    """The old worker goes on, where there is one."""
    seat.spare, seat.spare_after = "", board.now + RETRY_SPARE_S
    if seat.state == "unloaded":
        seat.vacate()
