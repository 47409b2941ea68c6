"""What the engine tells of loads and calls while it serves, for their figures to be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rung.runtime.spec import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSeen:
    """A worker is ready. resident_bytes: of the process, whatever its device; None where it cannot be read."""

    placement: Placement
    pid: int
    load_s: float
    resident_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSeen:
    """A call was answered that ran alone, and all of it ran: nothing came from the memo.

    working: bytes that it took on top of what the worker held when it was loaded; None where nobody can tell.
    """

    placement: Placement
    pixels: int
    run_s: float
    working: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSeen:
    """A worker that has run holds so much between calls. bytes: of the process, whatever its device."""

    placement: Placement
    pid: int
    bytes: int


Seen = LoadSeen | RunSeen | RestSeen
Observe = Callable[[Seen], None]
"""It must not raise, and take microseconds."""


def unobserved(seen: Seen) -> None:
    """For an engine whose figures nobody keeps."""
