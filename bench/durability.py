"""What it costs that an accepted job outlives its server: jobs accepted per second, and what others pay for it.

Accepted: `Prefer: respond-async` until the 202, which comes when the job is on disk. The jobs are run meanwhile, by
the same process, and end (that is two more commits each); their pipeline does nothing. Beside it, in the same rounds
and on the same disk, the least that could be done: a row of the same size inserted and committed by SQLite in the
same mode, one at a time, and for a picture also a file of that size written, synced and renamed.

Not asked to be kept: the same waiting call, in turns call by call, on a server whose jobs can be kept and on one whose
runner keeps every job in memory.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import os
import sqlite3
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
from PIL import Image

from _report import Figure, report
from peers.roster import PEERS, Running, running

ROUNDS = 5
SPAN_S = 2.0
"""Of one measurement of a round."""
GROUPS = 40
CALLS = 50
"""Waiting calls per group and server."""
QUEUE = 1_000_000
"""Nothing is refused: what is measured is taking in."""
NOTE = json.dumps({"text": "x" * 200}).encode()
BOUNDARY = "rung-bench"


def picture() -> bytes:
    """A PNG of 1 MB."""
    out = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (577, 577, 3), np.uint8)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


# --- one kept connection ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """Asks one server, one request after the other."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, path: str, body: bytes, kind: str, prefer: str = "") -> tuple[int, bytes]:
        """Status and body."""
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        head += f"Prefer: {prefer}\r\n\r\n" if prefer else "\r\n"
        self.writer.write(head.encode() + body)
        await self.writer.drain()
        lines = (await self.reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return int(lines[0][9:12]), await self.reader.readexactly(length)


async def line_to(server: Running) -> Line:
    return Line(*await asyncio.open_connection("127.0.0.1", server.port))


# --- accepted jobs ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """path and request of a job. file: bytes of its picture."""

    path: str
    media: str
    body: Callable[[int], bytes]
    file: int = 0


def kinds() -> Mapping[str, Kind]:
    """Each picture is another one, because one that is there already is not written again."""
    data = picture()
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="p.png"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    media = f"multipart/form-data; boundary={BOUNDARY}"
    return {
        "small JSON": Kind(path="/v1/toy/note", media="application/json", body=lambda number: NOTE),
        "1 MB picture": Kind(
            path="/v1/toy/weigh",
            media=media,
            body=lambda number: b"".join((head, data, number.to_bytes(8, "big"), tail)),
            file=len(data) + 8,
        ),
    }


async def accepted(server: Running, kind: Kind, at_once: int, numbers: Iterator[int]) -> float:
    """Jobs accepted per second, from so many connections. Anything but a 202 raises."""
    until = time.monotonic() + SPAN_S

    async def keep_asking() -> int:
        line, done = await line_to(server), 0
        while time.monotonic() < until:
            status, said = await line.post(kind.path, kind.body(next(numbers)), kind.media, "respond-async")
            if status != 202:
                raise RuntimeError(f"{kind.path}: {status} {said[:300]!r}")
            done += 1
        line.writer.close()
        return done

    begun = time.monotonic()
    done = sum(await asyncio.gather(*(keep_asking() for _ in range(at_once))))
    return done / (time.monotonic() - begun)


async def settled(server: Running) -> None:
    """Every accepted job has ended, and well. Raises RuntimeError where one has not."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as http:
        for status in ("queued", "running"):
            while (await http.get("/v1/jobs", params={"status": status, "limit": "1"})).json()["jobs"]:
                await asyncio.sleep(0.05)
        failed = (await http.get("/v1/jobs", params={"status": "failed", "limit": "1"})).json()["jobs"]
        if failed:
            raise RuntimeError(f"a job failed: {failed[0]['error']}")


async def row_of(server: Running, kind: Kind) -> int:
    """Bytes that say all there is to say of one job: itself and its input, without the picture."""
    line = await line_to(server)
    _, said = await line.post(kind.path, kind.body(0), kind.media, "respond-async")
    line.writer.close()
    return len(said) + (100 if kind.file else len(NOTE))


# --- the least that could be done -----------------------------------------------------------------------------


def bare(row: int, file: int) -> float:
    """Rows of that size (and files) per second, each on the disk before the next."""
    with TemporaryDirectory() as folder:
        base = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        for said in ("journal_mode = WAL", "synchronous = FULL"):
            base.execute(f"PRAGMA {said}")
        base.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, body BLOB)")
        data, body, done = os.urandom(file), os.urandom(row), 0
        begun = time.monotonic()
        while time.monotonic() < begun + SPAN_S:
            if file:
                _synced(Path(folder), str(done), data)
            base.execute("INSERT INTO jobs (body) VALUES (?)", (body,))
            done += 1
        took = time.monotonic() - begun
        base.close()
    return done / took


def _synced(folder: Path, name: str, data: bytes) -> None:
    with (folder / f"{name}.part").open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    (folder / f"{name}.part").rename(folder / name)
    at = os.open(folder, os.O_RDONLY)
    os.fsync(at)
    os.close(at)


# --- calls that did not ask to be kept --------------------------------------------------------------------------


async def waiting(servers: Mapping[str, Running]) -> dict[str, list[float]]:
    """Milliseconds of a call, the median of each group's calls, by server; call by call in turns.

    The first group warms up.
    """
    lines = {name: await line_to(server) for name, server in servers.items()}
    medians: dict[str, list[float]] = {name: [] for name in servers}
    for group in range(GROUPS + 1):
        took: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(CALLS):
            for name in list(servers) if number % 2 else reversed(list(servers)):
                took[name].append(await _timed(lines[name]))
        for name in servers if group else ():
            medians[name].append(statistics.median(took[name]) * 1000)
    for line in lines.values():
        line.writer.close()
    return medians


async def _timed(line: Line) -> float:
    begun = time.perf_counter()
    status, said = await line.post("/v1/toy/note", NOTE, "application/json")
    assert status == 200, said
    return time.perf_counter() - begun


# --- all of it ----------------------------------------------------------------------------------------------------


def main() -> None:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        config = Path(folder) / "rung.toml"
        config.write_text(f"[server]\nmax_queue = {QUEUE}\n")
        rung = PEERS[0]
        durable = replace(rung, command=(*rung.command, "--config", str(config)))
        inside = (rung.command[0], __file__, "memory", *rung.command[3:], "--config", str(config))
        servers = {
            "durable": stack.enter_context(running(durable, sys.executable)),
            "memory": stack.enter_context(running(replace(rung, command=inside), sys.executable)),
        }
        asyncio.run(_ready(servers))
        medians = asyncio.run(waiting(servers))
        rates = asyncio.run(_rates(servers["durable"]))
    report("durability", [*_cost(medians), *_accepting(rates)], ["starlette", "uvicorn"])


async def _ready(servers: Mapping[str, Running]) -> None:
    async with httpx.AsyncClient(timeout=5) as http:
        for name, server in servers.items():
            until = time.monotonic() + 60
            while not await _answers(http, f"http://127.0.0.1:{server.port}/readyz"):
                if time.monotonic() > until or not server.alive:
                    raise RuntimeError(f"the server {name} did not start:\n{server.log.read_text()}")
                await asyncio.sleep(0.05)


async def _answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == 200
    except httpx.TransportError:
        return False


async def _rates(server: Running) -> dict[str, list[float]]:
    """Per second, each round, by what was done."""
    numbers, found = itertools.count(1), {}
    todo: dict[str, Callable[[], Awaitable[float]]] = {}
    for name, kind in kinds().items():
        row = await row_of(server, kind)
        todo[f"{name}: the least that could be done"] = partial(asyncio.to_thread, bare, row, kind.file)
        for at_once in (1, 16):
            todo[f"{name}: accepted, {at_once} at once"] = partial(accepted, server, kind, at_once, numbers)
    for _ in range(ROUNDS):
        for name, measure in todo.items():
            found.setdefault(name, []).append(await measure())
            await settled(server)
    return found


def _cost(medians: Mapping[str, list[float]]) -> Iterator[Figure]:
    added = [kept - plain for kept, plain in zip(medians["durable"], medians["memory"], strict=True)]
    low, middle, high = statistics.quantiles(added, n=4)
    for name, title in (("memory", "that keeps no job"), ("durable", "that can")):
        value = statistics.median(medians[name])
        yield Figure(name=f"a call that waits, on a server {title}", value=value, unit="ms")
    yield Figure(
        name="added to a call that did not ask to be kept", value=middle, unit="ms", goal="< 0.3", holds=middle < 0.3
    )
    yield Figure(name="added, lower quartile of the groups", value=low, unit="ms")
    yield Figure(name="added, upper quartile of the groups", value=high, unit="ms")


def _accepting(rates: Mapping[str, list[float]]) -> Iterator[Figure]:
    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, value in middle.items():
        yield Figure(name=name, value=value, unit="/s")
        yield Figure(name=f"{name}, slowest round", value=min(rates[name]), unit="/s")
        kind, _, what = name.partition(": ")
        if what.startswith("accepted"):
            share = value / middle[f"{kind}: the least that could be done"]
            yield Figure(name=f"{name}, of the least that could be done", value=share, unit="x")


def memory_server() -> None:
    """`rung serve` whose runner keeps every job in memory: what the waiting call is compared with."""
    from rung.cli import compose
    from rung.cli.main import main as rung
    from rung.runtime.runner import Runner

    compose.Runner = lambda *given, **more: Runner(*given, **{**more, "durable": None})
    sys.argv = ["rung", *sys.argv[2:]]
    rung()


if __name__ == "__main__":
    memory_server() if sys.argv[1:2] == ["memory"] else main()
