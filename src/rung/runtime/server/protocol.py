"""Owns a connection's patience: uvicorn's protocols, which wait for ever, with a limit on everything they wait for.

One timer for a connection, armed only while something is owed: a request that comes whole in one piece costs a few
comparisons. Imported with httptools or without it; uvicorn's own choice between its parsers stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from rung.runtime.server.connection import Catch, attach
from rung.runtime.server.sending import Together
from rung.runtime.server.watch import (
    DISCARD_BYTES,
    GRACE_S,
    HEAD_BYTES,
    HEAD_LINES,
    LINGER_S,
    Watch,
    busy,
    plain_answer,
)

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:  # the core does without: h11 is always there
    if not TYPE_CHECKING:
        HttpToolsProtocol = None


class _Patience:
    """The part that both protocols share; it stands before uvicorn's class.

    `quiet` counts bytes since the last thing that brought the request further: its headers, a piece of its body.
    """

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    connections: set[Any]
    client: tuple[str, int] | None
    cycle: Any
    app: Any
    counts: ClassVar[bool] = True

    def __init__(self, watch: Watch, **given: Any) -> None:
        super().__init__(**given)
        self.app = Together(self.app)
        self.watch = watch
        self.timer: asyncio.TimerHandle | None = None
        self.until = 0.0
        self.awaits = ""
        self.quiet = 0
        self.thrown = 0
        self.answered: Any = None
        self.excess = ""
        self.begun = False
        self.upgraded = False
        self.deaf = False
        self.stalled: asyncio.TimerHandle | None = None
        self.catch: Catch | None = None
        self.leaving: Callable[[], None] | None = None

    # --- uvicorn's callbacks -----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Too many: it gets a sentence if it asks soon, or nothing at all. Else its first headers are awaited."""
        super().connection_made(transport)  # type: ignore[misc]
        if self.watch.overrun(self.connections):
            self.transport.abort()
            return
        if self.watch.crowded(self, self.client[0] if self.client else "", self.connections):  # type: ignore[arg-type]
            self.app = Together(busy)
            self._await("head", min(self.watch.head_s, LINGER_S))
        else:
            self._await("head", self.watch.head_s)

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._rest()
        if self.stalled is not None:
            self.stalled.cancel()
        super().connection_lost(error)  # type: ignore[misc]
        catch, leaving, self.catch, self.leaving = self.catch, self.leaving, None, None
        if catch is not None:
            catch.lost()
        if leaving is not None:
            leaving()

    def data_received(self, data: bytes) -> None:
        """Some bytes: what is owed after them decides whether the timer runs."""
        if self.deaf:
            return
        self.begun = True
        self.quiet += len(data)
        super().data_received(data)  # type: ignore[misc]
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            if self.timer is not None:
                self._rest()
        elif not self.upgraded:
            self._owed(cycle, len(data))
            if self.counts and self.quiet > HEAD_BYTES:
                self.excess = f"headers over {HEAD_BYTES} bytes"
                self.send_400_response("")

    def handle_websocket_upgrade(self, *given: Any) -> None:
        """From now on the connection is another protocol's."""
        self.upgraded = True
        self._rest()
        super().handle_websocket_upgrade(*given)  # type: ignore[misc]
        self.watch.moved(self, self.transport.get_protocol())  # type: ignore[arg-type]

    def send_400_response(self, message: str) -> None:
        """What the parser cannot read, or we will not."""
        if self.excess:
            self.end(431, "too-large", self.excess)
        else:
            self.end(400, "malformed", "the request is not HTTP, or has headers that cannot be read")

    def pause_writing(self) -> None:
        """The caller does not read its answer; it may take its time, and not for ever."""
        super().pause_writing()  # type: ignore[misc]
        if self.stalled is None:
            self.stalled = self.loop.call_later(self.watch.idle_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        if self.stalled is not None:
            self.stalled.cancel()
            self.stalled = None
        super().resume_writing()  # type: ignore[misc]

    def on_response_complete(self) -> None:
        """An answer that ends its connection must be read in time too."""
        super().on_response_complete()  # type: ignore[misc]
        if self.transport.is_closing():
            self._cut_later(self.watch.idle_s)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more was asked: what has not been read by now is not waited for."""
        super().timeout_keep_alive_handler()  # type: ignore[misc]
        self._cut_later()

    # --- ours --------------------------------------------------------------------------------------------

    def _owed(self, cycle: Any, size: int) -> None:
        """Not all of a request is here, or all of it is answered and more came."""
        if self.transport.is_closing():
            return
        if cycle is None or cycle.response_complete:
            if self.awaits != "head" or self.timer is None:
                self._await("head", self.watch.head_s)
            if cycle is not None and cycle.more_body:
                self._discarded(cycle, size)
        else:
            self._await("body", self.watch.idle_s + GRACE_S)

    def _discarded(self, cycle: Any, size: int) -> None:
        """The rest of a body that nobody reads: a little is let through, so that the answer is seen."""
        if cycle is not self.answered:
            self.answered, self.thrown = cycle, 0
        self.thrown += size
        if self.thrown > DISCARD_BYTES:
            self._linger()

    def _await(self, what: str, seconds: float) -> None:
        """The timer is moved on lazily: it runs out, looks, and runs again."""
        self.awaits = what
        self.until = self.loop.time() + seconds
        if self.timer is not None and self.timer.when() > self.until:
            self._rest()
            self.awaits = what
        if self.timer is None:
            self.timer = self.loop.call_at(self.until, self._late)

    def _rest(self) -> None:
        self.awaits = ""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _late(self) -> None:
        self.timer = None
        if self.loop.time() < self.until:
            self.timer = self.loop.call_at(self.until, self._late)
        elif self.awaits == "head":
            self.end(408, "request-timeout", f"the headers did not come within {self.watch.head_s:g} s")
        else:
            self.transport.abort()

    def end(self, status: int, code: str, sentence: str) -> None:
        """No further request comes from here. One that is being answered gets its answer."""
        self._rest()
        if self.transport.is_closing() or self.deaf:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._end_after(self.cycle)
        elif self.begun and (self.cycle is None or not self.cycle.more_body):
            self.transport.write(plain_answer(status, code, sentence))
            self._linger()
        else:
            self.transport.close()
            self._cut_later()

    def _end_after(self, cycle: Any) -> None:
        """A request whose body cannot come to its end has none to wait for."""
        if cycle.more_body:
            self.transport.abort()
            return
        self.deaf = True
        cycle.keep_alive = False

    def _linger(self) -> None:
        """Say no more, and let what still comes go by for a while: a connection reset at once loses our last words."""
        self._rest()
        self.deaf = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_S, self.transport.abort)

    def _cut_later(self, seconds: float = LINGER_S) -> None:
        """A closing transport first sends what it holds, to a caller who may never read it."""
        if self.transport.get_write_buffer_size():
            self.loop.call_later(seconds, self.transport.abort)


class PatientH11(_Patience, H11Protocol):
    """On the parser that is always there. Its own limit (h11_max_incomplete_event_size) holds what comes in pieces."""

    counts: ClassVar[bool] = False

    def data_received(self, data: bytes) -> None:
        """Some bytes; a head that is too long and comes at once is one that h11 would take."""
        idle = self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body)
        if idle and len(data) > HEAD_BYTES and data.find(b"\r\n\r\n", 0, HEAD_BYTES) < 0 and not self.deaf:
            self.begun = True
            self.excess = f"headers over {HEAD_BYTES} bytes"
            self.send_400_response("")
            return
        super().data_received(data)


if HttpToolsProtocol is not None:

    class PatientTools(_Patience, HttpToolsProtocol):
        """On httptools, which has no limits of its own."""

        trailing = False
        """Whether the head is whole, so that what comes now are trailers."""

        def on_message_begin(self) -> None:
            """Another request."""
            self.trailing = False
            super().on_message_begin()

        def on_header(self, name: bytes, value: bytes) -> None:
            """A header. A trailer would stand among the headers of a request that was answered by them already."""
            if self.trailing:
                return
            if len(self.headers) >= HEAD_LINES:
                self.excess = f"over {HEAD_LINES} headers"
                raise ValueError(self.excess)
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            """The head is whole. What came so far bounds it; only where a body came along is it measured."""
            if self.quiet > HEAD_BYTES and self._size() > HEAD_BYTES:
                self.excess = f"headers over {HEAD_BYTES} bytes"
                raise ValueError(self.excess)
            if not self.url.startswith(b"/"):  # a host in the target would be another than the one that was checked
                raise ValueError("the target is not a path")
            self.quiet, self.trailing = 0, True
            super().on_headers_complete()
            if self.cycle is not None and self.cycle.scope is self.scope:  # else it is to be a web socket
                attach(cast(Any, self.scope), self, self.cycle)  # in time: its task has not begun

        def _size(self) -> int:
            return sum(len(name) + len(value) + 4 for name, value in self.headers) + len(self.url)

        def on_body(self, body: bytes) -> None:
            """A piece of the body."""
            self.quiet = 0
            if self.catch is not None:
                self.catch.piece(body)
            else:
                super().on_body(body)

        def on_message_complete(self) -> None:
            """All of it."""
            super().on_message_complete()
            if self.catch is not None:
                self.cycle.message_event.clear()
                self.catch.end()


def patient(watch: Watch, parser: str = "") -> Callable[..., asyncio.Protocol]:
    """What uvicorn makes a connection's protocol with. parser: `h11` | `httptools`; empty: the faster one here."""
    protocol = PatientH11 if parser == "h11" or HttpToolsProtocol is None else PatientTools

    def made(**given: Any) -> asyncio.Protocol:
        return protocol(watch, **given)

    return made
