"""What the durable store takes in: jobs with their inputs, keys, moves from memory."""

import asyncio
from dataclasses import replace

import pytest
from job_tools import ASKED, DONE, KEY, begun, check, events, on, opened, record

from rung.runtime.errors import KeyReused, NotFinite
from rung.runtime.jobs import Event, MemoryJobs, Progress
from rung.runtime.jobs.idempotency import KEY_S
from rung.runtime.jobs.sql import SqlJobs


async def test_an_accepted_job_has_its_input_and_is_durable(jobs: SqlJobs) -> None:
    accepted = await jobs.accept(record(), ASKED)

    assert accepted.fresh and accepted.record == await jobs.get("a") == record(durable=True)
    assert await jobs.input_of("a") == ASKED
    assert [e.kind for _, e in await jobs.story("a")] == ["queued"]


async def test_the_same_request_again_is_the_same_job_and_another_one_is_refused(jobs: SqlJobs) -> None:
    first = await jobs.accept(record("a"), ASKED, KEY)
    again = await jobs.accept(record("b"), ASKED, KEY)

    assert (first.fresh, again.fresh, again.record) == (True, False, first.record)
    with pytest.raises(KeyReused, match="'k'"):
        await jobs.accept(record("c"), ASKED, replace(KEY, fingerprint="other"))
    assert [job.id for job in await jobs.list()] == ["a"]


async def test_a_key_counts_for_one_scope_and_for_a_day(jobs: SqlJobs) -> None:
    await jobs.accept(record("a"), ASKED, KEY)
    others = await jobs.accept(record("b"), ASKED, replace(KEY, scope="yours"))
    late = await jobs.accept(record("c", created=1.0 + KEY_S), ASKED, replace(KEY, fingerprint="other"))

    assert others.fresh and late.fresh
    assert not (await jobs.accept(record("d", created=KEY_S), ASKED, replace(KEY, fingerprint="other"))).fresh


async def test_a_key_can_be_looked_up_before_anything_is_kept(url: str) -> None:
    async with opened(url) as database:
        now = [2.0]
        jobs = SqlJobs(database, server="one", clock=lambda: now[0])
        before = await jobs.find(KEY)
        await jobs.accept(record(), ASKED, KEY)
        known = await jobs.find(KEY)
        with pytest.raises(KeyReused):
            await jobs.find(replace(KEY, fingerprint="other"))
        now[0] = 1.0 + KEY_S

        assert (before, known, await jobs.find(KEY)) == (None, record(durable=True), None)


async def test_of_fifty_requests_with_one_key_at_once_one_becomes_a_job(url: str) -> None:
    async with on(url) as one, on(url, "two") as two:
        servers = [one, two]
        asked = [servers[n % 2].accept(record(f"j{n}"), ASKED, KEY) for n in range(50)]
        async with asyncio.timeout(60):
            told = await asyncio.gather(*asked)

        assert sum(accepted.fresh for accepted in told) == 1
        assert {accepted.record.id for accepted in told} == {job.id for job in await two.list()}


async def test_a_job_moves_from_memory_with_all_that_happened_to_it(jobs: SqlJobs) -> None:
    memory = MemoryJobs()
    running = await begun(memory)
    await memory.report("a", 1, Progress(stage="paint", frac=0.5))
    running, before = memory.peek("a")
    await jobs.adopt(running, ASKED, before)
    beat = await jobs.beat({"a": 1})
    await jobs.finish("a", 1, DONE)

    assert not beat.fenced and [e.kind for e in await events(jobs)] == ["queued", "started", "progress", "succeeded"]
    assert (await jobs.get("a")).attempts[0].started == running.attempts[0].started
    assert await jobs.input_of("a") == ASKED
    await check(jobs, "a")


async def test_a_job_that_waits_in_memory_moves_too_and_can_be_begun(jobs: SqlJobs) -> None:
    adopted = await jobs.adopt(record(), ASKED, (Event(seq=1, kind="queued", data={}),), KEY)
    again = await jobs.adopt(record("b"), ASKED, (), KEY)

    assert adopted.fresh and (again.fresh, again.record.id) == (False, "a")
    assert [job.id for job in await jobs.waiting(9)] == ["a"]
    assert await jobs.start("a", "one", 2.0) is not None
    await check(jobs, "a")


async def test_numbers_that_json_does_not_know_are_refused_and_nothing_is_kept(jobs: SqlJobs) -> None:
    await begun(jobs)
    with pytest.raises(NotFinite):
        await jobs.finish("a", 1, replace(DONE, output={"x": float("nan")}))
    with pytest.raises(NotFinite):
        await jobs.note("a", 1, "log", {"x": float("inf")})

    assert (await jobs.get("a")).status == "running"
    await check(jobs, "a")
