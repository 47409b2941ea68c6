"""Owns the watch for a caller that hangs up while its request is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from starlette.requests import Request

from rung.runtime.server.connection import connection_of


class Leaving:
    """Inside, `told` is called once when the client goes. The body must have been read.

    On a connection of ours that costs a comparison; else a task waits for what can still come, a disconnect.
    """

    __slots__ = ("_connection", "_request", "_told", "_waiting")

    def __init__(self, request: Request, told: Callable[[], None]) -> None:
        self._request = request
        self._told = told
        self._connection = connection_of(request.scope)
        self._waiting: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        if self._connection is not None:
            self._connection.on_leaving(self._told)
        else:
            self._waiting = asyncio.ensure_future(_left(self._request, self._told))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.on_leaving(None)
        if self._waiting is not None:
            self._waiting.cancel()


async def _left(request: Request, told: Callable[[], None]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    told()
