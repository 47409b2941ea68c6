import asyncio

import pytest

from rung.runtime.errors import NotFound
from rung.runtime.jobs import JobRecord, MemoryJobs, Progress, new_id
from rung.runtime.jobs.progress import Reporter


def record(name: str = "a", created: float = 0.0) -> JobRecord:
    return JobRecord(id=name, app="toy", operation="sum", created=created)


async def finish(jobs: MemoryJobs, name: str, at: float) -> None:
    await jobs.update(name, status="succeeded", finished=at)
    await jobs.append_event(name, "succeeded", {})


def test_ids_sort_by_time_and_are_uuids_of_version_7() -> None:
    ids = [new_id(ns) for ns in range(1_700_000_000_000_000_000, 1_700_000_000_010_000_000, 1_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids) and {i[14] for i in ids} == {"7"} and {i[19] for i in ids} <= set("89ab")


async def test_an_ended_job_is_final() -> None:
    jobs = MemoryJobs()
    await jobs.create(record())
    await finish(jobs, "a", 1.0)

    after = await jobs.update("a", status="failed")
    asked = await jobs.request_cancel("a")

    assert (after.status, asked.cancel) == ("succeeded", False)


async def test_events_are_followed_while_they_come() -> None:
    jobs = MemoryJobs()
    await jobs.create(record())
    seen: list[int] = []

    async def follow() -> None:
        async for event in jobs.events("a"):
            seen.append(event.seq)

    following = asyncio.ensure_future(follow())
    for _ in range(3):
        await asyncio.sleep(0)
        await jobs.append_event("a", "progress", {})
    await finish(jobs, "a", 1.0)

    await asyncio.wait_for(following, 5)
    assert seen == [1, 2, 3, 4, 5]


async def test_many_events_are_bounded_and_the_end_is_never_lost() -> None:
    jobs = MemoryJobs()
    await jobs.create(record())
    for _ in range(1500):
        await jobs.append_event("a", "progress", {})
    await finish(jobs, "a", 1.0)

    seen = [event async for event in jobs.events("a")]

    assert len(seen) == 1000
    assert (seen[-1].kind, seen[-1].seq) == ("succeeded", 1502)


async def test_old_jobs_go_by_age_and_by_number_but_never_a_running_one() -> None:
    now = [0.0]
    jobs = MemoryJobs(keep=10, ttl_s=60, clock=lambda: now[0])
    await jobs.create(record("running"))
    for n in range(20):
        await jobs.create(record(f"j{n}"))
        await finish(jobs, f"j{n}", float(n))
    kept = {r.id for r in await jobs.list()}
    now[0] = 1000.0
    await jobs.create(record("late"))

    assert len(kept) <= 11 and {"running", "j19"} <= kept and "j0" not in kept
    assert {r.id for r in await jobs.list()} == {"running", "late"}
    assert (await jobs.count())["queued"] == 2
    with pytest.raises(NotFound, match="60 s"):
        await jobs.get("j19")


async def test_reports_at_any_rate_become_few_events_and_the_last_is_kept() -> None:
    jobs = MemoryJobs()
    await jobs.create(record())
    report = Reporter(jobs, "a")
    for step in range(10_001):
        report("painting", step / 10_000)
        await asyncio.sleep(0)
    await asyncio.wait_for(report.settle(), 5)

    assert (await jobs.get("a")).progress == Progress(stage="painting", frac=1.0)
    await finish(jobs, "a", 1.0)
    assert 2 < len([e async for e in jobs.events("a")]) < 120
