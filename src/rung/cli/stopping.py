"""Owns the end of a server: the first signal lets it finish what runs, the second ends it at once."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn

import uvicorn

from rung.runtime.runner import Runner

log = logging.getLogger("rung")


def _leave(number: int) -> NoReturn:
    """The templates see their socket close and take their workers along; jobs on disk are begun again."""
    os._exit(128 + number)


@dataclass(slots=True)
class Stopping:
    """Takes uvicorn's signals. While it drains the listener stays open: callers still ask for their answers."""

    server: uvicorn.Server
    runner: Runner
    grace_s: float
    leave: Callable[[int], NoReturn] = _leave
    _draining: asyncio.Task[None] | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """In the main thread, between two instructions: only the loop may act on it."""
        if self._draining is not None:
            self.leave(number)
        self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        if self._draining is None:
            log.info("%s: finishing what runs, for at most %g s", signal.Signals(number).name, self.grace_s)
            self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            await self.runner.drain(self.grace_s)
        finally:
            self.server.should_exit = True
