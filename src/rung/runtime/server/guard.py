"""Decides who may talk to the server while there are no keys: this machine only, and no other site's page."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rung.runtime.errors import ConfigError
from rung.runtime.jobs import Failure
from rung.runtime.server.errors import HTTP_CODES, problem_response, unexpected

_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "SAMEORIGIN"}
_API_HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine. `localhost` is taken at its word (RFC 6761)."""
    name = host.lower().rstrip(".").strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_bind(host: str) -> None:
    """Raise ConfigError unless the address is a loopback one: without keys, whoever reaches the port may use it."""
    if not is_loopback(host):
        raise ConfigError(
            f"server.host = {host!r} is reachable from other machines, and this version has no keys to tell callers "
            "apart; use 127.0.0.1, and a tunnel (ssh -L 8000:127.0.0.1:8000) where another machine must reach it",
            key="server.host",
        )


class Guard:
    """The outermost ring: host and origin checked, security headers set, no error leaves without a problem body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or web socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": refusal[1][:120]})
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _secure(MutableHeaders(scope=message), scope["path"])
            await send(message)

        if refusal is not None:
            status, detail = refusal
            answer = problem_response(Failure(code=HTTP_CODES[status], message=detail), status=status)
            await answer(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            return  # nobody is left to be told
        except Exception as error:  # the last stop: whatever is left becomes a 500 that says nothing of internals
            answer = unexpected(error)
            if not started:
                await answer(scope, receive, guarded)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """A page of another site can point a browser at this port: by a name of its own, or across origins."""
    headers = Headers(scope=scope)
    host = _hostname(headers.get("host", ""))
    if not is_loopback(host):
        return 421, "the Host header must name this machine (localhost, 127.0.0.1 or [::1])"
    origin = headers.get("origin")
    reads = scope["type"] == "http" and scope["method"] in ("GET", "HEAD", "OPTIONS")
    if origin is not None and not reads and not is_loopback(_hostname(urlsplit_host(origin))):
        return 403, "pages of other sites may not call this server"
    return None


def urlsplit_host(origin: str) -> str:
    """The authority of an origin; empty for `null` and for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _hostname(authority: str) -> str:
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0]


def _secure(headers: MutableHeaders, path: str) -> None:
    own = _HEADERS | (_API_HEADERS if path.startswith("/v1/") else {})
    for name, value in own.items():
        headers.setdefault(name, value)
