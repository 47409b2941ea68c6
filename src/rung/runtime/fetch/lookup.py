"""Owns the way from a name to its addresses, without holding up anything else however slow a resolver is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""(host, port) -> its addresses as text. Raises socket.gaierror."""


async def look_up(host: str, port: int) -> tuple[str, ...]:
    """What the system's resolver says.

    In a thread of its own that nobody joins: getaddrinfo cannot be interrupted, and in a shared pool a few names on
    a silent name server would hold up every file, and the server's end.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def settle(found: tuple[str, ...] | Exception) -> None:
        if done.done():
            return
        if isinstance(found, Exception):
            done.set_exception(found)
        else:
            done.set_result(found)

    def ask() -> None:
        found: tuple[str, ...] | Exception
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return await done
