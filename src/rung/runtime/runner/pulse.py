"""Owns the beat of a server with jobs on disk: says that it lives, hears of cancellations, takes over from the dead."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from rung.runtime.errors import DeadlineExceeded, StoreError
from rung.runtime.jobs import Ending, failure_of
from rung.runtime.jobs.leases import LeaseWatch
from rung.runtime.settings import JobSettings

if TYPE_CHECKING:
    from rung.runtime.runner.keeper import Durable
    from rung.runtime.runner.runner import Runner

log = logging.getLogger(__name__)

BEAT_S = 1.0
"""At most so long after it was asked for does a cancellation reach a job of this server."""
PRUNE_S = 60.0


async def take_over(runner: Runner, durable: Durable) -> None:
    """At the start: what a dead server of this data folder left running is queued again, what waits is taken in.

    Where several servers share a database the dead are told from the living by their leases alone, later.
    """
    durable.inputs.pin(await durable.jobs.pinned())
    if durable.sole:
        for lease in await durable.jobs.leases():
            await durable.jobs.take_back(
                lease.job, lease.epoch, outcome="lost", detail="its server ended before it did", now=time.time()
            )
    await _take_waiting(runner, durable)


async def beat_for_ever(runner: Runner, durable: Durable, settings: JobSettings) -> None:
    """Until it is cancelled. A database that cannot be reached is tried again with the next beat."""
    watch, pruned = LeaseWatch(settings.lease_s), time.monotonic()
    while True:
        try:
            await _until_due(runner, durable, min(BEAT_S, settings.lease_s / 3))
            await runner.artifacts.try_again()  # who is not ready is asked for nothing, and would not learn of it
            await durable.try_again()
            await _beat(runner, durable)
            await runner.flush()
            await _expired(runner, durable, watch)
            if not runner.draining:
                await _take_waiting(runner, durable)
            if time.monotonic() - pruned >= PRUNE_S:
                pruned = time.monotonic()
                await _prune(durable, settings)
                await runner.artifacts.sweep()
        except StoreError as error:
            log.error("the jobs kept in %s: %s", runner.folder, error.message)


async def _until_due(runner: Runner, durable: Durable, seconds: float) -> None:
    """Until the next beat; meanwhile jobs that lie on disk are taken whenever there is room for more of them."""
    due = time.monotonic() + seconds
    while (left := due - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                await runner.more.wait()
        except TimeoutError:
            return
        runner.more.clear()
        if not runner.draining:
            await _take_waiting(runner, durable)


async def _beat(runner: Runner, durable: Durable) -> None:
    heard = await durable.jobs.beat(runner.desk.epochs())
    for job_id in heard.fenced:
        runner.stop(job_id, "fenced")
    for job_id in heard.cancelled - heard.fenced:
        runner.stop(job_id, "cancel")


async def _expired(runner: Runner, durable: Durable, watch: LeaseWatch) -> None:
    """Jobs whose server is not heard of any more are queued again."""
    read = time.monotonic()  # before the rows are read: a wait in between must not count against their servers
    others = [lease for lease in await durable.jobs.leases() if not runner.desk.has(lease.job)]
    for lease in watch.observe(others, read):
        await durable.jobs.take_back(
            lease.job,
            lease.epoch,
            outcome="lost",
            detail="its server was not heard of any more",
            now=time.time(),
            beat=lease.beat,
        )


async def _take_waiting(runner: Runner, durable: Durable) -> None:
    """Jobs that lie queued and are nobody's, as many as could be begun here at once."""
    room = runner.desk.room
    if room == 0:
        return
    found = await durable.jobs.waiting(room + len(runner.strange))
    ours = [record for record in found if record.id not in runner.strange and not runner.desk.has(record.id)]
    runner.lacking = len(ours) >= room
    for record in ours[:room]:
        stored = await durable.jobs.input_of(record.id)
        if not runner.adopt(record, stored.files):
            runner.strange.add(record.id)
    for record in found:
        if record.id in runner.strange and (record.deadline_at or time.time()) < time.time():
            late = DeadlineExceeded("no server that could begin the job was there before its deadline")
            await durable.jobs.drop(record.id, Ending(status="expired", finished=time.time(), error=failure_of(late)))
    runner.strange &= {record.id for record in found}


async def _prune(durable: Durable, settings: JobSettings) -> None:
    """What is kept no longer goes: rows, and the files of inputs."""
    gone = await durable.jobs.prune(time.time(), settings.keep_s, settings.keep_inputs_s)
    for file_id in gone.files:
        await durable.inputs.delete(file_id)
    await durable.inputs.sweep()
