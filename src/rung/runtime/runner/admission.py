"""Decides whether a job may be taken in, before anything of it is kept. Touches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rung.runtime.errors import DeadlineUnreachable, Draining, QueueFull
from rung.runtime.jobs.estimate import History, retry_after
from rung.runtime.settings import ServerSettings
from rung.runtime.spec import GiB

HELD_BYTES = 1 * GiB
"""Encoded pictures that accepted jobs may hold in memory together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a server has taken on. open: jobs that have not ended. waiting: of them, not begun. held: bytes.

    operations: how many of the jobs are of each.
    """

    draining: bool
    open: int
    waiting: int
    held: int
    operations: Mapping[str, int] = field(default_factory=dict)


def check(operation: str, held: int, deadline_s: float, load: Load, history: History, server: ServerSettings) -> None:
    """Raise what forbids it: Draining, QueueFull (with retry_after_s), DeadlineUnreachable. held: its own bytes."""
    if load.draining:
        raise Draining("the server is going down and takes no new jobs")
    if load.open >= server.max_queue:
        wait = _wait(operation, load, history, server)
        raise QueueFull(
            f"{load.open} jobs wait or run, as many as server.max_queue allows; come back in {wait:.0f} s",
            limit=server.max_queue,
            retry_after_s=wait,
        )
    if load.held and load.held + held > HELD_BYTES:
        raise QueueFull(
            f"accepted jobs hold {load.held} bytes of pictures; {held} more pass {HELD_BYTES}",
            retry_after_s=_wait(operation, load, history, server),
        )
    least = history.least(operation)
    if deadline_s < least:
        raise DeadlineUnreachable(
            f"{operation} has never taken less than {least:.2g} s; deadline_s = {deadline_s:g} cannot be met",
            least_s=round(least, 3),
        )


def _wait(operation: str, load: Load, history: History, server: ServerSettings) -> float:
    """Seconds, by those who are ahead: they are waited for, whatever is asked. Worked out only for who is refused."""
    mean = history.mean(load.operations or {operation: 1})
    return retry_after(mean, load.waiting, server.max_running)
