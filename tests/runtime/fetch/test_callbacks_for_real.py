"""The outbox on disk, the real fetcher, a receiver over TLS: what a job's end looks like to somebody else."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path

from web import Certificate, answer, local, web

from rung.runtime.callbacks import Callbacks
from rung.runtime.jobs import Ending, JobRecord
from rung.runtime.jobs.outbox import SqlOutbox
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.store import Database, open_database

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


async def ended_job(database: Database, url: str) -> None:
    jobs = SqlJobs(database, server="one")
    await jobs.create(JobRecord(id="job-1", app="toy", operation="sum", created=1.0, callback=url, durable=True))
    started = await jobs.start("job-1", "one", 2.0)
    assert started is not None
    ending = Ending(status="succeeded", finished=9.0, output={"sum": 3})
    assert await jobs.finish("job-1", started.epoch, ending)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_jobs_end_is_told_signed_after_a_failure_and_by_another_process_life(
    certificate: Certificate, tmp_path: Path
) -> None:
    async with web(certificate) as server:
        server.answers["/hook"] = answer(status="503 Busy")
        database = open_database(str(tmp_path / "rung.db"), (JOBS,))
        await ended_job(database, f"https://good.test:{server.port}/hook")
        callbacks = Callbacks(SqlOutbox(database), local(certificate), SECRET)
        first = asyncio.create_task(callbacks.run())
        await until(lambda: callbacks.counts["failed"] == 1)
        first.cancel()
        await asyncio.wait({first})
        await database.close()

        server.answers["/hook"] = answer(status="204 No Content")
        database = open_database(str(tmp_path / "rung.db"), (JOBS,))
        later = Callbacks(SqlOutbox(database), local(certificate), SECRET, clock=lambda: 4e9)
        second = asyncio.create_task(later.run())
        await until(lambda: later.counts["delivered"] == 1)
        second.cancel()
        await asyncio.wait({second})
        assert [m.state for m in await SqlOutbox(database).of("job-1")] == ["delivered"]
        await database.close()

    (_, before, body), (_, after, again) = server.requests
    assert body == again
    assert before["webhook-id"] == after["webhook-id"]
    for headers in (before, after):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    told = json.loads(body)
    assert (told["type"], told["data"]["id"]) == ("job.succeeded", "job-1")
    assert told["data"]["output"] == {"sum": 3}
