"""What the scheduler is told. Workers are named by their seats.

Times are time.monotonic() seconds of the one clock that the engine reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from rung.runtime.errors import RungError


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A call for a variant wants to run before its deadline.

    working: bytes that it takes while it runs, on top of what its variant holds, at its input's size. Less than the
    smallest call's are taken for those. replaceable: another rung may answer in its place.
    """

    call: str
    variant: str
    deadline: float
    now: float
    working: int = 0
    replaceable: bool = False


@dataclass(frozen=True, slots=True)
class CallCancelled:
    """The caller left. Queued: dropped at once; running: asked to stop, its late result is dropped."""

    call: str
    now: float


@dataclass(frozen=True, slots=True)
class CallDone:
    """The worker answered the call, with a result or with the model's own error.

    retire: why the worker asks to be replaced; empty: it does not.
    """

    call: str
    now: float
    retire: str = ""


@dataclass(frozen=True, slots=True)
class CallShort:
    """The worker answered the call with OutOfMemory, and lives."""

    call: str
    error: RungError
    now: float


@dataclass(frozen=True, slots=True)
class LoadAsked:
    """Somebody wants the seat's worker in memory although no call waits for it. What was held against it is
    forgotten.

    strict: where it fails, nobody tries again by himself for a while. until: how long it may wait for memory that
    others hold.
    """

    seat: str
    now: float
    strict: bool = False
    until: float = -math.inf


@dataclass(frozen=True, slots=True)
class LoadDone:
    """The seat's worker is ready."""

    seat: str
    now: float


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The seat's worker could not be loaded, and is gone.

    died: the process ended under the load, so that it may be no fault of the model.
    """

    seat: str
    error: RungError
    now: float
    died: bool = False


@dataclass(frozen=True, slots=True)
class LoadDenied:
    """The machine has not got the bytes that the seat's worker takes: nothing was begun, and nothing is held against
    it. device: the one that lacks them; bytes: the budget that it has instead."""

    seat: str
    device: str
    bytes: int
    now: float


@dataclass(frozen=True, slots=True)
class UnloadAsked:
    """Somebody wants the seat's worker out of memory; a busy one goes when its calls are done."""

    seat: str
    now: float


@dataclass(frozen=True, slots=True)
class UnloadDone:
    """The worker is gone and its memory is back."""

    seat: str
    now: float


@dataclass(frozen=True, slots=True)
class WorkerExited:
    """A ready worker is gone, and its memory is back. `reason` is a sentence.

    cause: `oom` (by the kernel or its own limit), `template` (the process that it was forked from died), else a crash.
    held: bytes that it held shortly before, where they were looked at.
    """

    seat: str
    reason: str
    now: float
    cause: str = ""
    held: int | None = None


@dataclass(frozen=True, slots=True)
class MemorySeen:
    """What the seat's worker holds now, in bytes. on_device: of its device, where that has a memory of its own."""

    seat: str
    bytes: int
    now: float
    on_device: int | None = None


@dataclass(frozen=True, slots=True)
class RamSeen:
    """The seat's worker keeps so many bytes of RAM beside its device: memory ran short there, and what it held there
    was moved."""

    seat: str
    bytes: int
    now: float


@dataclass(frozen=True, slots=True)
class SpareReady:
    """The seat's second worker has loaded."""

    seat: str
    now: float


@dataclass(frozen=True, slots=True)
class SpareFailed:
    """The seat's second worker could not be loaded, or died before it was needed; it is gone."""

    seat: str
    error: RungError
    now: float


@dataclass(frozen=True, slots=True)
class SpareGone:
    """Of the seat's two workers the one that had to go is gone, and its memory is back."""

    seat: str
    now: float


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pinned seat is never evicted for another one."""

    seat: str
    pinned: bool
    now: float


@dataclass(frozen=True, slots=True)
class LifeSet:
    """A seat is unloaded after so many seconds without a call; None: it stays until others need the room."""

    seat: str
    ttl_s: float | None
    now: float


@dataclass(frozen=True, slots=True)
class BudgetSeen:
    """A device's budget is another one: others took memory, or gave it back."""

    device: str
    bytes: int
    now: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: deadlines and limits are looked at."""

    now: float


SeatEvent = (
    LoadAsked
    | LoadDone
    | LoadFailed
    | LoadDenied
    | UnloadAsked
    | UnloadDone
    | WorkerExited
    | MemorySeen
    | RamSeen
    | SpareReady
    | SpareFailed
    | SpareGone
    | Pinned
    | LifeSet
)
"""What happens to a seat."""
Event = CallArrived | CallCancelled | CallDone | CallShort | SeatEvent | BudgetSeen | Tick
