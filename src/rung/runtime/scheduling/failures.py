"""Decides what becomes of a load that failed: tried again or given up, and what those get back who left for it."""

from __future__ import annotations

from collections.abc import Iterator

from rung.runtime.errors import OutOfMemory, RungError, WeightsCorrupt
from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.commands import Command, Refuse
from rung.runtime.scheduling.events import LoadFailed
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.words import mib


def load_failed(board: Board, seat: Seat, event: LoadFailed) -> Iterator[Command]:
    """Numbered cases, first that holds:

    1. memory ran out, for the first time: whoever is idle there leaves, and it is tried once more
    2. another seat serves the line: no call fails
    3. the process died, which may be no fault of the model: what waits is kept for the next try, as far as the
       deadlines allow
    4. what waits fails at once with the cause, so that another rung may answer
    """
    held, strict = seat.held, seat.strict
    seat.vacate()
    if isinstance(event.error, OutOfMemory) and not seat.short_loads and (seat.queue or seat.wanted):
        seat.short_loads, seat.strict = 1, strict
        yield from board.evict_idle(seat)
        return
    error = _with_numbers(board, seat, held, event.error) if seat.short_loads else event.error
    grave = strict or isinstance(error, WeightsCorrupt)
    if seat.wanted:
        yield Refuse(seat.name, error)
    seat.wanted, seat.short_loads = False, 0
    seat.health.load_failed(error.message, board.now, grave=grave)
    line = board.lines[seat.line]
    if not any(other.serves for other in line.seats):
        yield from board.fail_barred(line) if event.died else board.fail_queue(line, error)
    if not line.queue:
        board.give_back(seat)


def _with_numbers(board: Board, seat: Seat, held: int, error: RungError) -> RungError:
    """The second time that memory ran out."""
    if not isinstance(error, OutOfMemory):
        return error
    device, budget = seat.need.device, board.budgets.get(seat.need.device, 0)
    return OutOfMemory(
        f"{seat.name} ran out of memory twice while it was loaded: {mib(held)} of {mib(budget)} are set aside for it "
        f"on {device}, and whoever was idle there had left; give it more, or take a smaller rung ({error.message})",
        **{**error.details, "needed": held, "budget": budget, "device": device},
    )
