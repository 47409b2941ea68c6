"""Owns what each key used on each day: added in memory, written to the database every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from rung.runtime.errors import StoreError
from rung.runtime.store import Database, Transaction

log = logging.getLogger(__name__)

FLUSH_S = 5.0
"""What a server that dies can forget of the usage, at most."""
_Entry = tuple[str, str]
"""Key's id, UTC day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Of a key on a day. seconds: of model time. cost: US dollars."""

    seconds: float = 0.0
    cost: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(seconds=self.seconds + other.seconds, cost=self.cost + other.cost)


class Usage:
    """Use it with `async with`: it reads the day so far at the start and writes what is left at the end.

    Several servers on one database add to the same rows; each learns of the others whenever it writes.
    wall: Unix seconds. A wall clock that goes back to yesterday does not open yesterday's account again.
    """

    def __init__(self, database: Database, *, wall: Callable[[], float] = time.time, flush_s: float = FLUSH_S) -> None:
        self._database = database
        self._wall = wall
        self._flush_s = flush_s
        self._latest = ""
        self._known: dict[_Entry, Spent] = {}
        self._pending: dict[_Entry, Spent] = {}
        self._writing = asyncio.Lock()
        self._beat: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        day = self.day()
        rows = await self._database.read(
            lambda on: on.rows("SELECT key_id, day, seconds, cost FROM key_usage WHERE day = ?", (day,))
        )
        self._known = _by_entry(rows)
        self._beat = asyncio.ensure_future(self._flush_for_ever())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beat is not None:
            self._beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beat
        await self._try_flush()

    def day(self) -> str:
        """Today in UTC (`2026-07-31`), or the latest day there was."""
        self._latest = max(self._latest, datetime.fromtimestamp(self._wall(), UTC).date().isoformat())
        return self._latest

    def left_of_day_s(self) -> float:
        """Seconds until the next UTC day."""
        return 86400.0 - self._wall() % 86400.0

    def add(self, key_id: str, seconds: float, cost: float) -> None:
        """The key used so much just now."""
        entry = (key_id, self.day())
        self._pending[entry] = self._pending.get(entry, Spent()) + Spent(seconds=seconds, cost=cost)

    def today(self, key_id: str) -> Spent:
        """What the key has used since midnight UTC, what is not yet written too."""
        entry = (key_id, self.day())
        return self._known.get(entry, Spent()) + self._pending.get(entry, Spent())

    async def flush(self) -> None:
        """Write what came since the last time. Raises StoreError; nothing is lost by that."""
        async with self._writing:
            taken = dict(self._pending)
            if not taken:
                return
            rows = await self._database.write(lambda on: _added(on, taken))
            for entry, spent in taken.items():
                self._pending[entry] += Spent(seconds=-spent.seconds, cost=-spent.cost)
                if self._pending[entry] == Spent():
                    del self._pending[entry]
            today = self.day()
            self._known = {e: spent for e, spent in (self._known | _by_entry(rows)).items() if e[1] == today}

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._flush_s)
            await self._try_flush()

    async def _try_flush(self) -> None:
        try:
            await self.flush()
        except StoreError as error:
            log.warning("usage could not be written and is kept in memory: %s", error.message)


def _added(on: Transaction, taken: Mapping[_Entry, Spent]) -> list[Mapping[str, Any]]:
    """The rows after the addition, as all servers together have made them."""
    rows: list[Mapping[str, Any]] = []
    for (key_id, day), spent in taken.items():
        rows += on.rows(
            "INSERT INTO key_usage (key_id, day, seconds, cost) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (key_id, day) DO UPDATE SET seconds = key_usage.seconds + excluded.seconds, "
            "cost = key_usage.cost + excluded.cost RETURNING key_id, day, seconds, cost",
            (key_id, day, spent.seconds, spent.cost),
        )
    return rows


def _by_entry(rows: list[Mapping[str, Any]]) -> dict[_Entry, Spent]:
    return {(row["key_id"], row["day"]): Spent(seconds=row["seconds"], cost=row["cost"]) for row in rows}
