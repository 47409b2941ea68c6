"""Owns the values between the server and one worker: what goes through shared memory, and how long it is looked at."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from rung.runtime.errors import OutOfMemory
from rung.runtime.workers import messages, payload
from rung.runtime.workers.segments import IDLE_S, Maps, MiB, Pool, Segment
from rung.runtime.workers.wire import Wire

AWAY = 8 * MiB
"""Copies from here on leave the event loop: 8 MiB take about a millisecond."""
PINNED = 256 * MiB
"""What answers may keep of a worker's segments. Beyond it an answer's arrays are copied, the segment goes back."""
FREE_S = 0.005
"""How long segments to be given back wait for a Run that can carry the news."""


@dataclass(slots=True, eq=False)
class _Lease:
    """A segment of the worker as long as arrays look at it."""

    segment: int
    size: int
    views: int = 0


@dataclass(slots=True, eq=False)
class Exchange:
    """pool: segments that requests are written to. maps: the worker's segments, with the answers."""

    wire: Wire
    pinned_limit: int = PINNED
    pool: Pool = field(default_factory=Pool)
    maps: Maps = field(default_factory=lambda: Maps(writable=True))
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _pinned: int = 0
    _ended_views: deque[_Lease] = field(default_factory=deque)
    _trimming: asyncio.TimerHandle | None = None
    _copying: set[asyncio.Task[None]] = field(default_factory=set)
    _freeing: asyncio.TimerHandle | None = None
    _thread: int = field(default_factory=threading.get_ident)
    _closed: bool = False

    def send(
        self,
        encoded: payload.Encoded,
        message: Callable[[messages.Body], messages.Message],
        then: Callable[[int | None], None] = lambda segment: None,
    ) -> None:
        """Send a message with values: at once, or after a large copy in a thread. Raises OutOfMemory.

        then: given the id of the segment they took, to be given back when the worker is done.
        """
        if encoded.size <= messages.INLINE:
            self.wire.send(message(messages.Body(encoded.tree)), encoded.inline())
            then(None)
            return
        segment = self._take(encoded.size)
        if encoded.size < AWAY:
            encoded.write(segment.map)
            self._post(encoded, segment, message)
            then(segment.id)
        else:
            self._begin(self._send_away(encoded, segment, message, then))

    async def _send_away(
        self,
        encoded: payload.Encoded,
        segment: Segment,
        message: Callable[[messages.Body], messages.Message],
        then: Callable[[int | None], None],
    ) -> None:
        await asyncio.to_thread(encoded.write, segment.map)
        self._post(encoded, segment, message)
        then(segment.id)

    def _post(
        self, encoded: payload.Encoded, segment: Segment, message: Callable[[messages.Body], messages.Message]
    ) -> None:
        descriptor, segment.fd = segment.fd, -1
        where = messages.Body(encoded.tree, segment.id, segment.size)
        self.wire.send(message(where), b"", [descriptor] if descriptor >= 0 else [])

    def _take(self, size: int) -> Segment:
        try:
            return self.pool.take(size)
        except OSError as error:
            raise OutOfMemory(f"No shared memory for {size} bytes of input: {error}.", bytes=size) from error

    def _begin(self, copying: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(copying)
        self._copying.add(task)
        task.add_done_callback(self._copying.discard)

    def give_back(self, segment: int) -> None:
        """The worker does not look at a request any more."""
        gone = self.pool.give(segment)
        if gone:
            self.wire.send(messages.Drop(gone))
        if self._trimming is None and not self._closed:
            self._trimming = self._loop.call_later(IDLE_S, self._trim)

    def _trim(self) -> None:
        self._trimming = None
        gone = self.pool.trim()
        if gone:
            self.wire.send(messages.Drop(gone))
        if self.pool.idle_bytes and not self._closed:
            self._trimming = self._loop.call_later(IDLE_S, self._trim)

    def hear(self, message: messages.Free | messages.Drop) -> None:
        """The worker lets segments go."""
        if isinstance(message, messages.Drop):
            self.maps.drop(message.segments)

    def receive(self, body: messages.Body, frame: messages.Frame, then: Callable[[Any], None]) -> None:
        """Decode the values and hand them on: at once, or after a large copy in a thread."""
        if body.segment is None:
            then(payload.Decoder(frame.body).decode(body.tree))
            return
        if frame.descriptors:
            self.maps.add(body.segment, frame.descriptors.pop(), body.capacity)
        if body.segment not in self.maps:
            raise ConnectionError("its answer lies in memory that did not come along: too many files are open here")
        lease = _Lease(body.segment, body.capacity)
        copy = self._pinned + lease.size > self.pinned_limit
        self._pinned += lease.size
        decoder = payload.Decoder(self.maps.get(body.segment), copy, lambda view: self._keep(lease, view))
        if body.capacity < AWAY or _copied(body.tree, copy) < AWAY:
            then(decoder.decode(body.tree))
            self._look(lease)
            return
        self._begin(self._decode_away(decoder, body.tree, lease, then))

    async def _decode_away(
        self, decoder: payload.Decoder, tree: Any, lease: _Lease, then: Callable[[Any], None]
    ) -> None:
        value = await asyncio.to_thread(decoder.decode, tree)
        then(value)
        self._look(lease)

    def _keep(self, lease: _Lease, view: NDArray[Any]) -> None:
        lease.views += 1
        weakref.finalize(view, self._view_ended, lease).atexit = False

    def _look(self, lease: _Lease) -> None:
        """Decoding is over; from now on the last view that ends gives the segment back."""
        lease.views += 1
        self._view_ended(lease)

    def _view_ended(self, lease: _Lease) -> None:
        """Called by the garbage collector, in any thread and at any moment: only note it."""
        self._ended_views.append(lease)
        here = threading.get_ident() == self._thread
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the worker with it
            (self._loop.call_soon if here else self._loop.call_soon_threadsafe)(self._free_soon)

    def _free_soon(self) -> None:
        if self._freeing is None and not self._closed:
            self._freeing = self._loop.call_later(FREE_S, self._free)

    def _free(self) -> None:
        self._freeing = None
        free = self.returned()
        if free:
            self.wire.send(messages.Free(free))

    def returned(self) -> list[int]:
        """Segments of the worker that nobody looks at any more, to be told to it by the caller."""
        free: list[int] = []
        while self._ended_views:
            lease = self._ended_views.popleft()
            lease.views -= 1
            if lease.views == 0:
                self._pinned -= lease.size
                free.append(lease.segment)
        return free

    @property
    def pinned(self) -> int:
        """Bytes of the worker's segments that answers keep."""
        return self._pinned

    def close(self) -> None:
        """The worker is gone. Arrays that callers hold stay valid as long as they hold them."""
        self._closed = True
        for timer in (self._trimming, self._freeing):
            if timer is not None:
                timer.cancel()
        self.pool.close()
        self.maps.close()


def _copied(tree: Any, copy: bool) -> int:
    """Bytes that decoding moves."""
    arrays, strings = payload.sizes(tree)
    return strings + (arrays if copy else 0)
