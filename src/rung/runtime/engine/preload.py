"""Owns what a server takes into memory when it starts: one after the other, while it answers already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from rung.runtime.engine.engine import Engine
from rung.runtime.errors import RungError

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Preloading:
    """seats: what is to be loaded, in order. lost: by name, why something is not in memory."""

    engine: Engine
    seats: Sequence[str]
    lost: dict[str, str] = field(default_factory=dict)
    done: int = field(default=0, init=False)
    """Seats that were tried."""

    @property
    def over(self) -> bool:
        """Whether all were tried."""
        return self.done == len(self.seats)

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        """It goes on within; what is not loaded at the end is not loaded any more."""
        for name, why in self.lost.items():
            log.warning("%s is not loaded at the start: %s", name, why)
        loading = asyncio.get_running_loop().create_task(self._run())
        try:
            yield
        finally:
            loading.cancel()
            await asyncio.wait({loading})

    async def _run(self) -> None:
        for name in self.seats:
            try:
                await self.engine.preload(name)
            except RungError as error:
                self.lost[name] = error.message
                log.warning("%s could not be loaded at the start: %s", name, error.message)
            self.done += 1
