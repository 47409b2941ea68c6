"""Decides which seats ask to be loaded: for somebody who wants them, for calls that nobody serves, or as one more copy.

A *first copy* has a claim: others make room for it. *One more copy* of a line that is served already has none: it
takes memory that is free, and only while calls wait that no worker of the line can take.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.room import Way, way_to
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.sides import side_of

_BEST = ("fits", "wait", "drop", "evict", "gate", "never")
"""Ways to memory, the nearest first."""


def claims(board: Board) -> list[Seat]:
    """The seats that others make room for, those first that the policy puts first."""
    wanted = [seat for seat in board.seats.values() if seat.wanted and may_load(board, seat)]
    first = [seat for line in board.lines.values() if (seat := _first_copy(board, line)) is not None]
    found = {seat.name: seat for seat in (*wanted, *first)}
    sides = [side_of(board, seat) for seat in found.values()]
    return [found[side.seat] for side in board.swaps.order(sides, board.now)]


def more_copies(board: Board) -> Iterator[Seat]:
    """The seats that would help a line that is served already, where the memory is free and the cores are."""
    for line in board.lines.values():
        if not line.queue or not any(seat.serves for seat in line.seats) or _enough(line):
            continue
        for seat in line.seats:
            threads = seat.needs[line.queue[0].variant].threads
            if may_load(board, seat) and way(board, seat).kind == "fits" and board.cores_free(threads):
                yield seat
                break


def may_load(board: Board, seat: Seat) -> bool:
    """Whether there is nothing of it, and its failures do not forbid it."""
    return seat.state == "unloaded" and not seat.replacing and not seat.health.rests(board.now)


def way(board: Board, seat: Seat) -> Way:
    """How it gets its memory."""

    def choose(candidates: Sequence[Seat], short: int) -> Sequence[Seat] | None:
        sides = [side_of(board, other) for other in candidates]
        chosen = board.swaps.victims(side_of(board, seat), sides, short)
        return None if chosen is None else [board.seats[side.seat] for side in chosen]

    return way_to(seat, board.others(seat), board.free(seat.need.device), choose)


def _first_copy(board: Board, line: Line) -> Seat | None:
    """Of a line whose calls nobody serves: the seat with the nearest way to its memory, the preferred one of equals."""
    if not line.queue or any(seat.serves for seat in line.seats):
        return None
    able = [seat for seat in line.seats if may_load(board, seat)]
    return min(able, key=lambda seat: _BEST.index(way(board, seat).kind), default=None)


def _enough(line: Line) -> bool:
    """Whether one more copy would not help: a worker could take the next call now, so that it is cores that are
    short; one is being ended and started again; or those that are being loaded will take all that waits."""
    if any(seat.may_start() or seat.doom for seat in line.seats):
        return True
    places = sum(s.need.max_concurrent * s.need.max_batch for s in line.seats if s.state == "loading" or s.replacing)
    return len(line.queue) <= places
