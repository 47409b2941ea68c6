"""Owns the console's sessions: a cookie's random id, and the key that its visitor showed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

COOKIE = "rung_session"
LASTS_S = 12 * 3600.0
_MOST = 1024
"""Sessions at once; one more ends the oldest."""


class Sessions:
    """In memory only: a restart ends them all. The cookie holds no key, and the key is asked again at every request.

    clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[str, tuple[str, float]] = {}

    def begin(self, secret: str) -> str:
        """A new session for whoever showed that secret; what its cookie holds."""
        now = self._clock()
        self._open = {name: one for name, one in self._open.items() if one[1] > now}
        while len(self._open) >= _MOST:
            del self._open[next(iter(self._open))]
        name = secrets.token_urlsafe(32)
        self._open[name] = (secret, now + LASTS_S)
        return name

    def secret(self, name: str) -> str:
        """The secret behind a cookie; empty when there is no such session any more."""
        secret, until = self._open.get(name, ("", 0.0))
        return secret if self._clock() < until else ""

    def end(self, name: str) -> None:
        """The visitor has left."""
        self._open.pop(name, None)
