"""Decides what becomes of those who ask for more memory than their device has for us: refused, or waiting for others.

What is more than the device could ever have for us is refused at once, with the numbers. What others hold (another
Rung, another program) may come back: a load and a call wait for it. Such a call is *parked*: out of its queue, so that
those behind it which need less pass, and back at its place when more may be had. It waits until its deadline; one that
another rung may answer in its place gives up earlier, so that the rung below is asked:

- after half of its time: the other half is left for that rung
- and not later than OTHERS_S after memory became short for its line: where others stay, only the first calls wait
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.asking import ways
from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.commands import Command, Fail, Refuse
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.room import Kind, no_memory
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.waiting import Parked, Waiting

OTHERS_S = 10.0
"""How long a line's calls that another rung may answer wait for memory that others hold."""
_OF_CALLS = (happened.CallArrived, happened.CallCancelled, happened.CallDone, happened.CallShort, happened.Tick)
"""After these no more can be had than before: others must give back for it, or our own pins be lifted."""


def try_again(board: Board, event: happened.Event) -> None:
    """What is parked stands in its queue again, where the event may have changed what can be had."""
    if isinstance(event, _OF_CALLS):
        return
    for line in board.lines.values():
        while line.parked:
            line.seats[0].put_back(line.parked.pop())


def turn_away(board: Board, seat: Seat) -> Generator[Command, None, bool]:
    """Those who ask for this seat and whom nothing that leaves would help: the calls one by one, the oldest first, then
    the wish to have it loaded. Returns whether somebody asks who can be helped."""
    seat.beyond = ""
    while (found := _out_of_reach(board, seat)) is not None:
        gone = yield from _turn_away_one(board, seat, *found)
        if not gone or not asks(seat):
            board.give_back(seat)
            return False
    line = board.lines[seat.line]
    line.short_since = line.short_since if line.parked else None
    return True


def asks(seat: Seat) -> bool:
    """Whether anybody wants memory for it."""
    if seat.state == "unloaded":
        return seat.wanted or bool(seat.queue)
    return bool(seat.queue) and seat.short > 0


def give_up(board: Board) -> Iterator[Fail]:
    """Parked calls that have waited for as long as they may."""
    for line in board.lines.values():
        for waiting in list(line.parked):
            if waiting.parked is not None and waiting.parked.until <= board.now:
                line.parked.remove(waiting)
                del board.calls[waiting.call]
                yield Fail(waiting.call, waiting.parked.error)


def awaits(board: Board, device: str) -> bool:
    """Whether somebody waits for what others hold of that device."""
    parked = (waiting.parked for line in board.lines.values() for waiting in line.parked)
    return any(one is not None and one.device == device for one in parked) or any(
        seat.wanted and seat.beyond == device for seat in board.seats.values()
    )


def due(board: Board) -> Iterator[float]:
    """When those who wait for others give up."""
    parked = (waiting.parked for line in board.lines.values() for waiting in line.parked)
    yield from (one.until for one in parked if one is not None)
    yield from (seat.wanted_until for seat in board.seats.values() if seat.wanted and seat.beyond)


def _out_of_reach(board: Board, seat: Seat) -> tuple[str, Kind] | None:
    """The device that is too small for it, for ever or for now."""
    found = [(device, way.kind) for device, way in ways(board, seat).items() if way.kind in ("never", "others")]
    return min(found, key=lambda one: one[1] != "never", default=None)


def _turn_away_one(board: Board, seat: Seat, device: str, kind: Kind) -> Generator[Command, None, bool]:
    """Whether somebody asks no more."""
    line = board.lines[seat.line]
    error = no_memory(seat, device, board.others(seat, device), board.budgets.get(device, 0), board.most.get(device, 0))
    served = any(other.serves for other in line.seats if other is not seat)
    if line.queue and not (served and seat.state == "unloaded"):
        if kind == "never" or not _park(board, line, Parked(device, error, _until(board, line))):
            yield board.fail_first(line, error)
        return True
    if seat.wanted and kind == "others" and board.now < seat.wanted_until:
        seat.beyond = device
        return False
    if seat.wanted:
        seat.wanted = False
        yield Refuse(seat.name, error)
        return True
    return False


def _until(board: Board, line: Line) -> float:
    """How long the first call there may wait for others."""
    waiting: Waiting = line.queue[0]
    line.short_since = board.now if line.short_since is None else line.short_since
    if not waiting.replaceable:
        return waiting.deadline
    return min((waiting.arrived + waiting.deadline) / 2, line.short_since + OTHERS_S)


def _park(board: Board, line: Line, parked: Parked) -> bool:
    """The first call waits aside; False where it has waited for long enough."""
    if parked.until <= board.now:
        return False
    waiting = line.queue.popleft()
    waiting.parked = parked
    line.parked.append(waiting)
    return True
