"""A listening server around a small application, and raw sockets that misbehave towards it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from rung.runtime.errors import RungError
from rung.runtime.server.body import Intake
from rung.runtime.server.errors import HttpProblem, on_http_problem, on_rung_error
from rung.runtime.server.listen import listener
from rung.runtime.server.protocol import patient
from rung.runtime.server.watch import watch_of
from rung.runtime.settings import ServerSettings

GET = b"GET /ok HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /read HTTP/1.1\r\nHost: localhost\r\n"
LIMIT = 200_000


@dataclass
class Told:
    """What the application saw."""

    seen: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set[Any] = field(default_factory=set)


def application(told: Told, intake: Intake) -> Starlette:
    """`/ok` answers, `/read` reads under a limit, `/refuse` answers without reading, `/flood` writes without end."""

    async def ok(request: Request) -> Response:
        told.seen.append(request.url.path)
        return JSONResponse({"ok": True})

    async def read(request: Request) -> Response:
        return JSONResponse({"bytes": len(await intake.read(request, LIMIT))})

    async def ignore(request: Request) -> Response:
        await told.hold.wait()
        return JSONResponse({"ok": True})

    async def flood(request: Request) -> Response:
        async def endless() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield bytes(65536)
                    await asyncio.sleep(0)
            finally:
                told.left.set()

        return StreamingResponse(endless())

    async def big(request: Request) -> Response:
        return Response(bytes(60_000), headers={"Connection": "close"})

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(str(len(await websocket.receive_text())))
        except WebSocketDisconnect:
            told.left.set()

    return Starlette(
        routes=[
            Route("/ok", ok),
            Route("/read", read, methods=["POST"]),
            Route("/refuse", ok, methods=["POST"]),
            Route("/hold", ignore, methods=["GET", "POST"]),
            Route("/flood", flood),
            Route("/big", big),
            WebSocketRoute("/socket", talk),
        ],
        exception_handlers={RungError: on_rung_error, HttpProblem: on_http_problem},
    )


@asynccontextmanager
async def listening(parser: str = "", keep_alive_s: float = 30, **limits: Any) -> AsyncIterator[tuple[int, Told]]:
    """The application behind our listener, on a port that the system chose."""
    settings = replace(ServerSettings(), port=0, **limits)
    told = Told()
    app = application(told, Intake(idle_s=settings.idle_s))
    server: uvicorn.Server = listener(app, settings, lifespan=False)
    server.config.http = patient(watch_of(settings), parser)  # type: ignore[assignment]
    server.config.timeout_keep_alive = keep_alive_s  # type: ignore[assignment]
    server.config.load()
    told.connections = server.server_state.connections
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # what is not read soon stays with the server
    serving = asyncio.ensure_future(server.serve(sockets=[door]))
    while not server.started:
        await asyncio.sleep(0.002)
    try:
        yield door.getsockname()[1], told
    finally:
        told.hold.set()
        server.should_exit = True
        await asyncio.wait_for(serving, 10)


async def say(port: int, *pieces: bytes, every_s: float = 0.0) -> tuple[bytes, float]:
    """What came back until the server closed, and after how long. Raises TimeoutError when it does not close."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun = time.monotonic()

    async def speak() -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if every_s:
                await asyncio.sleep(every_s)

    speaking = asyncio.ensure_future(speak())
    try:
        got = b""
        async with asyncio.timeout(8):
            try:
                while piece := await reader.read(65536):
                    got += piece
            except ConnectionError:
                pass
        return got, time.monotonic() - begun
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One whole response on a connection that stays open."""
    async with asyncio.timeout(8):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
        return int(head.split()[1]), await reader.readexactly(length)
