"""The scheduler's picture of one call that is not answered yet."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rung.runtime.errors import RungError


@dataclass(frozen=True, slots=True)
class Parked:
    """Why a call waits aside: others hold what it lacks of that device. error: what it ends with, at `until`."""

    device: str
    error: RungError
    until: float


@dataclass(slots=True)
class Waiting:
    """A call that waits or runs. `order` is its place among all calls ever seen."""

    call: str
    variant: str
    order: int
    deadline: float
    arrived: float = 0.0
    working: int = 0
    """Bytes that it takes while it runs, on top of what its worker holds when it is ready."""
    replaceable: bool = False
    """Another rung may answer in its place."""
    parked: Parked | None = None
    """It waits, or did, for memory that others hold."""
    due: float = math.inf
    """It is overdue when more seconds of work than this have begun on the machine."""
    seat: str = ""
    """Whose worker has it; empty while it waits."""
    attempts: int = 0
    """How often it was begun."""
    deaths: int = 0
    """Workers that died under it, perhaps because of it."""
    shortages: int = 0
    """How often it ran out of memory."""
    alone: bool = False
    """It may be what killed its worker: nothing else runs on the seat beside it."""
    most: int = 0
    """Calls in a batch with it, itself included; 0: as many as the model takes."""
    together: int = 1
    """Calls in the batch that it runs in, as it began."""
    started: float = 0.0
    late: bool = False
    """It outlived its limit."""
    abandoned: bool = False
    stop_by: float = 0.0
    """When an abandoned call must have let go."""
    batch: str = ""
    """The first call of the batch it runs in."""

    def begin(self, seat: str, batch: str, together: int, now: float) -> None:
        """It is handed to that seat's worker."""
        self.seat, self.batch, self.together, self.started = seat, batch, together, now
        self.attempts += 1

    def most_beside(self, max_batch: int) -> int:
        """Calls in a batch that it is in, itself included."""
        if self.alone:
            return 1
        return min(self.most or max_batch, max_batch)
