"""Owns bytes on a bare socket: requests that no well-behaved client would send."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """status: 0 where the connection ended without an answer. closed_s: until the server closed; None: it did not."""

    status: int
    body: bytes
    head: bytes
    seconds: float
    closed_s: float | None
    sent: int


def exchange(port: int, chunks: Iterable[bytes], *, patience_s: float = 20.0, linger: bool = False) -> Reply:
    """Send until the server answers or closes, then read. linger: wait for the server to close, too."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as sock:
        sent, data = _send(sock, chunks)
        sock.settimeout(patience_s)
        closed = None
        try:
            while linger or not _whole(data):
                more = sock.recv(65536)
                if not more:
                    closed = time.monotonic() - began
                    break
                data += more
        except TimeoutError:
            pass
        except ConnectionError:
            closed = time.monotonic() - began
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Reply(status=status, body=body, head=head, seconds=time.monotonic() - began, closed_s=closed, sent=sent)


def _send(sock: socket.socket, chunks: Iterable[bytes]) -> tuple[int, bytes]:
    """Stops as soon as an answer is there."""
    sent, data = 0, b""
    for chunk in chunks:
        sock.setblocking(False)
        try:
            data = sock.recv(65536)
        except (BlockingIOError, ConnectionError):
            data = b""
        sock.setblocking(True)
        if data:
            break
        try:
            sock.sendall(chunk)
        except ConnectionError:
            break
        sent += len(chunk)
    return sent, data


def _whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"")
    return bool(length) and len(body) >= int(length.partition(b":")[2])


def post(path: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A request as bytes; length: what Content-Length says, where it is to lie."""
    declared = len(body) if length is None else length
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {declared}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(path: str, *headers: str) -> bytes:
    """A request as bytes, its path as it is."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers]).encode() + b"\r\n\r\n"
