"""One puller per store: a file lock that the kernel drops when its holder dies, however it dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rung.runtime import flock
from rung.runtime.errors import WeightsError


@contextmanager
def exclusive(path: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock at `path`; `waiting` is told once who holds it while we wait (for as long as they live).

    One lock for the whole store, not one per file: two members of one archive, a recipe and its inputs need
    no order among locks, and what lies in the partial area under the lock is surely nobody else's.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(flock.taken(path, waiting=lambda holder: waiting(_sentence(holder)), mode=0o644))
        except OSError as error:
            remedy = "set RUNG_CACHE_DIR to a folder of yours"
            why = error.strerror
            raise WeightsError(f"the weight store {path.parent} cannot be written: {why}; {remedy}") from error
        yield


def _sentence(holder: str) -> str:
    return f"another process ({holder}) is pulling into this store"
