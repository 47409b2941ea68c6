"""What the scheduler answers: deeds for the engine, each one line of doing. Workers are named by their seats."""

from __future__ import annotations

from dataclasses import dataclass

from rung.runtime.errors import RungError


@dataclass(frozen=True, slots=True)
class Load:
    """Start the seat's worker and load it. The answer is LoadDone or LoadFailed."""

    seat: str


@dataclass(frozen=True, slots=True)
class Unload:
    """End the seat's worker. The answer is UnloadDone."""

    seat: str


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Run these calls of one variant together on the seat's worker. One CallDone or CallShort each answers, or
    WorkerExited.

    ahead: when what runs there has ended. Begun follows then.
    """

    seat: str
    calls: tuple[str, ...]
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """What was sent ahead runs from now on: the worker began it by itself."""

    seat: str
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CancelRunning:
    """Tell the worker that nobody wants the call any more."""

    seat: str
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

    seat: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadSpare:
    """Start and load a second worker of the seat, to replace the first. The answer is SpareReady or SpareFailed."""

    seat: str


@dataclass(frozen=True, slots=True)
class Swap:
    """The second worker is the seat's worker from now on; the first, where there is one, ends: SpareGone."""

    seat: str


@dataclass(frozen=True, slots=True)
class EndSpare:
    """End the second worker, loaded or not: it is not needed. The answer is SpareGone."""

    seat: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """The load that was asked for cannot be: the error says why."""

    seat: str
    error: RungError


Command = Load | Unload | Dispatch | Begun | CancelRunning | Fail | LetGo | Kill | LoadSpare | Swap | EndSpare | Refuse
