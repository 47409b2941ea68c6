"""Estimates whose backend is down for a while: each is told of its result in the end, signed, at its own URL."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from furniture_maker import Flat, picture, thing

from rung.apps.furniture.app import APP
from rung.runtime.callbacks import BACK_OFF, Callbacks, check_callback
from rung.runtime.fetch import Fetcher
from rung.runtime.jobs import Artifacts, MemoryJobs
from rung.runtime.jobs.outbox import SqlOutbox
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.runner import Durable, Runner
from rung.runtime.server import create_app
from rung.runtime.settings import FetchSettings, Settings
from rung.runtime.spec import Machine, Plan
from rung.runtime.store import Database, open_database

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
ESTIMATES = 6
FAILURES = 3
FETCH = FetchSettings(callbacks=True, http=True, networks=("127.0.0.0/8",))
PLAN = Plan(
    machine=Machine(name="here", cores=2, ram_total=None, ram_free=None, devices=()), tasks={}, budgets={}, threads=2
)


@dataclass
class Backend:
    """A receiver on a port of its own. Down, it takes connections and hangs up."""

    down: bool = True
    port: int = 0
    got: list[tuple[bool, str, dict[str, str], bytes]] = field(default_factory=list)
    """Whether it was answered, the path, the headers, the body."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.got.append((not self.down, head[0].split()[1], headers, body))
        if not self.down:
            writer.write(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    def delivered(self) -> list[tuple[str, dict[str, str], bytes]]:
        return [one[1:] for one in self.got if one[0]]


async def until(true: Callable[[], bool], skew: list[float]) -> None:
    """Nobody waits for hours in a test: every look, the clock goes on by some seconds."""
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.002)
            skew[0] += 3.0


async def ask(folder: Path, database: Database, port: int) -> None:
    """Six estimates, each accepted and run to its end."""
    settings = Settings(data_dir=str(folder), cache_dir=str(folder), fetch=FETCH)
    durable = Durable(jobs=SqlJobs(database, server="one"), inputs=Artifacts(folder / "inputs"), sole=True)
    flat = Flat({picture().key: [thing("couch", (20, 100, 220, 220))]})
    async with Runner([APP], flat, MemoryJobs(), Artifacts(folder / "artifacts"), settings, durable=durable) as runner:
        served = create_app(
            runner, [APP], plan=lambda: PLAN, status=lambda: {"variants": []}, settings=settings,
            ready=lambda: (True, ""), admin=None, check_callback=partial(check_callback, settings=FETCH),
        )  # fmt: skip
        flat.things |= {hashlib.sha256(picture().data).hexdigest(): flat.things["a"]}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://localhost") as http:
            for number in range(ESTIMATES):
                body = {
                    "images": [{"data": "data:image/png;base64," + base64.b64encode(picture().data).decode()}],
                    "estimate_id": 100 + number,
                    "options": {"callback": f"http://127.0.0.1:{port}/api/v1/estimates/{{estimateId}}/callback"},
                }
                got = await http.post("/v1/furniture/analyze", json=body, headers={"Prefer": "wait=20"})
                assert got.status_code == 200, got.text


async def test_a_backend_that_was_down_is_told_of_every_estimate_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rung.runtime.callbacks.POLL_S", 0.01)
    backend, skew = Backend(), [0.0]
    listening = await asyncio.start_server(backend.serve, "127.0.0.1", 0)
    backend.port = listening.sockets[0].getsockname()[1]
    database = open_database(str(tmp_path / "rung.db"), (JOBS,))
    try:
        await ask(tmp_path, database, backend.port)
        callbacks = Callbacks(
            SqlOutbox(database), Fetcher(FETCH), SECRET, clock=lambda: time.time() + skew[0], jitter=lambda: 0.5
        )
        telling = asyncio.create_task(callbacks.run())
        await until(lambda: callbacks.counts["failed"] >= FAILURES * ESTIMATES, skew)
        backend.down = False
        await until(lambda: callbacks.counts["delivered"] == ESTIMATES, skew)
        telling.cancel()
        await asyncio.wait({telling})
        left = await SqlOutbox(database).due(time.time() + 1e9, 99)
    finally:
        await database.close()
        listening.close()

    check(backend)
    assert left == (), "told once, it is not told again"


def check(backend: Backend) -> None:
    """Every estimate at its own URL; each attempt signed for its time, none before the wait that the failures ask."""
    told = [json.loads(body)["data"]["output"] for _, _, body in backend.delivered()]
    assert sorted(one["estimate_id"] for one in told) == list(range(100, 100 + ESTIMATES))
    for (path, _, _), output in zip(backend.delivered(), told, strict=True):
        assert path == f"/api/v1/estimates/{output['estimate_id']}/callback"
        assert output["images"][0]["objects"][0]["class"] == "sofa"
    attempts: dict[str, list[tuple[bool, int, bytes]]] = {}
    for answered, _, headers, body in backend.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{mac}"
        attempts.setdefault(headers["webhook-id"], []).append((answered, int(headers["webhook-timestamp"]), body))
    for made in attempts.values():
        assert [answered for answered, _, _ in made] == [False] * (len(made) - 1) + [True]
        waits = [later - at for (_, at, _), (_, later, _) in pairwise(made)]
        assert all(wait >= BACK_OFF[failures] - 1 for failures, wait in enumerate(waits)), waits
        assert len({body for _, _, body in made}) == 1
    assert max(map(len, attempts.values())) >= FAILURES
