"""Owns how processes of one machine take turns: a lock on a file, which the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FIRST_S, _LAST_S = 0.002, 0.2
"""Between two tries: a change of a small file is over in milliseconds, a download is not."""


class Held(TimeoutError):
    """Another process has the lock, for longer than was waited. holder: its number, as far as it is known."""

    def __init__(self, holder: str, limit_s: float) -> None:
        super().__init__(f"another process ({holder}) has held its lock for {limit_s:g} s")
        self.holder = holder


@contextmanager
def taken(
    path: Path, limit_s: float = math.inf, *, waiting: Callable[[str], None] = lambda holder: None, mode: int = 0o600
) -> Iterator[None]:
    """Hold the lock at `path`, a file that is made if need be; no symbolic link is followed.

    limit_s: how long somebody else is waited for, in this thread. waiting: told once who has it, when we wait.
    Raises Held after limit_s, else OSError where the file cannot be had.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        _take(file, limit_s, waiting)
        with suppress(OSError):  # on a full disk nobody is named, and the lock holds all the same
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(file)


def _take(file: int, limit_s: float, waiting: Callable[[str], None]) -> None:
    until, step_s, told = time.monotonic() + limit_s, _FIRST_S, False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = os.pread(file, 32, 0).decode(errors="replace") or "just started"
        if time.monotonic() >= until:
            raise Held(holder, limit_s)
        if not told:
            waiting(holder)
            told = True
        time.sleep(step_s)
        step_s = min(step_s * 1.5, _LAST_S)
