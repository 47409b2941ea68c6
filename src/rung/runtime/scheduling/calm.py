"""Decides whether an event needs no more than a look at who may begin.

Most events of a busy machine are a call that comes for a variant in memory, and the end of one. As long as nobody
waits for memory, nothing is loaded, leaves or is replaced, and no time is up, they change nothing but who runs; to go
through all seats for each would cost more than everything else that is decided. What is skipped would have decided
nothing: a test runs both beside each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.events import CallArrived, CallDone, Event
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.seats import Seat


def is_plain(event: Event) -> bool:
    """Whether it changes no more than what waits and what runs."""
    return isinstance(event, CallArrived) or (isinstance(event, CallDone) and not event.retire)


def is_calm(board: Board) -> bool:
    """Whether all is as it should be, after everything was decided."""
    return (
        not board.claims
        and all(map(_is_settled, board.seats.values()))
        and not any(waiting.abandoned for waiting in board.calls.values())
        and all(not line.parked and _is_served(line) for line in board.lines.values())
        and all(board.used(device) <= budget for device, budget in board.budgets.items())
    )


def stays_calm(board: Board, ended: Iterable[Seat]) -> bool:
    """Whether it is so still, after plain events and what began then. ended: the seats whose calls were answered."""
    return all(map(_is_served, board.lines.values())) and not any(
        seat.wear.reason(seat.need.soft_limit, seat.need.max_calls) for seat in ended
    )


def due(board: Board, events: Sequence[Event], ended: Iterable[Seat], began: Iterable[Seat]) -> float:
    """When the first time is up that these events brought: a deadline, a limit, a time to live."""
    times = [event.deadline for event in events if isinstance(event, CallArrived)]
    times += [seat.stale_at for seat in ended if seat.idle]
    times += [board.now + seat.shortest_limit_s for seat in began]
    return min(times, default=math.inf)


def _is_settled(seat: Seat) -> bool:
    """It is there or it is not, and nobody wants it otherwise."""
    if seat.leaving or seat.wanted or seat.spare:
        return False
    if seat.state == "ready":
        return not seat.wear.reason(seat.need.soft_limit, seat.need.max_calls)
    return seat.state == "unloaded"


def _is_served(line: Line) -> bool:
    """What waits there waits for its one worker, which holds what the next call needs."""
    if not line.queue:
        return True
    seat = line.seats[0]
    return len(line.seats) == 1 and seat.state == "ready" and not seat.short
