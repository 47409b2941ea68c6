"""A client that costs little: kept connections, each asking again as soon as it was answered, in one thread."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_ROOM = 4 * 1024 * 1024
_SPARE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it stands on the wire, and whether a body is its right answer."""

    request: bytes
    right: Callable[[memoryview], bool]


@dataclass(slots=True)
class Window:
    """Seconds of each answered request, and why others were not: a status, `wrong`, `broken`."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def ask_of(path: str, port: int, body: bytes, headers: dict[str, str], right: Callable[[memoryview], bool]) -> Ask:
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return Ask(("\r\n".join(lines) + "\r\n\r\n").encode() + body, right)


class _Line:
    """One connection."""

    def __init__(self, port: int, ask: Ask) -> None:
        self.ask, self.port = ask, port
        self.room = bytearray(_ROOM)
        self.view = memoryview(self.room)
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def begin(self) -> None:
        self.began = time.perf_counter()
        self.unsent = memoryview(self.ask.request)
        self.have, self.head, self.want, self.chunked = 0, 0, -1, False

    def write(self) -> bool:
        """True when all of it is sent."""
        while self.unsent:
            try:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
            except BlockingIOError:
                return False
        return True

    def read(self) -> str | None:
        """None: not whole yet. Empty: answered rightly. Else what was wrong. Raises ConnectionError."""
        while True:
            try:
                got = self.socket.recv_into(self.view[self.have :])
            except BlockingIOError:
                return None
            if got == 0:
                raise ConnectionError("closed")
            self.have += got
            if not self.head and not self._head():
                continue
            if self.chunked:
                if self.room.endswith(b"0\r\n\r\n", 0, self.have):
                    return self._judge(memoryview(_joined(bytes(self.view[self.head : self.have]))))
            elif self.have - self.head >= self.want:
                return self._judge(self.view[self.head : self.have])

    def _head(self) -> bool:
        end = self.room.find(b"\r\n\r\n", 0, min(self.have, _SPARE))
        if end < 0:
            return False
        self.head = end + 4
        lines = bytes(self.room[:end]).lower().split(b"\r\n")
        self.status = lines[0].split()[1].decode()
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                self.want = int(value)
            elif name == b"transfer-encoding":
                self.chunked = b"chunked" in value
        return True

    def _judge(self, body: memoryview) -> str:
        if self.status != "200":
            return self.status
        return "" if self.ask.right(body) else "wrong"


def _joined(data: bytes) -> bytes:
    """A chunked body without its chunks."""
    out, at = bytearray(), 0
    while True:
        end = data.index(b"\r\n", at)
        size = int(data[at:end].partition(b";")[0], 16)
        if size == 0:
            return bytes(out)
        out += data[end + 2 : end + 2 + size]
        at = end + 2 + size + 2


def once(port: int, ask: Ask, patience_s: float = 30.0) -> str:
    """One request on a connection of its own: empty when it was answered rightly. Raises OSError."""
    line = _Line(port, ask)
    try:
        line.socket.settimeout(patience_s)
        line.begin()
        line.write()
        return line.read() or ""
    finally:
        line.socket.close()


def window(port: int, ask: Ask, clients: int, seconds: float) -> Window:
    """What came of asking for so long; a request that is under way at the end is waited for and not counted."""
    lines: dict[int, _Line] = {}
    poll, found = select.epoll(), Window()
    for _ in range(clients):
        line = _Line(port, ask)
        lines[line.socket.fileno()] = line
        poll.register(line.socket, select.EPOLLIN)
    begun = time.perf_counter()
    until, busy = begun + seconds, 0
    for line in lines.values():
        busy += _ask(line, poll)
    while busy:
        ready = poll.poll(30)
        if not ready:
            found.errors += ["hung"] * busy
            break
        for number, events in ready:
            line = lines[number]
            if events & select.EPOLLOUT and line.write():
                poll.modify(number, select.EPOLLIN)
            if not events & ~select.EPOLLOUT:
                continue
            try:
                said = line.read()
            except (ConnectionError, OSError):
                said = "broken"
            if said is None:
                continue
            busy -= 1
            now = time.perf_counter()
            if now <= until:
                found.times.append(now - line.began) if not said else found.errors.append(said)
                if said == "broken":
                    line = _again(lines, poll, line)
                busy += _ask(line, poll)
            else:  # it may be closed by the server now, and would be ready for ever
                poll.unregister(number)
    found.seconds = seconds
    for line in lines.values():
        line.socket.close()
    poll.close()
    return found


def _ask(line: _Line, poll: select.epoll) -> int:
    line.begin()
    try:
        whole = line.write()
    except OSError:  # the server has closed a connection that was kept: the read says so
        whole = True
    if not whole:
        poll.modify(line.socket, select.EPOLLIN | select.EPOLLOUT)
    return 1


def _again(lines: dict[int, _Line], poll: select.epoll, line: _Line) -> _Line:
    poll.unregister(line.socket)
    del lines[line.socket.fileno()]
    line.socket.close()
    line.open()
    lines[line.socket.fileno()] = line
    poll.register(line.socket, select.EPOLLIN)
    return line
