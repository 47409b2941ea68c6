"""Owns the server's end of a socket to a template or a worker: frames in and out, never waiting on the event loop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rung.runtime.workers import messages


@dataclass(slots=True, eq=False)
class Wire:
    """on_frame: told of every frame. on_lost: told once, when the other side is gone or speaks nonsense."""

    sock: socket.socket
    on_frame: Callable[[messages.Frame], None]
    on_lost: Callable[[str], None]
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _cutter: messages.Frames = field(default_factory=messages.Frames)
    _unsent: deque[tuple[memoryview, list[int]]] = field(default_factory=deque)
    _open: bool = False
    _blocked: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the other side was there when we last looked."""
        return self._open

    def open(self) -> None:
        """Begin to listen."""
        self.sock.setblocking(False)
        self._open = True
        self._loop.add_reader(self.sock.fileno(), self._read)

    def send(self, message: messages.Message, body: bytes = b"", descriptors: Sequence[int] = ()) -> None:
        """Send when the socket takes it. Takes the descriptors over: they are closed when they are sent."""
        if not self._open:
            _close_all(descriptors)
            return
        data = memoryview(messages.pack(message, body, len(descriptors)))
        self._unsent.append((data, list(descriptors)))
        if len(self._unsent) == 1:
            self._write()

    def _write(self) -> None:
        try:
            while self._unsent:
                data, descriptors = self._unsent[0]
                sent = messages.send_some(self.sock, data, descriptors)
                _close_all(descriptors)
                if sent < len(data):
                    self._unsent[0] = (data[sent:], [])
                else:
                    self._unsent.popleft()
        except BlockingIOError:
            self._blocked = True
            self._loop.add_writer(self.sock.fileno(), self._write)
            return
        except OSError as error:
            self._lose(str(error))
            return
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self.sock.fileno())

    def _read(self) -> bool:
        """One read. False when there is nothing more now."""
        try:
            data, descriptors = messages.receive(self.sock)
            if not data:
                self._lose("it closed the connection")
                return False
            for frame in self._cutter.feed(data, descriptors):
                self.on_frame(frame)
        except BlockingIOError:
            return False
        except OSError as error:
            self._lose(str(error))
            return False
        return self._open

    def drain(self) -> None:
        """Read what a dead process had sent."""
        while self._open and self._read():
            pass

    def _lose(self, why: str) -> None:
        if self._open:
            self.close()
            self.on_lost(why)

    def close(self) -> None:
        """Idempotent; on_lost is not told."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self.sock.fileno())
        self._loop.remove_writer(self.sock.fileno())
        self.sock.close()
        self._cutter.close()
        while self._unsent:
            _close_all(self._unsent.popleft()[1])


def _close_all(descriptors: Sequence[int]) -> None:
    for fd in descriptors:
        os.close(fd)


@dataclass(slots=True, eq=False)
class LogTail:
    """The last lines that a process wrote to its stdout and stderr, through a pipe of which `fd` is our end."""

    fd: int
    most: int = 400
    widest: int = 2000
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _lines: deque[str] = field(default_factory=deque)
    _rest: bytes = b""
    _open: bool = True

    def open(self) -> None:
        """Begin to read."""
        os.set_blocking(self.fd, False)
        self._loop.add_reader(self.fd, self._read)

    def _read(self) -> bool:
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self.fd)
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-self.widest :]
        for line in lines:
            self._lines.append(line[: self.widest].decode("utf-8", "replace"))
        while len(self._lines) > self.most:
            self._lines.popleft()
        return True

    def drain(self) -> None:
        """Read what is there now."""
        for _ in range(64 if self._open else 0):  # not for ever: something it left behind may still be writing
            if not self._read():
                break

    @property
    def lines(self) -> tuple[str, ...]:
        """Oldest first; an unfinished line counts."""
        rest = (self._rest.decode("utf-8", "replace"),) if self._rest else ()
        return (*self._lines, *rest)

    def close(self) -> None:
        """Read what is left and close; idempotent."""
        if not self._open:
            return
        self.drain()
        self._open = False
        self._loop.remove_reader(self.fd)
        os.close(self.fd)
