"""Owns the jobs that are open on this server: who waits in the line, who runs, what they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from rung.runtime.jobs import MemoryJobs
from rung.runtime.jobs.line import Line, Waiting
from rung.runtime.runner.admission import Load
from rung.runtime.runner.terms import Entry


@dataclass(slots=True)
class Desk:
    """entries: accepted and not ended. arriving: jobs whose rows are being written. calls: under way without a job.
    held: bytes of their pictures. operations: how many of the entries are of each."""

    slots: int
    memory: MemoryJobs
    entries: dict[str, Entry] = field(default_factory=dict)
    arriving: set[str] = field(default_factory=set)
    held: int = 0
    calls: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    line: Line = field(init=False)
    _order: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        """The line of that many slots."""
        self.line = Line(self.slots)

    def __iter__(self) -> Iterator[Entry]:
        """The entries; some may leave meanwhile."""
        return iter(list(self.entries.values()))

    def has(self, job_id: str) -> bool:
        """Whether the job is open here, or about to be."""
        return job_id in self.entries or job_id in self.arriving

    def join(self, entry: Entry) -> None:
        """It waits for its turn."""
        self.entries[entry.id] = entry
        self.held += entry.held
        self.operations[_name(entry)] += 1
        record = entry.record
        self.line.join(Waiting(job=entry.id, key=record.scope, priority=record.priority, order=next(self._order)))
        self.advance()

    def leave(self, entry: Entry) -> None:
        """It ended, or is no more this server's."""
        del self.entries[entry.id]
        self.held -= entry.held
        self.operations -= Counter([_name(entry)])
        self.line.leave(entry.id)
        self.advance()

    def advance(self) -> None:
        """Give a turn to whoever is next, as long as there is a slot."""
        while (job_id := self.line.next()) is not None:
            self.entries[job_id].turn.set()

    def load(self, *, draining: bool) -> Load:
        """What this server has taken on."""
        opened = len(self.entries) + len(self.arriving) + self.calls
        return Load(
            draining=draining, open=opened, waiting=self.line.waiting, held=self.held, operations=self.operations
        )

    @property
    def room(self) -> int:
        """How many more jobs could be begun at once."""
        return max(self.slots - len(self.line), 0)

    def on_disk(self, entry: Entry) -> bool:
        """Whether its row outlives this server."""
        return entry.home is not self.memory

    def epochs(self) -> dict[str, int]:
        """The jobs on disk that run here, each with its epoch."""
        return {e.id: e.epoch for e in self.entries.values() if e.epoch and self.on_disk(e)}

    def position(self, job_id: str) -> int | None:
        """How many wait before it; None when it is not waiting here."""
        entry = self.entries.get(job_id)
        return self.line.ahead(job_id) if entry is not None and not entry.turn.is_set() else None


def _name(entry: Entry) -> str:
    """As durations are remembered by."""
    return f"{entry.record.app}/{entry.record.operation}"
