"""Owns a listening socket: takes connections from its backlog while descriptors are left, and leaves them there else.

The loops' own servers do it worse once descriptors run out: libuv (uvloop) takes each waiting connection with a spare
descriptor and closes it, so callers are cut off; asyncio of Python 3.11 tries the whole backlog and reports each.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
from collections.abc import Callable

log = logging.getLogger(__name__)

AGAIN_S = 10.0
"""Between two reports of one shortage."""
LOOK_S = 0.2
"""How long connections wait in the backlog before somebody looks again whether there is room."""
RESERVE = 32
"""Descriptors kept for what answers need: a worker's start takes about eight, files and the database a few."""
_ALWAYS = 4
"""So many connections are let in whatever is left: where the limit is set too low, the server still answers."""
_BURST = 64
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def descriptor_limit() -> int:
    """How many descriptors this process may have, as it is now: it can be changed from outside."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def for_connections(limit: int) -> int:
    """The descriptors, from the lowest on, that connections may take of so many."""
    return limit - min(RESERVE, limit // 8)


def listening_socket(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """Bound and listening. Raises OSError.

    The protocol is named because the loops switch Nagle's algorithm off only where it is: without it every answer on
    a kept connection waits 40 ms for an acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(backlog)
    except OSError:
        sock.close()
        raise
    return sock


class Acceptor:
    """Accepts on one socket from its making to `close`, on the running loop.

    protocol: makes a connection's protocol. opened: how many connections there are. limit: see descriptor_limit.
    """

    def __init__(
        self,
        sock: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        opened: Callable[[], int],
        *,
        limit: Callable[[], int] = descriptor_limit,
    ) -> None:
        self.sockets = (sock,)
        self._sock = sock
        self._protocol = protocol
        self._opened = opened
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._said = float("-inf")
        self._again: asyncio.TimerHandle | None = None
        self._beginning: set[asyncio.Task[None]] = set()
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._ready)

    def close(self) -> None:
        """Take no more; who waits in the backlog is told by the kernel."""
        if self._again is not None:
            self._again.cancel()
        elif self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
        self._sock.close()

    async def wait_closed(self) -> None:
        """Nothing is being taken any more."""
        if self._beginning:
            await asyncio.wait(self._beginning)

    def _ready(self) -> None:
        for _ in range(_BURST):
            if not self._room():
                self._rest()
                return
            try:
                connection, _address = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _SHORT:
                    raise
                self._rest()
                return
            self._begin(connection)

    def _room(self) -> bool:
        """The kernel gives out the lowest descriptor that is free, so its number says how many are taken below it."""
        if self._opened() + len(self._beginning) < _ALWAYS:
            return True
        try:
            lowest = os.dup(self._sock.fileno())
        except OSError:
            return False
        os.close(lowest)
        return lowest < for_connections(self._limit())

    def _rest(self) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._again = self._loop.call_later(LOOK_S, self._look)
        if self._loop.time() - self._said >= AGAIN_S:
            self._said = self._loop.time()
            log.error("no descriptors left for new connections, they wait; raise the limit (ulimit -n) or close some")

    def _look(self) -> None:
        self._again = None
        self._loop.add_reader(self._sock.fileno(), self._ready)

    def _begin(self, connection: socket.socket) -> None:
        task = self._loop.create_task(self._connect(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _connect(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # the caller has gone already
            connection.close()
