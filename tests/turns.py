"""Owns how tests take turns when several processes run them: side by side, or alone where one asks for that."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Turns:
    """A door and a room, two locks in `folder`. A test goes through the door into the room.

    Who wants to be alone keeps the door until the room is empty and theirs, so that nobody goes in before them.
    """

    folder: Path

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        """Hold off those that run alone, and nobody else."""
        with self._opened("room") as room:
            with self._opened("door") as door:
                fcntl.lockf(door, fcntl.LOCK_EX)
                fcntl.lockf(room, fcntl.LOCK_SH)
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for every test that has begun, and hold off all others."""
        with self._opened("room") as room, self._opened("door") as door:
            fcntl.lockf(door, fcntl.LOCK_EX)
            fcntl.lockf(room, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        """A lock of POSIX belongs to this process: a child that a test leaves behind does not keep it."""
        file = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield file
        finally:
            os.close(file)
