"""What a pull says while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["waiting", "fetching", "extracting", "converting", "failed", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step of one file. done and total are bytes of what the stage handles (an archive is larger than
    its member); total is None where nobody says. detail: the source, or why it failed."""

    name: str
    stage: Stage
    done: int = 0
    total: int | None = None
    detail: str = ""


Report = Callable[[Progress], None]


def silent(_progress: Progress) -> None:
    """For callers who do not care."""
