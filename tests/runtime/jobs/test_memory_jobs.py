"""What is the memory's own: its bounds, and giving a job away. What every store promises is in test_job_stores."""

import asyncio

import pytest
from job_tools import DONE, QUICK_S, begun, record

from rung.runtime.errors import NotFound
from rung.runtime.jobs import Ending, MemoryJobs, Progress, Reporter, new_id


def test_ids_sort_by_time_and_are_uuids_of_version_7() -> None:
    ids = [new_id(ns) for ns in range(1_700_000_000_000_000_000, 1_700_000_000_010_000_000, 1_000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids) and {i[14] for i in ids} == {"7"} and {i[19] for i in ids} <= set("89ab")


async def test_old_jobs_go_by_age_and_by_number_but_never_a_running_one() -> None:
    now = [0.0]
    jobs = MemoryJobs(keep=10, ttl_s=60, clock=lambda: now[0])
    await begun(jobs, "running")
    for n in range(20):
        await begun(jobs, f"j{n}")
        await jobs.finish(f"j{n}", 1, Ending(status="succeeded", finished=float(n)))
    kept = {r.id for r in await jobs.list()}
    now[0] = 1000.0
    await jobs.create(record("late"))

    assert len(kept) <= 11 and {"running", "j19"} <= kept and "j0" not in kept
    assert {r.id for r in await jobs.list()} == {"running", "late"}
    with pytest.raises(NotFound, match="60 s"):
        await jobs.get("j19")


async def test_a_job_that_is_given_away_is_not_found_and_its_followers_are_let_go() -> None:
    jobs = MemoryJobs()
    running = await begun(jobs)
    seen: list[str] = []
    caught_up = asyncio.Event()

    async def follow() -> None:
        async for event in jobs.events("a"):
            seen.append(event.kind)
            if event.kind == "started":
                caught_up.set()

    following = asyncio.ensure_future(follow())
    await asyncio.wait_for(caught_up.wait(), QUICK_S)
    told, events = jobs.peek("a")
    jobs.forget("a")

    await asyncio.wait_for(following, QUICK_S)
    assert (told, [e.kind for e in events]) == (running, seen) == (running, ["queued", "started"])
    assert not jobs.holds("a") and await jobs.finish("a", 1, DONE) is None


async def test_reports_at_any_rate_become_few_events_and_the_last_is_kept() -> None:
    jobs = MemoryJobs()
    await begun(jobs)
    report = Reporter(lambda progress: jobs.report("a", 1, progress), lambda kind, data: jobs.note("a", 1, kind, data))
    for step in range(10_001):
        report("painting", step / 10_000)
        await asyncio.sleep(0)
    await asyncio.wait_for(report.settle(), QUICK_S)

    assert (await jobs.get("a")).progress == Progress(stage="painting", frac=1.0)
    await jobs.finish("a", 1, DONE)
    assert 2 < len([e async for e in jobs.events("a")]) < 120


async def test_sentences_are_written_in_order_before_the_progress_that_follows_them() -> None:
    jobs = MemoryJobs()
    await begun(jobs)
    report = Reporter(
        lambda progress: jobs.report("a", 1, progress), lambda kind, data: jobs.note("a", 1, kind, data), lambda: 5.0
    )
    report.tell("waits for memory")
    report.tell("begins")
    report("paint", 0.5)
    await asyncio.wait_for(report.settle(), QUICK_S)
    await jobs.finish("a", 1, DONE)

    seen = [event async for event in jobs.events("a")]
    assert [e.kind for e in seen] == ["queued", "started", "log", "log", "progress", "succeeded"]
    assert [e.data for e in seen if e.kind == "log"] == [
        {"text": "waits for memory", "at": 5.0},
        {"text": "begins", "at": 5.0},
    ]
