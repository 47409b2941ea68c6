from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from rung.runtime.keys import KeyRing
from rung.runtime.store import Database, Transaction

T = TypeVar("T")


@dataclass
class Clock:
    """Both clocks of a server, set by hand."""

    now: float = 1000.0
    unix: float = 1_800_000_000.0

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.unix += seconds


@dataclass
class Counted:
    """A real database that counts what is read, and can be made to fail."""

    real: Database
    reads: int = 0
    fails: list[Exception] = field(default_factory=list)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        self.reads += 1
        if self.fails:
            raise self.fails[-1]
        return await self.real.read(query)

    async def write(self, deed: Callable[[Transaction], T]) -> T:
        if self.fails:
            raise self.fails[-1]
        return await self.real.write(deed)


def ring_of(database: Counted, clock: Clock) -> KeyRing:
    return KeyRing(database, clock=lambda: clock.now, wall=lambda: clock.unix)  # type: ignore[arg-type]
