"""What the scheduler answers: deeds for the engine, each one line of doing."""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.errors import RungError


@dataclass(frozen=True, slots=True)
class Load:
    """Start the variant's worker and load it. The answer is LoadDone or LoadFailed."""

    variant: str


@dataclass(frozen=True, slots=True)
class Unload:
    """End the variant's worker. The answer is UnloadDone."""

    variant: str


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Run these calls together on the variant's worker. Answered by one CallDone or CallShort each, or WorkerExited."""

    variant: str
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelRunning:
    """Tell the worker that nobody wants the call any more."""

    variant: str
    call: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The call ends with this error."""

    call: str
    error: RungError


@dataclass(frozen=True, slots=True)
class LetGo:
    """Nothing of a call that was taken back runs any more."""

    call: str


@dataclass(frozen=True, slots=True)
class Kill:
    """End the worker at once: a call or the worker is over its limit. The answer is WorkerExited."""

    variant: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadSpare:
    """Start and load a second worker of the variant, to replace the first. The answer is SpareReady or SpareFailed."""

    variant: str


@dataclass(frozen=True, slots=True)
class Swap:
    """The second worker is the variant's worker from now on; the first, where there is one, ends: SpareGone."""

    variant: str


@dataclass(frozen=True, slots=True)
class EndSpare:
    """End the second worker, loaded or not: it is not needed. The answer is SpareGone."""

    variant: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The load that was asked for cannot be: the error says why."""

    variant: str
    error: RungError


Command = Load | Unload | Dispatch | CancelRunning | Fail | LetGo | Kill | LoadSpare | Swap | EndSpare | Refuse
