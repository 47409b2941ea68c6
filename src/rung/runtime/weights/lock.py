"""One puller per store: a file lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rung.runtime.errors import WeightsError

_POLL_S = 0.2


@contextmanager
def exclusive(path: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock at `path`; `waiting` is told once who holds it while we wait (for as long as they live).

    One lock for the whole store, not one per file: two members of one archive, a recipe and its inputs need
    no order among locks, and what lies in the partial area under the lock is surely nobody else's.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        remedy = "set RUNG_CACHE_DIR to a folder of yours"
        raise WeightsError(f"the weight store {path.parent} cannot be written: {error.strerror}; {remedy}") from error
    try:
        _take(file, waiting)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(file)


def _take(file: int, waiting: Callable[[str], None]) -> None:
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not told:
                holder = os.pread(file, 32, 0).decode(errors="replace")
                waiting(f"another process ({holder or 'just started'}) is pulling into this store")
                told = True
            time.sleep(_POLL_S)
