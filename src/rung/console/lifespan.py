"""Owns the start and the end of several ASGI applications that one server runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


async def run_lifespans(apps: Sequence[ASGIApp], scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the server's lifespan messages: all start in the order given and end in reverse.

    Raises RuntimeError when one fails, after the server was told; those already started end first.
    """
    await receive()  # lifespan.startup
    phase = "startup"
    try:
        async with AsyncExitStack() as stack:
            for app in apps:
                await stack.enter_async_context(_living(app, scope))
            await send({"type": "lifespan.startup.complete"})
            phase = "shutdown"
            await receive()  # lifespan.shutdown
    except BaseException as error:
        await send({"type": f"lifespan.{phase}.failed", "message": f"{type(error).__name__}: {error}"})
        raise
    await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def _living(app: ASGIApp, scope: Scope) -> AsyncIterator[None]:
    """The application between its startup and its shutdown. Raises RuntimeError with its own words when one fails."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    own: dict[str, Any] = {**scope, "app": app}
    life = asyncio.ensure_future(_say_ended(app(own, told.get, said.put), said))
    try:
        await told.put({"type": "lifespan.startup"})
        _check(await said.get(), "lifespan.startup.complete")
        yield
        await told.put({"type": "lifespan.shutdown"})
        _check(await said.get(), "lifespan.shutdown.complete")
        await life
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def _say_ended(running: Any, said: asyncio.Queue[Message]) -> None:
    """An application that ends without a word would leave its caller waiting."""
    try:
        await running
    except Exception as error:  # reported to the one who waits, who raises it
        await said.put({"type": "ended", "message": f"{type(error).__name__}: {error}"})
    else:
        await said.put({"type": "ended", "message": "it ended before it had answered"})


def _check(message: Message, expected: str) -> None:
    if message["type"] != expected:
        raise RuntimeError(f"expected {expected}, got {message['type']}: {message.get('message', '')}")
