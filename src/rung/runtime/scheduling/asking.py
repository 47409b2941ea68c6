"""Decides which seats ask for memory: to be loaded, or to grow; with a claim to it, or only for what is free.

A seat has a *claim*, so that others make room for it, when somebody wants it loaded, when calls wait that no seat of
their line serves, and when the next call needs more than its worker is held to hold. *One more copy* of a line that is
served already has none: it takes memory that is free, and only while calls wait that no worker of the line can take.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.room import KINDS, Way, way_to
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.sides import asking_side, side_of


def claims(board: Board) -> list[Seat]:
    """The seats that others make room for, those first that the policy puts first."""
    wanted = [seat for seat in board.seats.values() if seat.wanted and may_load(board, seat)]
    first = [seat for line in board.lines.values() if (seat := _next_place(board, line)) is not None]
    found = {seat.name: seat for seat in (*wanted, *first)}
    sides = [asking_side(board, seat) for seat in found.values()]
    return [found[side.seat] for side in board.swaps.order(sides, board.now)]


def age(seat: Seat) -> float:
    """The order of the oldest call that waits for it; infinity when none does."""
    return seat.queue[0].order if seat.queue else math.inf


def more_copies(board: Board) -> Iterator[Seat]:
    """The seats that would help a line that is served already, where the memory is free and the cores are."""
    for line in board.lines.values():
        if not line.queue or not any(seat.serves for seat in line.seats) or _enough(line):
            continue
        for seat in line.seats:
            threads = seat.needs[line.queue[0].variant].threads
            if may_load(board, seat) and kind_of(board, seat) == "fits" and board.cores_free(threads):
                yield seat
                break


def may_load(board: Board, seat: Seat) -> bool:
    """Whether there is nothing of it, and its failures do not forbid it."""
    return seat.state == "unloaded" and not seat.replacing and not seat.health.rests(board.now)


def ways(board: Board, seat: Seat) -> Mapping[str, Way]:
    """How it gets its memory, by device."""
    return {device: way_on(board, seat, device) for device in seat.lacks()}


def way_on(board: Board, seat: Seat, device: str) -> Way:
    """How it gets its memory of that device."""

    def choose(candidates: Sequence[Seat], short: int) -> Sequence[Seat] | None:
        sides = [side_of(board, other, device) for other in candidates]
        chosen = board.swaps.victims(asking_side(board, seat), sides, short)
        return None if chosen is None else [board.seats[side.seat] for side in chosen]

    short, others = seat.lacks().get(device, 0) - board.free(device), board.others(seat, device)
    way = way_to(seat, short, device, others, choose)
    if way.kind == "never" and way_to(seat, short - board.taken(device), device, others, choose).kind != "never":
        return Way("others")
    at_rest = way.kind == "gate" and all(map(board.at_rest, way.seats))
    return Way("evict", way.seats) if at_rest else way


def kind_of(board: Board, seat: Seat) -> str:
    """The hardest of the ways."""
    return max((way.kind for way in ways(board, seat).values()), key=KINDS.index, default="fits")


def _next_place(board: Board, line: Line) -> Seat | None:
    """Where the next call of that line should run, if that takes memory which others may have to give: of the seats
    in question the one with the nearest way to it, the preferred one of equals.

    1. A worker has what the call needs, or is loaded with it: nothing is asked.
    2. Workers are there: one of them has to grow.
    3. Nobody serves the line: one has to be loaded.
    """
    if not line.queue:
        return None
    serving = [seat for seat in line.seats if seat.serves]
    if any(seat.short == 0 or seat.replacing for seat in serving):
        return None
    able = [s for s in serving if s.usable] if serving else [s for s in line.seats if may_load(board, s)]
    return min(able, key=lambda seat: KINDS.index(kind_of(board, seat)), default=None)


def _enough(line: Line) -> bool:
    """Whether one more copy would not help: a worker could take the next call now, so that it is cores that are
    short; one is being ended and started again; or those that are being loaded will take all that waits."""
    if any(seat.may_start() or seat.doom for seat in line.seats):
        return True
    places = sum(s.need.max_concurrent * s.need.max_batch for s in line.seats if s.state == "loading" or s.replacing)
    return len(line.queue) <= places
