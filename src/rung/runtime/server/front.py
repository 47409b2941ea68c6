"""Decides which way a request goes inside the guard: inference by one look at its path, all others by the router."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX, _SUFFIX = "/v2/models/", "/infer"


@dataclass(frozen=True, slots=True)
class Front:
    """ASGI. inference: the route of `/v2/models/{model}/infer`, which answers its own errors. rest: the router.

    The way through Starlette's layers takes a tenth of what the server does for a call; here it is a comparison.
    """

    inference: Route
    rest: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        scope["app"] = self  # without one the router answers what it does not know by itself
        name = self._asked(scope)
        if not name:
            await self.rest(scope, receive, send)
            return
        scope["route"] = self.inference
        scope["path_params"] = {"model": name}
        await self.inference.app(scope, receive, send)

    def _asked(self, scope: Scope) -> str:
        """The variant whose inference is asked for by the path; empty for every other request."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope.get("root_path"):
            return ""
        path: str = scope["path"]
        if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
            return ""
        name = path[len(_PREFIX) : -len(_SUFFIX)]
        return "" if "/" in name else name
