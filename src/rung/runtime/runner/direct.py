"""Owns the calls that callers make without an operation: bounded together with the jobs, ended with the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.job import Answer, Caller
from rung.runtime.jobs.estimate import History
from rung.runtime.runner.admission import check
from rung.runtime.runner.desk import Desk
from rung.runtime.settings import ServerSettings
from rung.runtime.spec import Policy


@dataclass(slots=True, kw_only=True)
class DirectCalls:
    """One call each, in memory only: who leaves takes it along. draining: whether new ones are refused."""

    caller: Caller
    desk: Desk
    history: History
    server: ServerSettings
    draining: Callable[[], bool]
    open: set[asyncio.Task[Answer]] = field(default_factory=set)

    def begin(
        self, task: str, input: Any, *, policy: Policy, deadline_s: float, scope: str, held: int
    ) -> asyncio.Task[Answer]:
        """The call under way; cancelling it takes it back. held: bytes of its input.

        Raises Draining, QueueFull, DeadlineUnreachable; then nothing was begun. The task raises a RungError.
        """
        name = f"{task}/{policy.variant}"
        check(name, held, deadline_s, self.desk.load(draining=self.draining()), self.history, self.server)
        running = asyncio.ensure_future(self._timed(name, task, input, policy, deadline_s, scope))
        self.open.add(running)
        self.desk.calls += 1
        self.desk.held += held
        running.add_done_callback(lambda ended: self._leave(ended, held))
        return running

    async def _timed(self, name: str, task: str, input: Any, policy: Policy, deadline_s: float, scope: str) -> Answer:
        begun = time.monotonic()
        answer = await self.caller.call(task, input, policy=policy, deadline=begun + deadline_s, scope=scope, step=task)
        self.history.add(name, time.monotonic() - begun)
        return answer

    def _leave(self, ended: asyncio.Task[Answer], held: int) -> None:
        self.open.discard(ended)
        self.desk.calls -= 1
        self.desk.held -= held
