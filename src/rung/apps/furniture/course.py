"""Owns what is told of a job under way: how many pictures were looked at, how many pieces measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rung.runtime.job import Job

LOOKING: Final = 0.3
"""Share of a picture's work that is behind once its pieces are known."""


@dataclass(slots=True)
class _Leg:
    pieces: int | None = None
    done: int = 0

    @property
    def share(self) -> float:
        """0..1. It never falls: a picture's pieces are all known at once."""
        if self.pieces is None:
            return 0.0
        return LOOKING + (1 - LOOKING) * (self.done / self.pieces if self.pieces else 1.0)


@dataclass(slots=True)
class Course:
    """One job's way through its pictures; each counts as much as any other."""

    job: Job
    pictures: int
    _legs: dict[str, _Leg] = field(default_factory=dict)

    def found(self, picture: str, pieces: int) -> None:
        """The picture was looked at."""
        self._legs[picture] = _Leg(pieces)
        self._tell()

    def done(self, picture: str) -> None:
        """One more of its pieces has ended, well or not."""
        self._legs[picture].done += 1
        self._tell()

    def _tell(self) -> None:
        legs = self._legs.values()
        pieces, done = sum(leg.pieces or 0 for leg in legs), sum(leg.done for leg in legs)
        stage = f"{len(legs)} of {self.pictures} pictures looked at, {done} of {pieces} pieces measured"
        self.job.progress(stage, sum(leg.share for leg in legs) / max(self.pictures, 1))
