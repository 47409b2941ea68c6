"""Runs of several servers on one database: one at a time, and only the last one writes."""

import asyncio

import pytest
from job_tools import BROKEN, DONE, QUICK_S, begun, check, events, lost, on, opened, record, until

from rung.runtime.jobs import Event, Progress
from rung.runtime.jobs.life import LOSSES
from rung.runtime.jobs.sql import SqlJobs


async def test_jobs_wait_by_priority_then_by_age(jobs: SqlJobs) -> None:
    for name, created, priority in [("old", 1.0, 0), ("low", 0.5, -1), ("new", 2.0, 0), ("high", 3.0, 1)]:
        await jobs.create(record(name, created=created, priority=priority))
    await begun(jobs, "running", priority=1)

    assert [job.id for job in await jobs.waiting(10)] == ["high", "old", "new", "low"]
    assert [job.id for job in await jobs.waiting(1)] == ["high"]


async def test_two_servers_that_begin_200_jobs_never_share_one(url: str) -> None:
    async with on(url) as one, on(url, "two") as two:
        for n in range(200):
            await one.create(record(f"j{n:03}"))

        async def take(jobs: SqlJobs, server: str) -> set[str]:
            taken: set[str] = set()
            while waiting := await jobs.waiting(10):
                begun = await asyncio.gather(*(jobs.start(job.id, server, 2.0) for job in waiting))
                taken |= {job.id for job in begun if job is not None}
            return taken

        async with asyncio.timeout(120):
            mine, theirs = await asyncio.gather(take(one, "one"), take(two, "two"))

        assert not mine & theirs and len(mine | theirs) == 200
        running = await one.list(limit=500)
        assert {job.id for job in running if job.attempts[0].server == "one"} == mine
        assert {(job.epoch, len(job.attempts)) for job in running} == {(1, 1)}


async def test_a_server_whose_job_was_given_to_another_can_write_nothing_more(url: str) -> None:
    async with on(url) as frozen, on(url, "two") as other:
        await begun(frozen)
        assert await lost(other)
        assert await other.start("a", "two", 6.0) is not None
        told = (
            await frozen.report("a", 1, Progress(stage="late", frac=0.9)),
            await frozen.note("a", 1, "log", {}),
            await frozen.finish("a", 1, BROKEN),
            await frozen.take_back("a", 1, outcome="released", detail="", now=7.0),
        )
        heard = await frozen.beat({"a": 1})
        done = await other.finish("a", 2, DONE)

        assert told == (False, False, None, False) and heard.fenced == {"a"}
        assert done is not None and [(a.server, a.outcome) for a in done.attempts] == [
            ("one", "lost"), ("two", "succeeded"),
        ]  # fmt: skip
        assert [e.kind for e in await events(frozen)] == ["queued", "started", "requeued", "started", "succeeded"]
        await check(other, "a")


async def test_a_beat_tells_of_cancellations_and_of_runs_that_are_no_more(url: str) -> None:
    async with on(url) as mine, on(url, "two") as other:
        for name in ("kept", "cancelled", "ended", "deleted"):
            await begun(mine, name)
        await other.cancel("cancelled", 3.0)
        for name in ("ended", "deleted"):
            await other.finish(name, 1, DONE)
        await other.delete("deleted")
        heard = await mine.beat(dict.fromkeys(("kept", "cancelled", "ended", "deleted"), 1))

        assert (heard.cancelled, heard.fenced) == ({"cancelled"}, {"ended", "deleted"})
        assert [(one.job, one.beat) for one in await other.leases()] == [("cancelled", 1), ("kept", 1)]
        assert await mine.beat({}) == type(heard)(cancelled=frozenset(), fenced=frozenset())


async def test_a_run_that_was_heard_of_meanwhile_is_not_taken_back(jobs: SqlJobs) -> None:
    await begun(jobs)
    (seen,) = await jobs.leases()
    await jobs.beat({"a": 1})

    assert not await lost(jobs, beat=seen.beat)
    assert (await jobs.get("a")).status == "running"
    assert await lost(jobs, beat=seen.beat + 1)


async def test_a_job_given_back_waits_again_as_if_it_were_new(jobs: SqlJobs) -> None:
    await begun(jobs)
    await jobs.report("a", 1, Progress(stage="paint", frac=0.5))
    assert await jobs.take_back("a", 1, outcome="released", detail="drained", now=5.0)
    job = await jobs.get("a")

    assert (job.status, job.started, job.progress, job.epoch) == ("queued", None, Progress(), 1)
    assert [(a.outcome, a.detail, a.ended) for a in job.attempts] == [("released", "drained", 5.0)]
    assert (await jobs.story("a"))[-1][1] == Event(seq=4, kind="requeued", data={"attempt": 1, "reason": "released"})
    assert not await lost(jobs)


@pytest.mark.parametrize(
    ("more", "asked", "status", "code"),
    [({}, True, "canceled", "cancelled"), ({"deadline_at": 4.0}, False, "expired", "deadline")],
)
async def test_a_lost_job_that_nobody_wants_any_more_ends(
    jobs: SqlJobs, more: dict[str, float], asked: bool, status: str, code: str
) -> None:
    await begun(jobs, **more)
    if asked:
        await jobs.cancel("a", 3.0)
    await lost(jobs)
    job = await jobs.get("a")

    assert job.error is not None and (job.status, job.error.code, job.finished) == (status, code, 5.0)
    assert [a.outcome for a in job.attempts] == ["lost"]
    await check(jobs, "a")


async def test_a_job_that_its_servers_die_of_is_given_up_and_drains_do_not_count(jobs: SqlJobs) -> None:
    await jobs.create(record())
    for n in range(LOSSES):
        assert await jobs.start("a", "one", 2.0) is not None
        await lost(jobs)
        if n == 0:
            await jobs.start("a", "one", 2.0)
            await jobs.take_back("a", 2, outcome="released", detail="", now=3.0)
        assert (await jobs.get("a")).ended == (n == LOSSES - 1)
    job = await jobs.get("a")

    assert job.error is not None and (job.status, job.error.code) == ("failed", "lost")
    assert str(LOSSES) in job.error.message
    await check(jobs, "a")


async def test_what_another_server_writes_is_followed_too(url: str) -> None:
    async with on(url) as mine, on(url, "two") as other:
        await begun(mine)
        following = asyncio.ensure_future(events(mine))
        await other.note("a", 1, "log", {"text": "x"})
        await other.finish("a", 1, DONE)

        assert [e.seq for e in await asyncio.wait_for(following, QUICK_S)] == [1, 2, 3, 4]


async def test_following_ends_when_the_job_is_deleted(url: str) -> None:
    async with on(url) as mine, on(url, "two") as other:
        await begun(mine)
        seen: list[str] = []

        async def follow() -> None:
            async for event in mine.events("a"):
                seen.append(event.kind)

        following = asyncio.ensure_future(follow())
        await until(lambda: asyncio.sleep(0, "started" in seen))
        async with opened(url) as database:
            await database.write(lambda tx: tx.run("DELETE FROM jobs"))

        await asyncio.wait_for(following, QUICK_S)
        assert seen == ["queued", "started"] and await other.list() == ()
