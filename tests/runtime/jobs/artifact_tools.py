"""A store of files in a folder of the test's, with a clock of the test's, and what lies in it."""

import hashlib
from pathlib import Path

from rung.runtime.jobs import Artifacts

ID = hashlib.sha256(b"abc").hexdigest()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def kept(folder: Path, clock: Clock, **more: object) -> Artifacts:
    return Artifacts(folder / "artifacts", ttl_s=60, clock=clock, **more)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    """The ids of what lies there, and any other name whole."""
    return sorted(entry.name.partition(".")[0] or entry.name for entry in (folder / "artifacts").iterdir())


def id_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
