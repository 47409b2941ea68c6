"""Owns shared memory between a server and one worker: segments, the sender's pool, the receiver's maps.

A segment is made by the side that writes to it, its descriptor crosses the socket once, and it is used
again after the other side is done with it: a fresh 3 MB segment per call costs more than the call itself.
Imports the standard library only.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from dataclasses import dataclass, field

from rung.runtime.workers import system

MiB = 1024 * 1024
SMALLEST = 128 * 1024
IDLE_LIMIT = 128 * MiB
IDLE_S = 10.0


@dataclass(slots=True, eq=False)
class Segment:
    """`fd` is the descriptor until it has been passed, then -1; the map keeps its own."""

    id: int
    size: int
    map: mmap.mmap
    fd: int
    idle_since: float = 0.0

    def passed(self) -> None:
        """The other side has the descriptor."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def size_class(size: int) -> int:
    """The power of two that holds `size`. Pages never written take no memory, so the rest is free."""
    return max(SMALLEST, 1 << (size - 1).bit_length()) if size > 0 else SMALLEST


@dataclass(slots=True, eq=False)
class Pool:
    """The sender's segments. Thread-safe. What lies idle is bounded in bytes and in time."""

    idle_limit: int = IDLE_LIMIT
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _idle: list[Segment] = field(default_factory=list)
    _busy: dict[int, Segment] = field(default_factory=dict)
    _next: int = 0

    def take(self, size: int) -> Segment:
        """A segment of at least `size` bytes: the one used last if there is one, since its pages are warm."""
        wanted = size_class(size)
        with self._lock:
            found = next((s for s in reversed(self._idle) if s.size == wanted), None)
            if found is not None:
                self._idle.remove(found)
            else:
                found = self._make(wanted)
            self._busy[found.id] = found
            return found

    def _make(self, size: int) -> Segment:
        fd = system.anonymous_memory(size)
        self._next += 1
        return Segment(id=self._next, size=size, map=mmap.mmap(fd, size), fd=fd)

    def give(self, segment_id: int) -> list[int]:
        """The other side is done with it. Returns the ids that were let go to stay within the limit."""
        with self._lock:
            segment = self._busy.pop(segment_id)
            segment.idle_since = time.monotonic()
            self._idle.append(segment)
            gone: list[Segment] = []
            while sum(s.size for s in self._idle) > self.idle_limit:
                gone.append(self._idle.pop(0))
        return [_forget(segment) for segment in gone]

    def trim(self, idle_s: float = IDLE_S) -> list[int]:
        """Let go what has been idle that long. Returns the ids."""
        limit = time.monotonic() - idle_s
        with self._lock:
            gone = [s for s in self._idle if s.idle_since <= limit]
            self._idle = [s for s in self._idle if s.idle_since > limit]
        return [_forget(segment) for segment in gone]

    def close(self) -> None:
        """Let everything go; maps that arrays still look at live until those arrays die."""
        with self._lock:
            segments = [*self._idle, *self._busy.values()]
            self._idle, self._busy = [], {}
        for segment in segments:
            _forget(segment)

    def holds(self, candidate: object) -> bool:
        """Whether that is the memory of one of these segments."""
        with self._lock:
            return any(candidate is segment.map for segment in (*self._idle, *self._busy.values()))

    @property
    def idle_bytes(self) -> int:
        """Bytes that wait for their next use."""
        with self._lock:
            return sum(s.size for s in self._idle)

    @property
    def busy(self) -> int:
        """Segments that the other side may still look at."""
        with self._lock:
            return len(self._busy)


def _forget(segment: Segment) -> int:
    segment.passed()
    return segment.id


@dataclass(slots=True, eq=False)
class Maps:
    """The receiver's view of the other side's segments. Dropped maps end with their last array.

    writable: the server's view of a worker's segments, since answers belong to their callers.
    """

    writable: bool
    _maps: dict[int, mmap.mmap] = field(default_factory=dict)

    def add(self, segment_id: int, fd: int, size: int) -> None:
        """Map a segment and close its descriptor. ConnectionError for a worker's that it could shrink."""
        protection = mmap.PROT_READ | mmap.PROT_WRITE if self.writable else mmap.PROT_READ
        try:
            if self.writable and system.may_shrink(fd):
                raise ConnectionError("a segment that its maker could shrink while it is read")
            self._maps[segment_id] = mmap.mmap(fd, size, prot=protection)
        finally:
            os.close(fd)

    def get(self, segment_id: int) -> mmap.mmap:
        """The map of a segment that was added."""
        return self._maps[segment_id]

    def __contains__(self, segment_id: int) -> bool:
        return segment_id in self._maps

    def drop(self, segment_ids: list[int]) -> None:
        """The sender let them go."""
        for segment_id in segment_ids:
            self._maps.pop(segment_id, None)

    def holds(self, candidate: object) -> bool:
        """Whether that is the memory of one of these segments."""
        return any(candidate is found for found in list(self._maps.values()))

    def close(self) -> None:
        """Forget all."""
        self._maps.clear()
