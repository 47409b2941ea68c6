"""Owns a worker's connection to its server: frames and the shared memory that they name.

Imports the standard library and numpy only: the worker's side uses it.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rung.runtime.workers import messages, payload
from rung.runtime.workers.segments import Maps, Pool, Segment

REST_S = 1
"""Seconds of silence after which a worker puts its house in order: between two calls in a row it does not."""
_NOW = int(socket.MSG_DONTWAIT)
"""An int: the arithmetic of an enum's flags takes longer than the system call."""


@dataclass(slots=True, eq=False)
class Link:
    """Any thread may send; one at a time may read. Frees and drops are answered here and not passed on.

    pool: segments that answers are written to. maps: the server's segments, mapped read-only.
    """

    sock: socket.socket
    pool: Pool = field(default_factory=Pool)
    maps: Maps = field(default_factory=lambda: Maps(writable=False))
    _cutter: messages.Frames = field(default_factory=messages.Frames)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        seconds = struct.pack("ll", REST_S, 0)  # a select before each read would cost a system call more
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)

    def wait(self, rest: Callable[[], None] = lambda: None) -> list[messages.Frame] | None:
        """What the server says next; None when it is gone. Lets go of idle segments meanwhile, and calls `rest` after
        each REST_S of silence."""
        while (found := self._read(0)) == []:  # the socket's own time limit passed, or a frame is not whole yet
            rest()
            self._let_go(self.pool.trim())
        return found

    def poll(self) -> list[messages.Frame] | None:
        """What the server has said already, without waiting."""
        return self._read(_NOW)

    def _read(self, flags: int) -> list[messages.Frame] | None:
        try:
            data, descriptors = messages.receive(self.sock, flags)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            return None
        if not data:
            return None
        return [frame for frame in self._cutter.feed(data, descriptors) if not self._answered(frame.message)]

    def _answered(self, message: messages.Message) -> bool:
        """Free and Drop end here; a Run may bring a Free along."""
        match message:
            case messages.Free(segments):
                self._take_back(segments)
            case messages.Drop(segments):
                self.maps.drop(segments)
            case messages.Run(_, _, free):
                self._take_back(free)
                return False
            case _:
                return False
        return True

    def send(self, message: messages.Message) -> None:
        """Send a message that has no body."""
        with self._lock:
            messages.send_all(self.sock, messages.pack(message))

    def send_values(
        self,
        encoded: payload.Encoded,
        message: Callable[[messages.Body], messages.Message],
    ) -> None:
        """Send a message with values: small ones in the frame, large ones through a segment of ours.

        A segment that the values bring along is used, unless other pieces do not fit behind what lies there.
        """
        if encoded.size <= messages.INLINE:
            data = messages.pack(message(messages.Body(encoded.tree)), encoded.inline())
            with self._lock:
                messages.send_all(self.sock, data)
            return
        brought = encoded.segment
        segment = self._segment_for(encoded)
        encoded.write(segment.map)
        if brought is not None and brought is not segment:
            self.give_up(brought)
        where = message(messages.Body(encoded.tree, segment.id, segment.size))
        descriptors = [segment.fd] if segment.fd >= 0 else []
        data = messages.pack(where, b"", len(descriptors))
        with self._lock:
            messages.send_all(self.sock, data, descriptors)
        segment.passed()

    def _segment_for(self, encoded: payload.Encoded) -> Segment:
        brought = encoded.segment
        if brought is not None and encoded.size <= brought.size:
            return brought
        larger = self.pool.take(encoded.size)
        if brought is not None:
            memoryview(larger.map)[: brought.size] = memoryview(brought.map)
        return larger

    def give_up(self, segment: Segment) -> None:
        """A segment that was taken and never sent."""
        self._let_go(self.pool.give(segment.id))

    def admit(self, body: messages.Body, frame: messages.Frame) -> None:
        """Map the segment that a frame brought. Done by the reader, in the order of the frames."""
        if body.segment is not None and frame.descriptors:
            self.maps.add(body.segment, frame.descriptors.pop(), body.capacity)

    def values(self, body: messages.Body, frame: messages.Frame) -> Any:
        """What the message holds. Arrays are read-only."""
        if body.segment is None:
            return payload.Decoder(bytes(frame.body)).decode(body.tree)
        if body.segment not in self.maps:
            self.admit(body, frame)
        return payload.Decoder(self.maps.get(body.segment)).decode(body.tree)

    def _take_back(self, segments: list[int]) -> None:
        for segment in segments:
            self._let_go(self.pool.give(segment))

    def _let_go(self, segments: list[int]) -> None:
        if segments:
            self.send(messages.Drop(segments))
