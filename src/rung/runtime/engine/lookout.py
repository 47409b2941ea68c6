"""Owns the looks at the machine's memory while calls are open: what others take of it and give back, told as events.

Nobody looks while nothing is asked of this machine; the first call that would have to load looks for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rung.runtime.engine.memory import Memory
from rung.runtime.engine.watch import EVERY_S
from rung.runtime.scheduling.events import BudgetSeen


@dataclass(slots=True, eq=False)
class Lookout:
    """busy: whether calls are open. awaits: whether somebody waits for what others hold of a device. tell: given a
    BudgetSeen for each change."""

    memory: Memory
    busy: Callable[[], bool]
    awaits: Callable[[str], bool]
    tell: Callable[[BudgetSeen], None]
    _looking: asyncio.Task[None] | None = field(default=None, init=False)

    def poke(self) -> None:
        """A call is open."""
        if self._looking is None and self.memory.bounds:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def refresh(self, devices: Iterable[str]) -> None:
        """Look again at those devices whose budget has become smaller, before somebody is refused by it."""
        for device in devices:
            watch = self.memory.watches.get(device)
            if watch is not None and watch.narrowed:
                await self._look_at(device)

    async def close(self) -> None:
        """Nobody looks any more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    async def _look(self) -> None:
        while self.busy():
            for device in self.memory.bounds:
                await self._look_at(device)
            await asyncio.sleep(EVERY_S)
        self._looking = None

    async def _look_at(self, device: str) -> None:
        budget = await self.memory.look(device, self.awaits(device))
        if budget is not None:
            self.tell(BudgetSeen(device, budget, time.monotonic()))
