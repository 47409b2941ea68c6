"""Owns one worker as the server sees it: load, run, cancel, end, and how it ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.errors import InvalidInput, LoadFailed, OutOfMemory, RungError, WorkerCrashed, by_code
from rung.runtime.model import Part, Progress
from rung.runtime.spec import Placement, Runtime
from rung.runtime.workers import deaths, messages, payload, system
from rung.runtime.workers.calls import (
    Batch,
    LoadReport,
    OnEnd,
    OnOutcome,
    WorkerAnswer,
    WorkerCall,
    fields_of,
    ignore,
    order_of,
)
from rung.runtime.workers.deaths import Cause, Death, OomKills
from rung.runtime.workers.exchange import Exchange
from rung.runtime.workers.wire import CLOSED, LogTail, Wire

_REPORT_S = 0.05
"""How long a death waits for the template to say its exit code."""
_TAIL = 20


@dataclass(slots=True, eq=False, kw_only=True)
class WorkerProcess:
    """One process that holds a variant, or the members of a group. Made by `Templates.spawn`, which owns its template.

    exited: resolves with a sentence that says how it ended; never raises. cause: why in one word, known by then.
    started: how it was started and why so.
    """

    placement: Placement
    """Of a group: its first member's."""
    runtime: Runtime
    pid: int
    pidfd: int | None
    started: str
    log: LogTail
    ooms: OomKills = field(default_factory=OomKills)
    others: Sequence[Placement] = ()
    """The group's other members."""
    cause: Cause = ""
    wire: Wire = field(init=False)
    exchange: Exchange = field(init=False)
    exited: asyncio.Future[str] = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)
    _loading: asyncio.Future[LoadReport] | None = None
    _batches: dict[str, Batch] = field(default_factory=dict)
    _asked_to_end: bool = False
    _broke: str = ""
    _ooms_before: int | None = None

    def open(self, sock: socket.socket) -> None:
        """Begin to listen to it and to watch it."""
        self.exited = self._loop.create_future()
        self._ooms_before = self.ooms.read()
        self.wire = Wire(sock, self._hear, self._unheard)
        self.exchange = Exchange(self.wire)
        self.wire.open()
        self.log.open()
        if self.pidfd is not None:
            self._loop.add_reader(self.pidfd, self._ended)

    # --- what the engine asks ------------------------------------------------------------------------

    async def load(self) -> LoadReport:
        """Raises LoadFailed with the cause and the log's tail, OutOfMemory, or what the model raised of ours."""
        if self.exited.done():
            raise LoadFailed(f"{self._name} cannot load: {self.exited.result()}", log=self.tail())
        self._loading = self._loop.create_future()
        self.exchange.send(payload.encode(order_of([self.placement, *self.others], self.runtime)), messages.Load)
        return await self._loading

    async def run(self, calls: Sequence[WorkerCall], on_outcome: OnOutcome = ignore) -> list[WorkerAnswer | RungError]:
        """As `begin`, and the outcomes. When the awaiting task is cancelled, the calls are cancelled in the worker."""
        ended: asyncio.Future[list[WorkerAnswer | RungError]] = self._loop.create_future()

        def end(outcomes: list[WorkerAnswer | RungError]) -> None:
            if not ended.done():
                ended.set_result(outcomes)

        self.begin(calls, on_outcome, end)
        try:
            return await ended
        except asyncio.CancelledError:
            for call in calls:
                self.cancel(call.id)
            raise

    def begin(self, calls: Sequence[WorkerCall], on_outcome: OnOutcome, on_end: OnEnd) -> None:
        """Hand over one batch of calls with ids of their own. When this returns it is sent, unless it is large.

        on_end: given one outcome per call, in order, once; never before this returns. A call whose input cannot cross
        has InvalidInput. `variant.max_concurrent` batches may be under way, and one more that waits behind them. A dead
        worker gives WorkerCrashed for each. Raises OutOfMemory when there is no shared memory for the inputs: then
        on_end is not told.
        """
        if self.exited.done():
            crashed: list[WorkerAnswer | RungError] = [self._crash() for _ in calls]
            self._loop.call_soon(on_end, crashed)
            return
        batch = Batch(tuple(call.id for call in calls), on_outcome, on_end)
        encoded = payload.Encoded(tree=[])
        for call in calls:
            try:
                encoded.tree.append(fields_of(call, encoded))
            except InvalidInput as unfit:
                batch.add(call.id, unfit)
        if len(batch.results) == len(calls):
            self._loop.call_soon(on_end, batch.in_order())
            return
        ids = [call_id for call_id in batch.ids if call_id not in batch.results]
        self.exchange.send(
            encoded,
            lambda body: messages.Run(ids, body, self.exchange.returned()),
            lambda segment: self._sent(batch, segment),
        )
        self._batches |= dict.fromkeys(ids, batch)

    def _sent(self, batch: Batch, segment: int | None) -> None:
        batch.sent, batch.segment = True, segment
        for call_id in batch.cancelled:
            self.cancel(call_id)

    def cancel(self, call_id: str) -> None:
        """Ask the model to give the call up: its next `check` raises Cancelled. Unknown calls are ignored."""
        batch = self._batches.get(call_id)
        if batch is not None and not batch.sent:
            batch.cancelled.append(call_id)
        elif batch is not None:
            self.wire.send(messages.Cancel(call_id))

    async def end(self, grace_s: float = 2.0) -> None:
        """Ask it to end; after the grace SIGKILL its whole group. Returns when nothing of it is left. Idempotent."""
        self._asked_to_end = True
        self.wire.send(messages.End())
        await asyncio.wait([self.exited], timeout=grace_s)
        self.kill()
        await self._gone.wait()

    def kill(self) -> None:
        """SIGKILL now, if it still runs; its template ends the rest of the group."""
        if self.exited.done():
            return
        try:
            if self.pidfd is not None:
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it ended just now, and that is being reported

    def memory(self) -> int | None:
        """Proportional set size in bytes now; None when it has ended or cannot be read.

        Reads /proc, which takes a millisecond or more for a large process.
        """
        return None if self.exited.done() else system.pss(self.pid)

    @property
    def logs(self) -> tuple[str, ...]:
        """The last lines of its stdout and stderr, oldest first."""
        return self.log.lines

    def tail(self) -> list[str]:
        """The last few lines, for an error's details."""
        return list(self.log.lines[-_TAIL:])

    # --- what the worker says --------------------------------------------------------------------------

    def _hear(self, frame: messages.Frame) -> None:
        match frame.message:
            case messages.Free() | messages.Drop():
                self.exchange.hear(frame.message)
            case messages.Loaded(load_s, resident, counted):
                self._loaded(LoadReport(load_s=load_s, resident_bytes=resident, counted_bytes=counted))
            case messages.Refused(code, message, details):
                self._loaded(by_code(code, message, {**details, "log": self.tail()}))
            case messages.Failed(call, code, message, details, last):
                if last:
                    self._last(call)
                self._result(call, by_code(code, message, details))
            case messages.Told(call, fraction, stage, None):
                self._tell(call, Progress(fraction, stage))
            case messages.Told(call, _, _, messages.Body() as body):
                self.exchange.receive(body, frame, lambda value: self._tell(call, Part(value)))
            case messages.Answered() as answered:
                self._answered(answered, frame)

    def _answered(self, told: messages.Answered, frame: messages.Frame) -> None:
        def settle(output: Any) -> None:
            answer = WorkerAnswer(
                output=output,
                run_s=told.run_s,
                peak_bytes=told.peak_bytes,
                cached=tuple(told.cached),
                warnings=tuple(told.warnings),
                strategy=told.strategy,  # type: ignore[arg-type]
                retire=told.retire,
                pixels=told.pixels,
            )
            self._result(told.id, answer)

        if told.last:
            self._last(told.id)
        self.exchange.receive(told.body, frame, settle)

    def _tell(self, call_id: str, outcome: Progress | Part) -> None:
        if (batch := self._batches.get(call_id)) is not None:
            self._loop.call_soon(batch.on_outcome, call_id, outcome)  # so that its errors are its own

    def _result(self, call_id: str, result: WorkerAnswer | RungError) -> None:
        if (batch := self._batches.get(call_id)) is not None and batch.add(call_id, result):
            self._end(batch)

    def _end(self, batch: Batch) -> None:
        """Tell of its end at once: the worker has nothing to do until it hears of the next one."""
        for call_id in batch.ids:
            self._batches.pop(call_id, None)
        try:
            batch.on_end(batch.in_order())
        except Exception as error:  # not the worker's, whose frame is being read
            self._loop.call_exception_handler({"message": "the end of a batch was not taken", "exception": error})

    def _last(self, call_id: str) -> None:
        """The worker is done with the call's batch, though a large answer may still be copied here."""
        batch = self._batches[call_id]
        if batch.segment is not None:
            self.exchange.give_back(batch.segment)

    def _loaded(self, outcome: LoadReport | RungError) -> None:
        if self._loading is None or self._loading.done():
            return
        if isinstance(outcome, RungError):
            self._loading.set_exception(outcome)
        else:
            self._loading.set_result(outcome)

    # --- how it ends -------------------------------------------------------------------------------------

    def _unheard(self, why: str) -> None:
        """It lives, perhaps, but cannot answer any more."""
        if why != CLOSED:
            self._broke = why
        self.kill()

    def _ended(self) -> None:
        """The kernel says that it ended; the exit code comes from the template."""
        if self.pidfd is not None:
            self._loop.remove_reader(self.pidfd)
        self._loop.call_later(_REPORT_S, self.conclude, deaths.UNREPORTED)

    def died(self, code: int) -> None:
        """The template says its exit code; negative: the signal."""
        if self.exited.done():
            return
        found = deaths.death(code, lambda: self.ooms.took_one(self._ooms_before), self._broke)
        self.log.drain()
        self.conclude(deaths.with_last_words(found, code, self.log.lines))

    def conclude(self, how: Death) -> None:
        """Read what it left, fail what waits, and say how it ended. Idempotent."""
        if self.exited.done():
            return
        self.wire.drain()
        self.wire.close()
        self.log.close()
        end = deaths.ASKED if self._asked_to_end else how
        self.cause = end.cause
        line = "" if self._asked_to_end else deaths.telling_line(self.log.lines)
        self.exited.set_result(
            f"The worker of {self._name} (pid {self.pid}) {end.how}." + (f" Its log: {line}" if line else "")
        )
        kind = OutOfMemory if self.cause == "oom" else LoadFailed
        sentence = f"{self._name} could not be loaded. {self.exited.result()}"
        self._loaded(kind(sentence, cause=self.cause, log=self.tail()))
        for batch in {id(b): b for b in self._batches.values()}.values():
            self._fail(batch)
        self.exchange.close()

    def gone(self) -> None:
        """Nothing of its group is left."""
        self.conclude(deaths.UNREPORTED)
        if self.pidfd is not None:
            self._loop.remove_reader(self.pidfd)
            os.close(self.pidfd)
            self.pidfd = None
        self._gone.set()

    def _fail(self, batch: Batch) -> None:
        for call_id in batch.ids:
            batch.add(call_id, self._crash())
        self._end(batch)

    def _crash(self) -> WorkerCrashed:
        return WorkerCrashed(self.exited.result(), pid=self.pid, cause=self.cause, log=self.tail())

    @property
    def _name(self) -> str:
        return self.placement.group or self.placement.variant.name


__all__ = ["LoadReport", "WorkerAnswer", "WorkerCall", "WorkerProcess"]
