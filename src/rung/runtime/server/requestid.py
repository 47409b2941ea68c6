"""Owns a request's id and its one line in the log: the outermost ring around everything that is served."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rung.runtime.jobs import new_id
from rung.runtime.keys import Caller
from rung.runtime.logs import Redactor, event, serving

log = logging.getLogger("rung.access")

HEADER = b"x-request-id"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: their lines are for the level debug."""
_LEFT = 499
"""The status in the log of a request whose caller left before there was an answer."""


class RequestIds:
    """Gives each request an id, returns it in `X-Request-ID`, and writes one line when the answer is out.

    A caller's own id is kept where it is one: 8 to 64 letters, digits, `_` and `-`, and none that looks like a key.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._redact = Redactor()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or web socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request = self._id(scope["headers"])
        with serving(request):
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
            else:
                await self._answered(scope, receive, send, request.encode("ascii"))

    def _id(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        given = [value for name, value in headers if name == HEADER]
        if len(given) == 1:
            said = given[0].decode("latin-1")
            if _ID.fullmatch(said) and self._redact(said) == said:
                return said
        return new_id()

    async def _answered(self, scope: Scope, receive: Receive, send: Send, request: bytes) -> None:
        status, size, begun = _LEFT, 0, time.perf_counter()

        async def counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() != HEADER]
                message["headers"] = [*kept, (HEADER, request)]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            route = _route(scope)
            event(
                log,
                "answered",
                level=logging.DEBUG if route in _PROBES else logging.INFO,
                method=scope["method"] if scope["method"] in _METHODS else "other",
                route=route,
                status=status,
                seconds=round(time.perf_counter() - begun, 6),
                bytes=size,
                key=_key(scope),
            )


def _route(scope: Scope) -> str:
    """The template of the route that answered; empty where none did. The path itself is the caller's text."""
    return str(getattr(scope.get("route"), "path", ""))


def _key(scope: Scope) -> str:
    """The id of the key that it came with, as the guard found out; empty where there was none."""
    caller = (scope.get("state") or {}).get("caller")
    return caller.key if isinstance(caller, Caller) else ""
