"""Decides what ended a worker, from what the kernel, the template and the worker's last words say."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rung.runtime.hardware.cgroup import oom_kills
from rung.runtime.workers.foreign import NO_MEMORY

Cause = Literal["", "oom", "limit", "template", "exit", "signal"]
"""Why a worker is gone: `` it was asked to, `oom` no memory (the kernel's or its own ceiling), `limit` this server
ended it because it broke the protocol, `template` the process it was forked from died, `exit` it ended itself,
`signal` something else killed it."""

_GAVE_UP = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
"""How libraries end a process when an allocation failed."""
_LAST_WORDS = 3


@dataclass(slots=True, eq=False)
class OomKills:
    """The kernel's count of processes of our control group that it ended for lack of memory.

    One kill explains one death: two workers that die of SIGKILL and one more kill are one `oom` and one `signal`.
    """

    read: Callable[[], int | None] = oom_kills
    _explained: int = 0

    def took_one(self, before: int | None) -> bool | None:
        """Whether there has been a kill since the count was `before`, not yet put down to another death.

        None where the kernel does not count.
        """
        now = self.read()
        if now is None or before is None:
            return None
        if now <= max(before, self._explained):
            return False
        self._explained = max(before, self._explained) + 1
        return True


@dataclass(frozen=True, slots=True)
class Death:
    """how: follows `The worker of X (pid 1)` in a sentence."""

    how: str
    cause: Cause


ASKED = Death("ended on request", "")
TEMPLATE = Death("was killed, because its template process died", "template")
UNREPORTED = Death("ended in a way that its template did not report", "exit")


def death(code: int, oom: Callable[[], bool | None], broke: str = "") -> Death:
    """Of a worker that ended with that exit code (negative: the signal) without having been asked to.

    oom: asked only after a SIGKILL. broke: why this server killed it, where it did.
    """
    if code >= 0:
        return Death(f"exited with code {code}", "exit")
    name = _signal(-code)
    if code != -signal.SIGKILL:
        return Death(f"was killed by {name}", "signal")
    if broke:
        return Death(f"was ended by the server: {broke}", "limit")
    match oom():
        case True:
            return Death(f"was killed by {name}: the kernel had no memory left for it", "oom")
        case False:
            return Death(f"was killed by {name}; nobody here sent it, nor was memory short", "signal")
        case None:
            return Death(
                f"was killed by {name}; nobody here sent it, so perhaps the kernel ran out of memory", "signal"
            )


def with_last_words(found: Death, code: int, lines: Sequence[str]) -> Death:
    """What the log says too: C++ aborts when an allocation fails, Python ends with MemoryError."""
    words = [line for line in lines if line.strip()][-_LAST_WORDS:]
    ended = code > 0 or -code in _GAVE_UP
    if not ended or not any(sign in line for line in words for sign in (*NO_MEMORY, "MemoryError")):
        return found
    return Death(f"{found.how}: it could not allocate memory", "oom")


def telling_line(lines: Sequence[str]) -> str:
    """The line of a log that says most about a death: the interpreter's own `Fatal`, else the last one."""
    written = [line.strip() for line in lines if line.strip()]
    fatal = [line for line in written if line.startswith("Fatal Python error")]
    return (fatal or written or [""])[-1]


def _signal(number: int) -> str:
    return signal.Signals(number).name if number in list(signal.Signals) else f"signal {number}"
