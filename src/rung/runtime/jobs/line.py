"""Decides which accepted job is begun next: fair between keys, then by priority, then by age. Touches nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

PASSES = 8
"""How often in a row jobs of a key may be passed by later ones of higher priority before they have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An accepted job that is not begun. key: who asked. priority: -1, 0, 1. order: its place among all accepted."""

    job: str
    key: str
    priority: int = 0
    order: int


@dataclass(slots=True)
class Line:
    """Who waits and who runs. slots: how many may run at once.

    Keys come first: a key that floods the line, at whatever priority, delays its own jobs and no other key's. Within
    a key the higher priority goes first, but one that was passed by eight times in a row goes before it.
    """

    slots: int
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _running: dict[str, str] = field(default_factory=dict)
    _served: dict[str, int] = field(default_factory=dict)
    _passed: Counter[tuple[str, int]] = field(default_factory=Counter)
    _turn: int = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._running)

    @property
    def waiting(self) -> int:
        """How many are not begun."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many are begun and have not ended."""
        return len(self._running)

    def join(self, waiting: Waiting) -> None:
        """A job wants to be begun."""
        self._waiting[waiting.job] = waiting

    def leave(self, job: str) -> None:
        """It ended, or nobody wants it begun any more. Unknown ones are ignored."""
        self._waiting.pop(job, None)
        key = self._running.pop(job, None)
        if key is not None and not any(w.key == key for w in self._waiting.values()):
            self._forget(key)

    def next(self) -> str | None:
        """The job to begin now, which counts as running from here on; None when nobody waits or no slot is free."""
        if len(self._running) >= self.slots or not self._waiting:
            return None
        held = Counter(self._running.values())
        keys = {w.key for w in self._waiting.values()}
        key = min(keys, key=lambda k: (held[k], self._served.get(k, 0), k))
        chosen = self._of(key)
        self._turn += 1
        self._served[key] = self._turn
        del self._waiting[chosen.job]
        self._running[chosen.job] = key
        return chosen.job

    def ahead(self, job: str) -> int:
        """How many were accepted before it and wait still: the place that people are told."""
        mine = self._waiting.get(job)
        return 0 if mine is None else sum(w.order < mine.order for w in self._waiting.values())

    def _of(self, key: str) -> Waiting:
        """The oldest of the highest priority, or of one that was passed by too often."""
        own = [w for w in self._waiting.values() if w.key == key]
        heads = {p: min((w for w in own if w.priority == p), key=lambda w: w.order) for p in {w.priority for w in own}}
        starved = [p for p in heads if self._passed[key, p] >= PASSES]
        priority = min(starved, key=lambda p: heads[p].order) if starved else max(heads)
        chosen = heads[priority]
        self._passed[key, priority] = 0
        for other in heads:
            if other < priority and heads[other].order < chosen.order:
                self._passed[key, other] += 1
        return chosen

    def _forget(self, key: str) -> None:
        """A key that asks for nothing leaves nothing behind; `_served` would grow with every key ever seen."""
        if key not in self._running.values():
            self._served.pop(key, None)
            for pair in [pair for pair in self._passed if pair[0] == key]:
                del self._passed[pair]
