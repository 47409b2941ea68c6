"""What must hold of a scheduler between any two events. Used by tests after each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rung.runtime.scheduling.commands import Command, Load, LoadSpare
from rung.runtime.scheduling.lines import Line
from rung.runtime.scheduling.losses import MAX_DEATHS, MAX_SHORTAGES
from rung.runtime.scheduling.scheduler import Scheduler
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.waiting import Waiting


def violations(scheduler: Scheduler) -> list[str]:
    """Sentences, one for each broken promise; empty when all is well."""
    found = [sentence for seat in scheduler.seats.values() for sentence in _of_seat(scheduler, seat)]
    found += [sentence for line in scheduler.board.lines.values() for sentence in _of_line(scheduler, line)]
    for device, budget in scheduler.board.budgets.items():
        # A budget may become smaller than what runs, which is never ended for it.
        if scheduler.used(device) > budget and (idle := _idle(scheduler, device)):
            found.append(f"{device}: {scheduler.used(device)} bytes are taken of {budget}, and {idle} do nothing there")
    return [*found, *_of_calls(scheduler), *_of_cores(scheduler)]


def overloads(scheduler: Scheduler, commands: Sequence[Command]) -> list[str]:
    """The same of an answer: nothing is loaded where more is taken than the budget has."""
    board = scheduler.board
    return [
        f"{command.seat} is loaded while {board.used(device)} of {board.budgets.get(device, 0)} are taken of {device}"
        for command in commands
        if isinstance(command, Load | LoadSpare)
        for device in scheduler.seats[command.seat].need.devices
        if board.used(device) > board.budgets.get(device, 0)
    ]


def _idle(scheduler: Scheduler, device: str) -> list[str]:
    if scheduler.board.staying(device) <= scheduler.board.budgets[device]:
        return []
    return [s.name for s in scheduler.seats.values() if s.on(device) and s.idle and not s.pinned]


def _of_seat(scheduler: Scheduler, seat: Seat) -> Iterator[str]:
    name = seat.name
    if seat.running and seat.state != "ready":
        yield f"{name} is {seat.state} while {sorted(seat.running)} run on it"
    if seat.ahead and not seat.running:
        yield f"{name} runs nothing, and yet {sorted(seat.ahead)} lie ready there"
    if len(seat.ahead) > seat.need.max_batch or any(w.alone for w in seat.ahead.values()):
        yield f"{name} was sent ahead what should not be: {sorted(seat.ahead)}"
    if seat.batches > seat.need.max_concurrent:
        yield f"{name} runs {seat.batches} batches, {seat.need.max_concurrent} allowed"
    if len(seat.running) > 1 and any(w.alone for w in seat.running.values()):
        yield f"{name}: a call that may be poison runs beside others: {sorted(seat.running)}"
    batches: dict[str, set[str]] = {}
    yield from (f"{w.call} lies ready on {name} and is held to be on {w.seat!r}" for w in _astray(seat))
    for waiting in seat.running.values():
        batches.setdefault(waiting.batch, set()).add(waiting.variant)
        if waiting.seat != name:
            yield f"{waiting.call} runs on {name} and is held to be on {waiting.seat!r}"
    if any(len(variants) > 1 for variants in batches.values()):
        yield f"{name} runs several variants in one batch: {batches}"
    if seat.health.rests(scheduler.board.now) and (seat.running or seat.state == "loading"):
        yield f"{name} is {seat.health.state}, and yet {seat.state} with {sorted(seat.running)}"
    if seat.idle and seat.stale_at < scheduler.board.now:
        yield f"{name} is idle although its time to live ended at {seat.stale_at:g}"
    yield from _of_bytes(seat)
    if seat.replacing and seat.state in ("loading", "unloading"):
        yield f"{name} is {seat.state} while its replacement is {seat.spare}"


def _astray(seat: Seat) -> list[Waiting]:
    return [waiting for waiting in seat.ahead.values() if waiting.seat != seat.name]


def _of_bytes(seat: Seat) -> Iterator[str]:
    working = sum(waiting.working for calls in (seat.running, seat.ahead) for waiting in calls.values())
    for worker, there, holds in (
        ("worker", seat.state != "unloaded", seat.held),
        ("spare", seat.spare, seat.spare_held),
    ):
        if holds and not there:
            yield f"{seat.name}: {holds} bytes are counted for a {worker} that is not there"
        if there and holds < seat.need.resident:
            yield f"{seat.name}: {holds} bytes are counted for a {worker} of {seat.need.resident}"
    if seat.running and seat.held < seat.need.resident + working:
        yield f"{seat.name}: calls of {working} working bytes run on a worker that is held to hold {seat.held}"


def _of_line(scheduler: Scheduler, line: Line) -> Iterator[str]:
    now = scheduler.board.now
    orders = [w.order for w in line.queue]
    if orders != sorted(orders):
        yield f"{line.name}: the queue is out of order: {orders}"
    if any(w.seat for w in line.queue):
        yield f"{line.name}: a call that waits is held to run: {[w.call for w in line.queue if w.seat]}"
    if late := [w.call for w in line.parked if w.parked is None or w.parked.until <= now]:
        yield f"{line.name}: {late} still wait for memory that others hold"
    if line.queue and all(s.health.state == "quarantined" and s.health.rests(now) for s in line.seats):
        yield f"{line.name} is quarantined, and yet {len(line.queue)} calls wait for it"


def _of_calls(scheduler: Scheduler) -> Iterator[str]:
    known = set(scheduler.board.calls)
    placed = [w.call for line in scheduler.board.lines.values() for w in (*line.queue, *line.parked)]
    seats = scheduler.seats.values()
    placed += [w.call for seat in seats for calls in (seat.running, seat.ahead) for w in calls.values()]
    yield from (f"{call} is in two places" for call in {c for c in placed if placed.count(c) > 1})
    if known != set(placed):
        yield f"calls known {sorted(known)} and calls placed {sorted(placed)} differ"
    for waiting in scheduler.board.calls.values():
        if waiting.deaths >= MAX_DEATHS or waiting.shortages >= MAX_SHORTAGES:
            yield f"{waiting.call} is tried again after {waiting.deaths} deaths and {waiting.shortages} shortages"


def _of_cores(scheduler: Scheduler) -> Iterator[str]:
    busy = [s for s in scheduler.seats.values() if s.threads]
    threads = sum(s.threads for s in busy)
    if threads > scheduler.board.cores and sum(s.batches for s in busy) > 1:
        yield f"{threads} threads run on {scheduler.board.cores} cores"
