"""What the scheduler is told. Times are time.monotonic() seconds of the one clock that the engine reads."""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.errors import RungError


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A call for a variant wants to run before its deadline."""

    call: str
    variant: str
    deadline: float
    now: float


@dataclass(frozen=True, slots=True)
class CallCancelled:
    """The caller left. Queued: dropped at once; running: asked to stop, its late result is dropped."""

    call: str
    now: float


@dataclass(frozen=True, slots=True)
class CallDone:
    """The worker answered the call, with a result or with the model's own error."""

    call: str
    now: float


@dataclass(frozen=True, slots=True)
class LoadAsked:
    """Somebody wants the variant in memory although no call waits for it."""

    variant: str
    now: float


@dataclass(frozen=True, slots=True)
class LoadDone:
    """The variant's worker is ready."""

    variant: str
    now: float


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """The variant could not be loaded; its worker is gone."""

    variant: str
    error: RungError
    now: float


@dataclass(frozen=True, slots=True)
class UnloadAsked:
    """Somebody wants the variant out of memory; a busy one goes when its calls are done."""

    variant: str
    now: float


@dataclass(frozen=True, slots=True)
class UnloadDone:
    """The worker is gone and its memory is back."""

    variant: str
    now: float


@dataclass(frozen=True, slots=True)
class WorkerExited:
    """A ready worker died. `reason` is a sentence."""

    variant: str
    reason: str
    now: float


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pinned variant is never evicted for another one."""

    variant: str
    pinned: bool
    now: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: deadlines and limits are looked at."""

    now: float


Event = (
    CallArrived
    | CallCancelled
    | CallDone
    | LoadAsked
    | LoadDone
    | LoadFailed
    | UnloadAsked
    | UnloadDone
    | WorkerExited
    | Pinned
    | Tick
)
