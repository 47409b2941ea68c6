"""Decides who is loaded and who leaves, and when a worker is replaced by a fresh one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rung.runtime.scheduling.asking import age, claims, kind_of, may_load, more_copies, way_on, ways
from rung.runtime.scheduling.board import Board, end_spare
from rung.runtime.scheduling.commands import Command, Kill, Load, LoadSpare, Swap
from rung.runtime.scheduling.need import RAM
from rung.runtime.scheduling.reach import turn_away
from rung.runtime.scheduling.room import Way
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.sides import asking_side, side_of
from rung.runtime.scheduling.words import mib

RETRY_SPARE_S = 60.0
"""Before a replacement is tried again that could not be loaded."""


def move(board: Board) -> Iterator[Command]:
    """Memory in the order of the policy; the first for whom a switch is decided holds its devices. Further copies take
    what nobody waits for."""
    yield from _yield_to_others(board)
    yield from _let_leave(board)
    yield from _drop_unused(board)
    board.holds.clear()
    board.claims.clear()
    for seat in claims(board):
        if not board.claims.keys() & seat.lacks().keys():
            yield from _make_room(board, seat)
    for seat in more_copies(board):
        if not board.claims.keys() & seat.lacks().keys():
            yield from _load(board, seat)
    yield from _bring_back(board)
    _lift_gates(board)
    yield from _renew(board)
    yield from _yield_to_others(board)  # here and below: those whose calls were refused meanwhile, too
    yield from _drop_unused(board)
    yield from _let_leave(board)


def _yield_to_others(board: Board) -> Iterator[Command]:
    """Where a budget has become smaller than what is held, idle workers leave, further copies first and then the one
    unused for longest; what runs is never ended for it."""
    for device, budget in board.budgets.items():
        if board.used(device) <= budget or board.staying(device) <= budget:
            continue
        idle = [s for s in board.seats.values() if s.on(device) and s.idle and not s.pinned]
        for seat in sorted(idle, key=lambda s: (not board.served_elsewhere(s), s.last_used)):
            if board.staying(device) <= budget:
                break
            yield from board.unload(seat)


def _drop_unused(board: Board) -> Iterator[Command]:
    """What nobody has used for its time to live leaves, although nobody needs the room."""
    for seat in board.seats.values():
        if seat.idle and seat.stale_at <= board.now:
            yield from board.unload(seat)


def _bring_back(board: Board) -> Iterator[Command]:
    """Those who left for a load that failed are loaded again, where they still fit and nobody waits for the room."""
    for seat in [seat for seat in board.seats.values() if seat.returning]:
        free = may_load(board, seat) and kind_of(board, seat) == "fits"
        if free and not board.claims.keys() & seat.lacks().keys():
            yield from _load(board, seat)
        seat.returning = False


def _let_leave(board: Board) -> Iterator[Command]:
    for seat in board.seats.values():
        if seat.leaving and seat.state == "ready" and not seat.running:
            yield from board.unload(seat)


def _load(board: Board, seat: Seat) -> Iterator[Command]:
    seat.state, seat.began, seat.held = "loading", board.now, seat.need.resident + seat.asked
    yield Load(seat.name)


def _make_room(board: Board, seat: Seat) -> Iterator[Command]:
    """Load it, or make room for it to be loaded or to grow; what can never fit is refused, and what does not fit beside
    what others hold waits aside, call by call."""
    reachable = yield from turn_away(board, seat)
    if not reachable:
        return
    busy = [other for way in ways(board, seat).values() if way.kind == "gate" for other in way.seats]
    if busy and not _switch(board, seat, busy):
        return
    fits = True
    for device in seat.lacks():
        way = way_on(board, seat, device)
        fits = fits and way.kind == "fits"
        yield from _take(board, seat, way)
    if not fits:
        board.claims.update(dict.fromkeys(seat.lacks(), age(seat)))
    elif seat.state == "unloaded":
        yield from _load(board, seat)


def _take(board: Board, seat: Seat, way: Way) -> Iterator[Command]:
    if way.kind == "drop":
        yield from [end_spare(other) for other in way.seats]
    if way.kind == "evict":
        for other in way.seats:
            seat.displaced.add(other.name)
            yield from board.unload(other)


def _switch(board: Board, seat: Seat, victims: Sequence[Seat]) -> bool:
    """Close their gates, when the policy says that it is time. One that has not run yet since it was loaded may run
    one batch whatever the policy says: a load that served nobody would be for nothing."""
    sides = [side_of(board, other) for other in victims]
    switch = board.swaps.decide(asking_side(board, seat), sides, board.now)
    if switch.kind == "hold":
        board.holds[seat.name] = switch.until
        return False
    for other, side in zip(victims, sides, strict=True):
        up_to = board.last_order if switch.up_to is None else switch.up_to
        if side.fresh and side.calls:
            up_to = max(up_to, side.calls[side.batch - 1].order)
        other.gate = up_to if other.gate is None else min(up_to, other.gate)
    return True


def _lift_gates(board: Board) -> None:
    """A gate stands only as long as somebody waits for the room."""
    for seat in board.seats.values():
        if seat.gate is None:
            continue
        if not board.claims.keys() & set(seat.devices):
            seat.gate = None
        elif seat.state == "ready" and not seat.running and not board.able(seat):
            seat.leaving = True


# --- replacing workers ----------------------------------------------------------------------------


def see(seat: Seat, size: int, on_device: int | None) -> Iterator[Command]:
    """Its process holds that many bytes. on_device: of a device with a memory of its own, where that is known."""
    hard = seat.need.hard_limit
    if seat.state != "ready":
        return
    seat.wear.look(size)
    there = size if seat.need.device == RAM else on_device
    if there is not None:
        seat.seen(there)
    if hard is not None and size > hard and not seat.doom:
        seat.doom = "oom"
        yield Kill(seat.name, f"it held {mib(size)}, past its limit of {mib(hard)}")


def _renew(board: Board) -> Iterator[Command]:
    """A worker that has grown old is replaced: beside it where the memory is free, else after it has left.

    One that asked for it itself leaves first: its memory did not come back, so nobody knows what is free.
    """
    for seat in board.seats.values():
        if seat.state != "ready" or seat.spare or seat.leaving or seat.doom or board.now < seat.spare_after:
            continue
        if not seat.wear.reason(seat.need.soft_limit, seat.need.max_calls):
            continue
        if not seat.wear.asked and _beside(board, seat):
            seat.spare, seat.spare_held = "loading", seat.need.peak
            yield LoadSpare(seat.name)
        else:
            seat.leaving = seat.wanted = True
            seat.restarts += 1


def _beside(board: Board, seat: Seat) -> bool:
    """Whether there is room for a second worker, and nobody waits for it."""
    overgrown = max(seat.wear.seen - seat.held, 0)
    for device in seat.need.devices:
        more = overgrown if device == seat.need.device else 0
        if device in board.claims or board.free(device) - more < seat.takes(device, seat.need.working):
            return False
    return True


def swap(board: Board) -> Iterator[Command]:
    """The replacement takes over in a moment when nothing runs, or at once when the old worker is gone."""
    for seat in board.seats.values():
        if seat.spare != "ready" or seat.running or seat.leaving or seat.state not in ("ready", "unloaded"):
            continue
        replaces = seat.state == "ready"
        seat.restarts += replaces
        seat.spare = "leaving" if replaces else ""
        gate, old, new = seat.gate, seat.held, seat.spare_held
        seat.vacate()
        seat.state, seat.last_used, seat.wanted, seat.gate = "ready", board.now, False, gate
        seat.held, seat.spare_held = new, old
        yield Swap(seat.name)


def spare_failed(board: Board, seat: Seat) -> None:
    """The old worker goes on, where there is one."""
    seat.spare, seat.spare_held, seat.spare_after = "", 0, board.now + RETRY_SPARE_S
    if seat.state == "unloaded":
        seat.vacate()
