"""Decides which sentence each decision deserves, for the calls that it concerns: why one waits, what is done for it.

Pure: it looks at an event, the commands that followed and the board as they left it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from rung.runtime.scheduling import commands as do
from rung.runtime.scheduling import events as happened
from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.waiting import Waiting
from rung.runtime.scheduling.words import mib, seconds

Told = tuple[str, str]
"""A call's id, and a sentence for it."""


def story(event: happened.Event, commands: Sequence[do.Command], board: Board) -> Iterator[Told]:
    """In the order in which it happened. Calls that nobody asks about are told too; the engine leaves them out."""
    yield from _of_event(event, commands, board)
    for command in commands:
        yield from _of_command(command, board)
    if isinstance(event, happened.CallArrived) and (waiting := board.calls.get(event.call)) is not None:
        line = board.line_of(waiting.variant)
        if waiting.parked is not None and not waiting.seat:
            yield event.call, f"waits for others to give memory back: {waiting.parked.error.message}"
        elif line is not None and not waiting.seat:
            yield event.call, _why_it_waits(waiting, _nearest(line), board)


def _of_event(event: happened.Event, commands: Sequence[do.Command], board: Board) -> Iterator[Told]:
    match event:
        case happened.LoadDone(seat=name):
            seat = board.seats[name]
            took = seconds(board.now - seat.began)
            yield from _each([*seat.running.values(), *seat.queue], f"{name} was loaded in {took}")
        case happened.LoadFailed(seat=name, error=error):
            seat = board.seats[name]
            again = seconds(max(seat.health.until - board.now, 0.0))
            yield from _each(seat.queue, f"{name} could not be loaded ({error.message}); tried again in {again}")
        case happened.LoadDenied(seat=name, device=device, bytes=size):
            left = mib(max(size - board.used(device), 0))
            line = board.lines[board.seats[name].line]
            yield from _each((*line.queue, *line.parked), f"{name} finds {left} of {device}: others hold the rest")
        case happened.WorkerExited():
            yield from _of_exit(event, commands, board)
        case happened.CallShort(call=call) if call in board.calls:
            waiting = board.calls[call]
            how = "alone" if waiting.alone else f"with at most {waiting.most} in a batch"
            yield call, f"{waiting.variant} ran out of memory; the call is tried again {how}"
        case _:
            return


def _of_exit(event: happened.WorkerExited, commands: Sequence[do.Command], board: Board) -> Iterator[Told]:
    """For the calls that ran there: those that run again, those that end with it, those that were taken back."""
    seat = board.seats[event.seat]
    device = seat.need.device
    loads = any(isinstance(command, do.Load) and command.seat == event.seat for command in commands)
    taken = board.used(device) - (seat.held if loads else 0)
    held = f", and the {mib(event.held)} that it held" if event.held is not None else ""
    gone = f"the worker of {event.seat} is gone{held}: {mib(taken)} of {mib(board.budgets.get(device, 0))} are taken"
    ended = [c.call for c in commands if isinstance(c, do.Fail | do.LetGo)]
    yield from ((call, f"{gone} on {device} ({event.reason})") for call in ended)
    for waiting in seat.queue:
        if waiting.attempts:
            how = "alone" if waiting.alone else "again, not blamed"
            yield waiting.call, f"{gone} on {device} ({event.reason}); the call is run {how}"


def _of_command(command: do.Command, board: Board) -> Iterator[Told]:
    match command:
        case do.Dispatch(seat=name, calls=calls, ahead=True):
            for call in calls:
                yield call, f"lies ready in the worker of {name}, behind what runs there"
        case do.Dispatch(seat=name, calls=calls) | do.Begun(seat=name, calls=calls):
            for call in calls:
                yield call, _began(board.calls[call], name, board.now)
        case do.Load(seat=name):
            seat = board.seats[name]
            yield from _each(seat.queue, f"{name} is being loaded ({mib(seat.held)} of {seat.need.device})")
        case do.Unload(seat=name):
            seat = board.seats[name]
            sentence = f"{name} is unloaded to make room ({mib(seat.held)} of {seat.need.device})"
            yield from _each(_in_need(board, seat.need.device), sentence)
        case do.CancelRunning(seat=name, call=call):
            yield call, f"{name} was asked to stop"
        case do.Kill(seat=name, reason=reason):
            yield from _each(board.seats[name].running.values(), f"the worker of {name} is ended: {reason}")
        case do.LetGo(call=call):
            yield call, "taken back: nothing of it runs any more"
        case _:
            return


def _each(calls: Iterable[Waiting], sentence: str) -> Iterator[Told]:
    return ((waiting.call, sentence) for waiting in calls)


def _in_need(board: Board, device: str) -> Iterator[Waiting]:
    """The calls that wait for memory of that device: nobody serves them, or no worker that holds enough."""
    for line in board.lines.values():
        here = any(seat.need.device == device for seat in line.seats)
        if here and not any(seat.serves and not seat.short for seat in line.seats):
            yield from line.queue


def _nearest(line: Line) -> Seat:
    """The seat that a call of that line waits for, as far as one can say."""
    return next((seat for seat in line.seats if seat.serves), line.seats[0])


def _began(waiting: Waiting, name: str, now: float) -> str:
    tries = f", try {waiting.attempts}" if waiting.attempts > 1 else ""
    others = f", with {waiting.together - 1} more in its batch" if waiting.together > 1 else ""
    return f"{name} began after {seconds(now - waiting.arrived)}{tries}{others}"


def _why_it_waits(waiting: Waiting, seat: Seat, board: Board) -> str:
    """Numbered cases, first that holds:

    1. a switch is decided, and the variant has to go first
    2. its worker is being replaced or leaves
    3. others are before it
    4. its worker has to grow for it
    5. the cores are busy
    6. the load is under way
    7. the last load failed
    8. the policy lets others keep their turn
    9. the memory is not there
    """
    name = seat.name
    if seat.state == "ready" and seat.gate is not None:
        others = sorted({w.variant for w in _in_need(board, seat.need.device)})
        return f"waits until {', '.join(others)} had its turn: {name} makes room for it"
    if seat.state == "unloading" or (seat.state == "ready" and (seat.leaving or seat.spare == "ready")):
        return f"waits for a new worker of {name}: the old one leaves"
    before = len(seat.running) + len(seat.ahead) + sum(w.order < waiting.order for w in seat.queue)
    if seat.state == "ready" and before:
        return f"waits behind {before} {'call' if before == 1 else 'calls'} of {name}"
    free = mib(max(board.free(seat.need.device), 0))
    if seat.state == "ready" and seat.short:
        return f"waits for {mib(seat.short)} more of {seat.need.device} than {name} holds; {free} are free"
    if seat.state == "ready":
        return f"waits for {seat.needs[waiting.variant].threads} of the {board.cores} cores"
    if seat.state == "loading" or seat.replacing:
        return f"waits until {name} is loaded"
    if seat.health.rests(board.now):
        return f"waits {seconds(seat.health.until - board.now)} for the next try to load {name} ({seat.health.reason})"
    if seat.name in board.holds:
        until = board.holds[seat.name] - board.now
        by = f", in {seconds(max(until, 0.0))} at the latest as things stand" if until < math.inf else ""
        return f"waits for others to end their turn: to load {name} at once would keep them waiting for longer{by}"
    return f"waits for {mib(seat.need.resident + waiting.working)} of {seat.need.device}; {free} are free"
