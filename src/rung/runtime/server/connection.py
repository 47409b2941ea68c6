"""Owns what an endpoint may ask of its connection beside ASGI: the whole body at once, and to be told of a hang-up.

ASGI gives a body in pieces, each with a turn of the loop, and a hang-up only to a task that waits for one. On our own
protocols neither is needed; under other servers `connection_of` is None, and ASGI's way is taken.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.types import Scope

_NAME = "rung.connection"


class Catch(Protocol):
    """Takes a body while it comes."""

    def piece(self, data: bytes) -> None:
        """Some of it. Must not raise."""

    def end(self) -> None:
        """That was all."""

    def lost(self) -> None:
        """The caller has gone, and the rest never comes."""


class Slots(Protocol):
    """What a protocol of ours keeps for its request. They are answered one by one: a slot of each is enough."""

    catch: Catch | None
    leaving: Callable[[], None] | None


@dataclass(slots=True, eq=False)
class Connection:
    """As the endpoint of one request sees it."""

    _slots: Slots
    _cycle: weakref.ref[Any]
    """uvicorn's state of the request, which lives as long as the request is answered. It has our scope, so that a
    strong reference would be a ring that only the collector takes apart."""

    @property
    def cycle(self) -> Any:
        """uvicorn's state of the request."""
        return self._cycle()

    def whole(self) -> bytes | None:
        """The body, where all of it is here already; else, and where the caller waits to be asked for it, None."""
        cycle = self.cycle
        if cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
            return None
        return self._taken()

    def _taken(self) -> bytes:
        cycle = self.cycle
        body, cycle.body = bytes(cycle.body), bytearray()
        cycle.message_event.clear()  # what comes next is a hang-up
        cycle.flow.resume_reading()  # uvicorn paused it behind 64 KiB, and what is not read does not tell of a hang-up
        return body

    def collect(self, catch: Catch) -> None:
        """Give it what is here and all that comes, until `release`. The caller is asked to go on where it waits."""
        cycle = self.cycle
        if cycle.disconnected:
            catch.lost()
            return
        if cycle.waiting_for_100_continue:
            cycle.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            cycle.waiting_for_100_continue = False
        self._slots.catch = catch
        catch.piece(self._taken())
        if not cycle.more_body:
            catch.end()

    def release(self) -> None:
        """Collect no more."""
        self._slots.catch = None

    def on_leaving(self, told: Callable[[], None] | None) -> None:
        """Call that once when the caller hangs up, at once where it has; None: nobody wants to know any more."""
        self._slots.leaving = told
        if told is not None and self.cycle.disconnected:
            self._slots.leaving = None
            told()


def attach(scope: Scope, slots: Slots, cycle: Any) -> None:
    """Let the request's endpoint find its connection."""
    scope["extensions"] = {_NAME: Connection(slots, weakref.ref(cycle))}


def connection_of(scope: Scope) -> Connection | None:
    """None: another server's request."""
    found = scope.get("extensions", {}).get(_NAME)
    return found if isinstance(found, Connection) else None
