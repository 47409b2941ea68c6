"""Decides the life of a call: it arrives, is taken back, is answered, runs late, or loses its worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rung.runtime.errors import DeadlineExceeded, NotFound, RungError
from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.commands import CancelRunning, Command, Fail, Kill, LetGo
from rung.runtime.scheduling.events import CallArrived, WorkerExited
from rung.runtime.scheduling.losses import UNBLAMED, after_death, after_shortage
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.sides import ahead_s, own_s
from rung.runtime.scheduling.waiting import Waiting

PATIENCE_S = 2.0
"""How long a call that was taken back may go on before its worker is ended."""


def arrive(board: Board, event: CallArrived) -> Iterator[Command]:
    """A variant in quarantine answers at once; one that backs off too, unless the call can wait for its next try."""
    line = board.line_of(event.variant)
    if line is None:
        yield Fail(event.call, NotFound(f"no variant {event.variant!r} is planned on this machine"))
    elif (seat := line.barrier(event.deadline, board.now)) is not None:
        yield Fail(event.call, seat.health.error(board.now))
    else:
        working = max(event.working, line.seats[0].needs[event.variant].working)
        waiting = Waiting(
            event.call, event.variant, board.next_order(), event.deadline, board.now, working, event.replaceable
        )
        waiting.due = board.work + board.swaps.patience * (ahead_s(board) + own_s(line, waiting))
        line.demand.arrive(board.now)
        board.calls[event.call] = waiting
        line.queue.append(waiting)


def cancel(board: Board, call: str) -> Iterator[Command]:
    """Queued or unknown: gone at once. Running: asked to stop, and given PATIENCE_S. What lies ready is asked too: its
    time to stop begins when it would."""
    found = board.placed(call)
    if found is None:
        waiting = board.calls.pop(call, None)
        line = board.line_of(waiting.variant) if waiting is not None else None
        if waiting is not None and line is not None:
            (line.parked if waiting in line.parked else line.queue).remove(waiting)
        yield LetGo(call)
        return
    waiting, seat = found
    if not waiting.abandoned:
        waiting.abandoned, waiting.stop_by = True, board.now + PATIENCE_S
        yield CancelRunning(seat.name, call)


def done(board: Board, call: str, retire: str = "") -> Iterator[Command]:
    """The worker answered. retire: why it asks to be replaced."""
    found = board.placed(call)
    if found is None:
        return
    waiting, seat = found
    del board.calls[call]
    began = seat.take_off(waiting)
    seat.last_used = board.now
    seat.wear.answers += 1
    seat.wear.asked = retire or seat.wear.asked
    if waiting.abandoned:  # it may have stopped half-way: nothing is learned of it
        yield LetGo(call)
        return
    seat.health.answered(board.now)
    if began and not any(other.batch == waiting.batch for other in seat.running.values()):
        seat.pace.ran(waiting.variant, waiting.together, board.now - waiting.started)


def short(board: Board, call: str, error: RungError) -> Iterator[Command]:
    """The worker answered that its memory does not do."""
    found = board.placed(call)
    if found is None:
        return
    waiting, seat = found
    seat.take_off(waiting)
    yield from _again(board, seat, waiting, lambda: after_shortage(waiting, seat.needs[waiting.variant], error))
    if waiting.shortages and call in board.calls:
        yield from board.evict_idle(seat)


def lose(board: Board, seat: Seat, event: WorkerExited) -> Iterator[Command]:
    """The worker is gone, and with it what ran there."""
    if seat.state != "ready":
        return
    cause = seat.doom or event.cause
    lost = sorted(seat.running.values(), key=lambda w: w.order)
    ready = list(seat.ahead.values())
    if lost and cause not in (*UNBLAMED, "oom"):
        seat.health.crashed(lost[0].call if len(lost) == 1 else "", event.reason, board.now)
    starved = event.cause == "oom" and not seat.doom
    seat.vacate()
    seat.restarts += 1
    for waiting in lost:
        yield from _again(
            board, seat, waiting, partial(after_death, waiting, seat.needs[waiting.variant], cause, event.reason)
        )
    for waiting in ready:
        yield from _again(board, seat, waiting, lambda: None)
    yield from board.fail_barred(board.lines[seat.line])
    if starved and seat.queue:
        yield from board.evict_idle(seat)


def _again(board: Board, seat: Seat, lost: Waiting, judge: Callable[[], RungError | None]) -> Iterator[Command]:
    """A call that ran and was not answered: back into the queue, or to its end. The first time it keeps its place;
    when a second worker died under it, it goes behind the others, so that they pass."""
    if lost.abandoned:
        del board.calls[lost.call]
        yield LetGo(lost.call)
    elif (error := judge()) is not None:
        del board.calls[lost.call]
        yield Fail(lost.call, error)
    else:
        if lost.deaths > 1:
            lost.order = board.next_order()
        seat.put_back(lost)


def expire(board: Board) -> Iterator[Command]:
    """What time has ended: late calls, and the workers of those that do not stop."""
    late = [w for w in board.calls.values() if w.deadline <= board.now and not w.abandoned]
    for waiting in late:
        found = board.placed(waiting.call)
        doing = "while it ran" if found and waiting.call in found[1].running else "before it could start"
        lacked = f" ({waiting.parked.error.message})" if waiting.parked is not None and not waiting.seat else ""
        sentence = f"{waiting.variant}: the deadline passed {doing}{lacked}; give the request a longer deadline_s"
        yield Fail(waiting.call, DeadlineExceeded(sentence))
        yield from cancel(board, waiting.call)
    for seat in board.seats.values():
        if seat.running and not seat.doom:
            yield from _end_stuck(board, seat)


def _end_stuck(board: Board, seat: Seat) -> Iterator[Command]:
    over = [w for w in seat.running.values() if w.started + seat.needs[w.variant].limit_s <= board.now]
    stuck = [w for w in seat.running.values() if w.abandoned and w.stop_by <= board.now]
    for waiting in over:
        waiting.late = True
    if over:
        seat.doom = "hung"
        limit = seat.needs[over[0].variant].limit_s
        yield Kill(seat.name, f"a call ran longer than its limit of {limit:g} s")
    elif stuck:
        seat.doom = "taken-back"
        yield Kill(seat.name, f"a call that was taken back had not let go after {PATIENCE_S:g} s")
