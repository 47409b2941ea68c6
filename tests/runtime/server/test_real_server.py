"""What only a socket shows: bodies that lie about their size, that stall, and callers that hang up."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import uvicorn
from toy_app import Toy, encoded, toy_server

from rung.runtime.server import Intake, listener
from rung.runtime.settings import ServerSettings

HEAD = b"POST /v1/toy/many HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"


@asynccontextmanager
async def listening(folder: Path, idle_s: float = 30.0) -> AsyncIterator[tuple[int, Toy]]:
    """A uvicorn server on a port that the system chose."""
    async with toy_server(folder, intake=Intake(idle_s=idle_s)) as toy:
        server: uvicorn.Server = listener(toy.app, replace(ServerSettings(), port=0), lifespan=False)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield server.servers[0].sockets[0].getsockname()[1], toy
        finally:
            server.should_exit = True
            await asyncio.wait_for(serving, 10)


async def exchange(port: int, *pieces: bytes) -> tuple[int, dict[str, object], bool]:
    """Status, body, and whether the server closed the connection afterwards."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = await asyncio.wait_for(reader.read(), 4)
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body), b"connection: close" in head.lower()


async def test_a_body_that_says_it_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    async with listening(tmp_path) as (port, _):
        got = await exchange(port, HEAD + b"Content-Length: 300000000\r\n\r\n")

    assert (got[0], got[1]["code"], got[2]) == (413, "too-large", True)


async def test_a_chunked_body_is_counted_and_cut_off(tmp_path: Path) -> None:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    async with listening(tmp_path) as (port, _):
        got = await exchange(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 4)

    assert (got[0], got[1]["code"], got[2]) == (413, "too-large", True)


async def test_a_body_that_stands_still_is_given_up(tmp_path: Path) -> None:
    async with listening(tmp_path, idle_s=0.2) as (port, _):
        got = await exchange(port, HEAD + b"Content-Length: 100\r\n\r\nabc")

    assert (got[0], got[1]["code"], got[2]) == (408, "request-timeout", True)


async def test_a_caller_that_closes_its_socket_takes_its_job_with_it(tmp_path: Path) -> None:
    async with listening(tmp_path) as (port, toy):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /v1/toy/sleep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        writer.write(head + b"Content-Length: 2\r\n\r\n{}")
        await asyncio.wait_for(toy.caller.hanging.wait(), 5)
        job = (await toy.runner.jobs.list())[0].id
        writer.close()
        ended = await toy.runner.wait(job, 5)

    assert (ended.status, toy.caller.cancelled) == ("canceled", 1)


async def test_a_picture_goes_in_and_another_comes_out_over_tcp(tmp_path: Path) -> None:
    async with listening(tmp_path) as (port, _), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        files = {"image": ("x", encoded(600, 400))}
        got = await http.post("/v1/toy/paint", files=files, headers={"Accept": "image/png"})
        stream = await http.get(f"/v1/jobs/{got.headers['rung-job']}/events")

    assert (got.status_code, got.headers["content-type"], got.content[:4]) == (200, "image/png", b"\x89PNG")
    assert "event: succeeded" in stream.text
    assert "server" not in got.headers
