"""Owns the server's end of a socket to a template or a worker: frames in and out, never waiting on the event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rung.runtime.workers import messages

log = logging.getLogger(__name__)
CLOSED = "it closed the connection"
"""What `on_lost` is told where the other side is gone; anything else says how it broke the protocol."""
SIP = 64 * 1024
FLOOD = SIP // 4
"""Bytes of a log in one read from which on its writer is left waiting for a moment."""
PAUSE_S = 0.01


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
        except OSError:
            self._lose(CLOSED)
            return
        if self._blocked:
            self._blocked = False
            self._loop.remove_writer(self.sock.fileno())

    def _read(self) -> bool:
        """One read. False when there is nothing more now."""
        try:
            data, descriptors = messages.receive(self.sock)
        except BlockingIOError:
            return False
        except OSError:
            data, descriptors = b"", None
        if not data:
            self._lose(CLOSED)
            return False
        try:
            for frame in self._cutter.feed(data, descriptors):
                self._hear(frame)
        except Exception as error:  # it runs foreign code: whatever its bytes break, it is the one to go
            log.warning("a process that was started here broke the protocol", exc_info=error)
            self._lose(f"it spoke nonsense on its socket ({type(error).__name__}: {str(error)[:200]})")
            return False
        return self._open

    def _hear(self, frame: messages.Frame) -> None:
        try:
            self.on_frame(frame)
        finally:
            _close_all(frame.descriptors)  # what nobody took

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
    _pause: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to read."""
        os.set_blocking(self.fd, False)
        self._loop.add_reader(self.fd, self._readable)

    def _readable(self) -> None:
        """Read; a flood is read in sips, so that it costs the event loop little. Its writer waits meanwhile."""
        if self._read() >= FLOOD:
            self._loop.remove_reader(self.fd)
            self._pause = self._loop.call_later(PAUSE_S, self._resume)

    def _resume(self) -> None:
        self._pause = None
        if self._open:
            self._loop.add_reader(self.fd, self._readable)

    def _read(self) -> int:
        """The number of bytes that were there."""
        try:
            data = os.read(self.fd, SIP)
        except BlockingIOError:
            return 0
        if not data:
            self._loop.remove_reader(self.fd)
            return 0
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-self.widest :]
        for line in lines[-self.most :]:
            self._lines.append(line[: self.widest].decode("utf-8", "replace"))
        while len(self._lines) > self.most:
            self._lines.popleft()
        return len(data)

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
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self.fd)
        os.close(self.fd)
