"""Owns the count of streams that are open: in all, and for each caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rung.runtime.errors import QueueFull, RateLimited
from rung.runtime.keys import Caller
from rung.runtime.settings import ServerSettings


class Streams:
    """One for a server. most: streams in all; each: of one key (callers without one share a share)."""

    def __init__(self, *, most: int = 256, each: int = 64) -> None:
        self._most = most
        self._each = each
        self._open: dict[str, int] = {}

    @contextmanager
    def opened(self, caller: Caller) -> Iterator[None]:
        """A stream, from its first byte to its last. Raises RateLimited, QueueFull; then none was opened."""
        mine = self._open.get(caller.key, 0)
        if mine >= self._each:
            raise RateLimited(f"{mine} event streams are open, which is the limit for one key", retry_after_s=1)
        if sum(self._open.values()) >= self._most:
            raise QueueFull(f"{self._most} event streams are open, which is the server's limit", retry_after_s=1)
        self._open[caller.key] = mine + 1
        try:
            yield
        finally:
            self._open[caller.key] -= 1
            if not self._open[caller.key]:
                del self._open[caller.key]


def streams_of(settings: ServerSettings) -> Streams:
    """Half of the connections may be streams, and a quarter of those one key's."""
    most = max(settings.max_connections // 2, 1)
    return Streams(most=most, each=max(most // 4, 1))
