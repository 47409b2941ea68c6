"""Decides when one further batch lies ready in a worker that is busy, so that it goes on without waiting for us.

Between two batches a worker stands still until its end was heard of and the next batch decided, sent and read: a
millisecond, or three where the cores are busy. That is nothing to a batch of a second, and a quarter of one of ten
milliseconds. So only a short batch is sent ahead, and only one that would be the same a moment later:

- full, so that nobody who comes meanwhile could have been in it
- on the only seat of its line, which runs one batch at a time and stays as it is
- while nobody else waits for memory or cores that this worker has, and on no more cores than what runs
- of calls that may run beside others, whose deadlines it keeps, and for which there is memory beside what runs

Until it begins it counts as waiting: a crash is not held against it, no limit runs, and its calls go back to their
places when the worker is lost. One that is taken back meanwhile never reaches the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rung.runtime.scheduling.board import Board
from rung.runtime.scheduling.commands import Begun, Dispatch
from rung.runtime.scheduling.seats import Seat
from rung.runtime.scheduling.waiting import Waiting


def send(board: Board) -> Iterator[Dispatch]:
    """To each worker that may be given one."""
    if not board.ahead_s or board.claims or board.holds:
        return
    for line in board.lines.values():
        if not line.queue or len(line.seats) > 1:
            continue
        (seat,) = line.seats
        if batch := _full(board, seat):
            board.work += seat.pace.run_s({batch[0].variant: len(batch)})
            seat.lay_ready(batch)
            yield Dispatch(seat.name, tuple(waiting.call for waiting in batch), ahead=True)


def begin(board: Board, patience_s: float) -> Iterator[Begun]:
    """What lay ready, where nothing runs before it any more. patience_s: how long a call of it that was taken back may
    go on."""
    for seat in board.seats.values():
        if not seat.ahead or seat.running:
            continue
        batch = list(seat.ahead.values())
        seat.ahead.clear()
        seat.begin(batch, board.now)
        for waiting in batch:
            waiting.stop_by = board.now + patience_s
        yield Begun(seat.name, tuple(waiting.call for waiting in batch))


def _full(board: Board, seat: Seat) -> list[Waiting]:
    """The batch that may be sent ahead; empty where there is none."""
    variant = seat.queue[0].variant
    most = seat.needs[variant].max_batch
    if len(seat.queue) < most or not _goes_on(seat) or seat.pace.run_s({variant: most}) > board.ahead_s:
        return []
    if seat.needs[variant].threads > seat.threads or seat.growth() > board.may_grow(seat):
        return []
    batch = seat.choose(board.room_for_batch(seat), max(board.now, _ends(seat)))
    if len(batch) < most or any(waiting.alone or waiting.most for waiting in batch):
        return []
    limit = seat.need.max_calls
    return batch if limit is None or seat.wear.answers + len(seat.running) + most <= limit else []


def _goes_on(seat: Seat) -> bool:
    """Whether it is busy, takes one batch at a time, and nothing but the end of what runs is waited for."""
    busy = seat.usable and seat.running and not seat.ahead and seat.need.max_concurrent == 1
    changing = seat.spare or seat.gate is not None or seat.wear.reason(seat.need.soft_limit, seat.need.max_calls)
    return bool(busy) and not changing and not any(waiting.alone for waiting in seat.running.values())


def _ends(seat: Seat) -> float:
    """When what runs there should have ended."""
    running = seat.running.values()
    began = min(waiting.started for waiting in running)
    return began + seat.pace.run_s(Counter(waiting.variant for waiting in running))
