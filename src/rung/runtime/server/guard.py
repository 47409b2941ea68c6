"""Owns the outermost ring: host, origin and key are checked, and no error leaves without a problem body.

TLS is for a reverse proxy in front; what a proxy says of its clients (`X-Forwarded-*`) is not believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rung.runtime.errors import Forbidden, RungError, Unauthorized
from rung.runtime.jobs import Failure, failure_of
from rung.runtime.keys import STRANGER
from rung.runtime.server.auth import Door, check_bind, check_scope, first_headers, scope_needed, session_in
from rung.runtime.server.errors import HTTP_CODES, HttpProblem, problem_response, unexpected
from rung.runtime.server.names import is_loopback

__all__ = ["Guard", "check_bind", "is_loopback"]

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
)
_API_HEADERS = (*_HEADERS, (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"))
_READS = ("GET", "HEAD")


class Guard:
    """ASGI. door: who is let in.

    public: paths that are open to all here. login: the page that visitors without a session are sent to; empty:
    they are refused like programs.
    """

    def __init__(
        self, app: ASGIApp, door: Door | None = None, *, public: frozenset[str] = frozenset(), login: str = ""
    ) -> None:
        self._app = app
        self._door = door or Door()
        self._public = public
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or web socket."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._admit(scope, "GET", first_headers(scope))
        except (RungError, HttpProblem) as refusal:
            await send({"type": "websocket.close", "code": 1008, "reason": str(refusal)[:120]})
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _secured(message.get("headers", ()), scope["path"])
            await send(message)

        headers = first_headers(scope)
        try:
            await self._admit(scope, scope["method"], headers)
        except (RungError, HttpProblem) as refusal:
            answer = self._refused(scope, headers, refusal)
            await answer(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except ClientDisconnect:
            return  # nobody is left to be told
        except Exception as error:  # the last stop: whatever is left becomes a 500 that says nothing of internals
            answer = unexpected(error, scope["path"])
            if not started:
                await answer(scope, receive, guarded)

    async def _admit(self, scope: Scope, method: str, headers: Mapping[str, str]) -> None:
        """Who it is goes into `scope["state"]["caller"]`. Raises HttpProblem, Unauthorized, Forbidden, RateLimited."""
        self._check_site(headers, reads=scope["type"] == "http" and method in _READS)
        path = scope["path"]
        needed = None if path in self._public else scope_needed(method, path)
        address = scope["client"][0] if scope.get("client") else ""
        try:
            caller = await self._door.caller(headers, address)
        except RungError:
            if needed is not None:
                raise
            caller = STRANGER
        check_scope(caller, needed)
        scope.setdefault("state", {})["caller"] = caller

    def _check_site(self, headers: Mapping[str, str], *, reads: bool) -> None:
        """A page of another site can point a browser at this port: by a name of its own, or across origins."""
        names, host = self._door.names, headers.get("host", "")
        if not names.mine(host):
            raise HttpProblem(
                421,
                "the Host header must name this server (localhost, 127.0.0.1, or the address it is bound to); "
                "other names go into `hosts` of [server]",
            )
        if "content-length" in headers and "transfer-encoding" in headers:
            # RFC 9112, 6.3: whoever stands before us may see another end of this request than we do.
            raise HttpProblem(400, "Content-Length and Transfer-Encoding cannot both be there")
        if reads:
            return
        origin = headers.get("origin")
        if origin is not None and not names.same_site(origin, host):
            raise HttpProblem(403, "pages of other sites may not call this server")
        if origin is None and "authorization" not in headers and session_in(headers):
            raise HttpProblem(403, "a session may change things only from the console's own pages (no Origin header)")

    def _refused(self, scope: Scope, headers: Mapping[str, str], refusal: RungError | HttpProblem) -> Response:
        """The answer; where a body is on its way it stays unread, and the connection is closed after it."""
        if isinstance(refusal, HttpProblem):
            failure = Failure(code=HTTP_CODES.get(refusal.status, "malformed"), message=refusal.detail)
            answer = problem_response(failure, status=refusal.status, path=scope["path"])
        elif self._shows_login(scope, headers, refusal):
            to = quote(scope["path"][:200], safe="")
            answer = RedirectResponse(f"{self._login}?to={to}", 303, {"Cache-Control": "no-store"})
        else:
            unknown = isinstance(refusal, Unauthorized) and not isinstance(refusal, Forbidden)
            ask = {"WWW-Authenticate": 'Bearer realm="rung"'} if unknown else None
            answer = problem_response(failure_of(refusal), headers=ask, path=scope["path"])
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            answer.headers["Connection"] = "close"
        return answer

    def _shows_login(self, scope: Scope, headers: Mapping[str, str], refusal: RungError) -> bool:
        return (
            bool(self._login)
            and isinstance(refusal, Unauthorized)
            and scope["method"] in _READS
            and "text/html" in headers.get("accept", "")
        )


def _secured(headers: Iterable[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """With those of ours that the answer does not set itself."""
    sent = list(headers)
    named = {name.lower() for name, _ in sent}
    ours = _API_HEADERS if path.startswith(("/v1/", "/v2")) else _HEADERS
    return sent + [pair for pair in ours if pair[0] not in named]
