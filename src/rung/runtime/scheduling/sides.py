"""Shows the policy what it has to know of a seat."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.swaps import Side
from rung.runtime.scheduling.waiting import Waiting


def side_of(board: Board, seat: Seat, device: str = "") -> Side:
    """The seat as things stand. device: whose bytes are in question; empty: its own."""
    line = board.lines[seat.line]
    calls = line.queue
    return Side(
        seat=seat.name,
        bytes=seat.on(device or seat.need.device),
        calls=calls,
        busy=len(seat.running) + len(seat.ahead),
        batch=min(len(calls), seat.need.max_batch),
        rate=line.demand.rate(board.now),
        load_s=seat.pace.load_s,
        unload_s=seat.pace.unload_s,
        run_s=lambda count: seat.pace.run_s(calls.of_first(count)),
        overdue=bool(calls) and board.work > calls[0].due,
        gated=seat.gate is not None,
        fresh=seat.fresh,
        untried=bool(calls) and not seat.pace.knows(calls[0].variant),
        spare=board.served_elsewhere(seat),
        used=seat.last_used,
    )


def asking_side(board: Board, seat: Seat) -> Side:
    """The same of one who asks for memory: what only has to grow need not be loaded."""
    side = side_of(board, seat)
    return side if seat.state == "unloaded" else replace(side, load_s=0.0)


def own_s(line: Line, waiting: Waiting) -> float:
    """Seconds that the call takes by itself, a load included."""
    pace = line.seats[0].pace
    return pace.load_s + pace.run_s({waiting.variant: 1})


def ahead_s(board: Board) -> float:
    """Seconds of work that waits or runs on the machine."""
    waiting = sum(line.seats[0].pace.run_s(line.queue.counts) for line in board.lines.values() if line.queue)
    running = sum(
        seat.pace.run_s(Counter(call.variant for call in (*seat.running.values(), *seat.ahead.values())))
        for seat in board.seats.values()
        if seat.running
    )
    return waiting + running
