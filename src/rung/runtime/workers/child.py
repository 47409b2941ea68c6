"""Owns the worker's side: reads what it is told, loads its model, answers its calls, and ends.

The main thread does everything, so that a model meets one thread only and a short call pays for no hand-over. While
a model runs, its own `check` is what listens for a cancellation. A variant that allows several calls at once runs
them in a pool, and the main thread listens. Imports the standard library and numpy only: a variant may live under
another interpreter, which holds nothing else of ours.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.errors import ModelFailed, RungError
from rung.runtime.model import Error, Model, Outcome, Part, Progress, Result
from rung.runtime.tasks import Example, pixels_of
from rung.runtime.workers import loading, messages, system
from rung.runtime.workers.answering import RunningCall, answer, finish
from rung.runtime.workers.link import Link
from rung.runtime.workers.memo import Memo
from rung.runtime.workers.peak import Peak
from rung.runtime.workers.rehearsal import Rehearsal, example_of
from rung.runtime.workers.room import Room

Job = Callable[[], None]


@dataclass(slots=True, eq=False)
class Worker:
    """One model in one process."""

    link: Link
    memo: Memo = field(default_factory=Memo)
    model: Model | None = None
    only: str = ""
    """The variant, where it answers for one alone."""
    rehearsals: Sequence[Rehearsal] = ()
    _jobs: deque[Job] = field(default_factory=deque)
    _pool: ThreadPoolExecutor | None = None
    _open: set[str] = field(default_factory=set)
    _cancelled: set[str] = field(default_factory=set)
    _ending: bool = False
    _worked: bool = False
    """Since it rested."""
    _peak: Peak = field(default_factory=Peak)
    _listening: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """One job after the other until End, or until the server is gone."""
        while not self._ending:
            self._listen(lambda: self.link.wait(self._rest))
            while self._jobs and not self._ending:
                self._jobs.popleft()()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _listen(self, source: Callable[[], Sequence[messages.Frame] | None]) -> None:
        """Hear what is there, unless another thread of the model does so just now."""
        if not self._listening.acquire(blocking=False):
            return
        try:
            frames = source()
            self._ending = self._ending or frames is None
            for frame in frames or ():
                self._hear(frame)
        finally:
            self._listening.release()

    def _rest(self) -> None:
        """Nobody has asked for anything for a while: the memory that calls have freed is better used by others."""
        if self._worked and not self._open:
            self._worked = False
            system.give_back_freed()

    def _hear(self, frame: messages.Frame) -> None:
        match frame.message:
            case messages.Load(body):
                values = self.link.values(body, frame)
                self._jobs.append(lambda: self._load(values))
            case messages.Run(ids, body, _):
                self.link.admit(body, frame)
                self._open.update(ids)
                self._submit(lambda: self._run(ids, body, frame))
            case messages.Cancel(call):
                self._cancelled.update({call} & self._open)
            case messages.End():
                self._ending = True
            case other:
                raise ConnectionError(f"a worker is not told {type(other).__name__}")

    def _submit(self, job: Job) -> None:
        if self._pool is None:
            self._jobs.append(job)
        else:
            self._pool.submit(job).add_done_callback(_complain)

    def _is_cancelled(self, call: str) -> bool:
        if self._pool is None:
            self._listen(self.link.poll)
        return call in self._cancelled or self._ending

    def _load(self, values: dict[str, Any]) -> None:
        order = loading.Order(**values)
        began = time.perf_counter()
        try:
            self.model = loading.load(order, lambda: self._is_cancelled(""))
        except RungError as error:
            self.link.send(messages.Refused(error.code, error.message, _plain(error.details)))
            return
        self.only, self.rehearsals = order.variant, order.rehearsed()
        self.memo.budget = order.memo_bytes
        self._peak.device = order.device
        if order.max_concurrent > 1:
            self._pool = ThreadPoolExecutor(order.max_concurrent, thread_name_prefix="run")
        system.give_back_freed()  # of what loading took in passing, so that the figure is what it holds
        self.link.send(messages.Loaded(time.perf_counter() - began, system.pss(), self._peak.now()))

    def _run(self, ids: list[str], body: messages.Body, frame: messages.Frame) -> None:
        self._worked = True
        calls = [self._call(*fields) for fields in self.link.values(body, frame)]
        began = time.perf_counter()
        last: list[tuple[RunningCall, Outcome]] = []

        def deliver(call: RunningCall, outcome: Outcome) -> None:
            if all(call.answered for call in calls):  # it says that the batch is over, so the model has to be done
                last.append((call, outcome))
            else:
                self._deliver(call, outcome, began, False)

        if any(isinstance(call.input, Example) for call in calls):
            self._make_examples(calls, deliver)
            began = time.perf_counter()
        with self._peak.watch():
            self._answer(calls, deliver)
            self._open.difference_update(ids)
            self._cancelled.difference_update(ids)
            self._deliver(*last[0], began, True)
        for call in calls:
            if (unsent := call.room.hand_over()) is not None:
                self.link.give_up(unsent)

    def _answer(self, calls: Sequence[RunningCall], deliver: Callable[[RunningCall, Outcome], None]) -> None:
        if self.model is not None:
            answer(self.model, [call for call in calls if not call.answered], deliver)
            return
        for call in calls:
            finish(call, Error(ModelFailed("This worker has no model: load it first.")), deliver)

    def _make_examples(self, calls: Sequence[RunningCall], deliver: Callable[[RunningCall, Outcome], None]) -> None:
        """Before the clock starts and the memory is watched. A call whose example cannot be made has its Error."""
        by_variant = {one.variant: one for one in self.rehearsals}
        for call in calls:
            if self.model is None or not isinstance(call.input, Example) or call.variant not in by_variant:
                continue
            wanted, shared = by_variant[call.variant], len(by_variant) > 1
            try:
                asked = call.input
                call.input = made = example_of(self.model, wanted, asked.pixels, shared=shared, maker=asked.maker)
                call.pixels = pixels_of(made)
            except RungError as error:
                finish(call, Error(error), deliver)

    def _call(
        self, id: str, task: str, input: Any, seed: int | None, options: Mapping[str, Any], *more: Any
    ) -> RunningCall:
        """Given the fields of `calls.WorkerCall`, in their order."""
        scope, deadline, variant = more
        return RunningCall(
            id=id,
            task=task,
            input=input,
            seed=seed,
            options=options,
            scope=scope,
            deadline=deadline,
            variant=variant or self.only,
            known=self.memo,
            room=Room(self.link.pool),
            is_cancelled=lambda: self._is_cancelled(id),
        )

    def _deliver(self, call: RunningCall, outcome: Outcome, began: float, last: bool) -> None:
        match outcome:
            case Progress(fraction, stage):
                self.link.send(messages.Told(call.id, float(fraction), stage))
            case Error(error):
                self.link.send(messages.Failed(call.id, error.code, error.message, _plain(error.details), last))
            case Part(value):
                self.link.send_values(value, lambda body: messages.Told(call.id, body=body))
            case Result(value):
                run_s, peak = time.perf_counter() - began, self._peak.bytes()
                self.link.send_values(
                    value,
                    lambda body: messages.Answered(
                        call.id,
                        run_s,
                        peak,
                        call.cached,
                        call.warnings,
                        last,
                        body,
                        call.strategy,
                        call.leaving,
                        call.pixels,
                    ),
                )


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """Details as JSON values; what is none is told in words."""
    return {
        key: value if isinstance(value, str | int | float | bool | None) else repr(value)
        for key, value in details.items()
    }


def _complain(job: Future[None]) -> None:
    """A job that raised is a bug of ours, or the server is gone: the process must not stay as if all were well."""
    if not job.cancelled() and (error := job.exception()) is not None:
        traceback.print_exception(error)
        os._exit(1)


def serve(fd: int) -> None:
    """Be a worker on that socket until the server ends it; then leave without running anybody's exit hooks."""
    sock = socket.socket(fileno=fd)
    os.set_inheritable(fd, False)
    os.register_at_fork(after_in_child=sock.close)  # a model's own forks must not keep the connection alive
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    link = Link(sock)
    worker = Worker(link)
    worker.memo.borrowed = lambda memory: link.maps.holds(memory) or link.pool.holds(memory)
    worker.work()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(0)
