"""Owns the calls that callers make without an operation: bounded together with the jobs, ended with the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.caller import Ask, Caller
from rung.runtime.jobs.estimate import History
from rung.runtime.runner.admission import check
from rung.runtime.runner.desk import Desk
from rung.runtime.settings import ServerSettings
from rung.runtime.spec import Answer, Policy


@dataclass(slots=True, kw_only=True)
class DirectCalls:
    """One call each, in memory only: who leaves takes it along. draining: whether new ones are refused."""

    caller: Caller
    desk: Desk
    history: History
    server: ServerSettings
    draining: Callable[[], bool]
    open: set[DirectCall] = field(default_factory=set)

    def begin(self, task: str, input: Any, *, policy: Policy, deadline_s: float, scope: str, held: int) -> DirectCall:
        """The call, to be awaited at once in this task. held: bytes of its input.

        Raises Draining, QueueFull, DeadlineUnreachable; then nothing was begun.
        """
        name, begun = f"{task}/{policy.variant}", time.monotonic()
        check(name, held, deadline_s, self.desk.load(draining=self.draining()), self.history, self.server)
        here = asyncio.current_task()
        assert here is not None
        answer = self.caller.call(task, input, Ask(policy=policy, deadline=begun + deadline_s, scope=scope))
        call = DirectCall(calls=self, name=name, held=held, begun=begun, task=here, answered=answer)
        self.open.add(call)
        self.desk.calls += 1
        self.desk.held += held
        return call


@dataclass(slots=True, eq=False, kw_only=True)
class DirectCall:
    """One under way. task: the one that awaits it."""

    calls: DirectCalls
    name: str
    held: int
    begun: float
    task: asyncio.Task[Any]
    answered: Coroutine[Any, Any, Answer]
    _why: Exception | None = None
    _over: asyncio.Future[None] | None = None

    async def answer(self) -> Answer:
        """Raises a RungError, and what it was ended with."""
        try:
            answer = await self.answered
        except asyncio.CancelledError:
            if self._why is not None and self.task.uncancel() == 0:  # else somebody else cancels the task too
                raise self._why from None
            raise
        finally:
            self._leave()
        self.calls.history.add(self.name, time.monotonic() - self.begun)
        return answer

    def end(self, why: Exception) -> None:
        """Take it back: whoever awaits it gets this error, when nothing of it runs any more."""
        if self._why is None:
            self._why = why
            self.task.cancel()

    def over(self) -> asyncio.Future[None]:
        """Resolves when it has ended."""
        if self._over is None:
            self._over = asyncio.get_running_loop().create_future()
        return self._over

    def _leave(self) -> None:
        self.calls.open.discard(self)
        self.calls.desk.calls -= 1
        self.calls.desk.held -= self.held
        if self._over is not None and not self._over.done():
            self._over.set_result(None)
