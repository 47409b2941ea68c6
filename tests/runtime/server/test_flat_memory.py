"""Bodies far over their limit, sent to a real server process: refused early, and its memory stays flat."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rung.runtime.spec import MiB
from rung.runtime.testing.served import Served, served

PIECE = bytes(MiB)
HEAD = b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"


def peak(pid: int) -> int:
    """The most bytes that the process ever held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no VmHWM for process {pid}")


async def pour(server: Served, head: bytes, before: bytes, after: bytes) -> tuple[bytes, int]:
    """What came back, and how much of 300 MiB was taken before the server had enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    answered = asyncio.ensure_future(_answer(reader))
    sent = 0
    try:
        writer.write(head)
        while sent < 300 and not answered.done():
            writer.write(before + PIECE + after)
            await asyncio.wait_for(writer.drain(), 10)
            sent += 1
    except ConnectionError:
        pass
    got = await asyncio.wait_for(answered, 10)
    writer.close()
    return got, sent


async def _answer(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        (b"Content-Length: 314572800\r\n\r\n", b"", b""),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n", b"\r\n"),
        (b"Content-Length: 3\r\n\r\n", b"", b""),
    ],
    ids=["declared", "chunked", "lying"],
)
async def test_three_hundred_megabytes_are_refused_early_with_the_memory_flat(
    head: bytes, before: bytes, after: bytes
) -> None:
    with served("--no-console") as server:
        begun = peak(server.pid)
        outcomes = [await pour(server, HEAD + head, before, after) for _ in range(3)]
        grown = peak(server.pid) - begun

    for got, sent in outcomes:
        assert not got or got.split()[1] in (b"400", b"413", b"415"), got[:200]
        assert sent < 60, "a limit of 25 MiB and what the sockets hold"
    assert any(got for got, _ in outcomes)
    assert grown < 80 * MiB, "one body of at most its limit, and its copy"
