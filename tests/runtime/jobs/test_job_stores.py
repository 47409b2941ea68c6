"""What the protocol JobStore promises, of every store that we have."""

import asyncio
from dataclasses import replace

import pytest
from job_tools import BROKEN, DONE, QUICK_S, begun, events, record

from rung.runtime.errors import NotFound
from rung.runtime.jobs import Attempt, Ending, Failure, JobStore, Progress
from rung.runtime.spec import Cost, Policy, Provenance

CALL = Provenance(
    task="segment", variant="sam2-tiny", kind="real", node="here", device="cpu", precision="fp32", seed=None,
    queue_s=0.1, load_s=0.25, run_s=1 / 3, peak_bytes=2**40, cost=Cost(amount=0.01), degraded_from=None,
    reason="the best rung", cached=("embedding",),
)  # fmt: skip


async def test_a_new_job_is_kept_as_it_came(store: JobStore) -> None:
    asked = record(
        scope="key-1", priority=-1, deadline_s=12.5, deadline_at=13.5, callback="https://example.com/x",
        request="req", policy=Policy(seed=7, allow_mock=False), warnings=("large",),
    )  # fmt: skip
    await store.create(asked)

    assert replace(await store.get("a"), durable=False) == asked


async def test_a_run_has_an_epoch_and_an_attempt(store: JobStore) -> None:
    started = await begun(store)

    assert (started.status, started.epoch, started.started) == ("running", 1, 2.0)
    assert started.attempts == (Attempt(number=1, server="one", started=2.0),)
    assert await store.get("a") == started


async def test_a_job_is_begun_once(store: JobStore) -> None:
    await begun(store)

    assert await store.start("a", "two", 3.0) is None
    assert (await store.get("a")).attempts[0].server == "one"


async def test_the_end_of_a_run_is_all_that_it_came_to(store: JobStore) -> None:
    await begun(store)
    await store.finish("a", 1, replace(DONE, provenance=(CALL,), warnings=("w",)))
    job = await store.get("a")

    assert (job.status, job.finished, job.output) == ("succeeded", 9.0, {"sum": 3})
    assert (job.provenance, job.warnings) == ((CALL,), ("w",))
    assert job.progress == Progress(stage="done", frac=1.0)
    assert job.attempts == (Attempt(number=1, server="one", started=2.0, ended=9.0, outcome="succeeded"),)


async def test_a_failure_is_told_in_the_row_the_attempt_and_the_event(store: JobStore) -> None:
    await begun(store)
    await store.report("a", 1, Progress(stage="half", frac=0.5))
    odd = Failure(code="model-failed", message="nul \0 and a lone \ud800", details={"n": [1, None, "\0"]})
    done = await store.finish("a", 1, replace(BROKEN, error=odd))

    assert done == await store.get("a")
    assert done is not None and done.error == odd and done.progress == Progress(stage="half", frac=0.5)
    assert (done.attempts[0].outcome, done.attempts[0].detail) == ("failed", odd.message)
    assert (await events(store))[-1].data == {"error": "model-failed"}


async def test_events_are_numbered_from_one_and_end_with_the_end(store: JobStore) -> None:
    await begun(store)
    await store.report("a", 1, Progress(stage="paint", frac=0.123456))
    await store.note("a", 1, "log", {"text": "waits for memory"})
    await store.finish("a", 1, DONE)

    assert [(e.seq, e.kind, e.data) for e in await events(store)] == [
        (1, "queued", {}),
        (2, "started", {"attempt": 1}),
        (3, "progress", {"stage": "paint", "frac": 0.1235}),
        (4, "log", {"text": "waits for memory"}),
        (5, "succeeded", {}),
    ]
    assert [e.seq for e in await events(store, after=3)] == [4, 5]
    assert await events(store, after=10_000) == []


async def test_an_older_run_writes_nothing(store: JobStore) -> None:
    running = await begun(store)
    told = (
        await store.report("a", 0, Progress(stage="old", frac=0.9)),
        await store.note("a", 2, "log", {}),
        await store.finish("a", 0, DONE),
        await store.report("unknown", 1, Progress()),
    )

    assert told == (False, False, None, False)
    assert await store.get("a") == running


async def test_an_ended_job_is_final(store: JobStore) -> None:
    await begun(store)
    done = await store.finish("a", 1, DONE)
    told = (
        await store.start("a", "two", 10.0),
        await store.report("a", 1, Progress(stage="late", frac=0.1)),
        await store.note("a", 1, "log", {}),
        await store.finish("a", 1, BROKEN),
        await store.drop("a", BROKEN),
        await store.cancel("a", 11.0),
    )

    assert told == (None, False, False, None, None, done)
    assert await store.get("a") == done
    assert len(await events(store)) == 3


async def test_cancelling_a_job_that_waits_ends_it(store: JobStore) -> None:
    await store.create(record())
    job = await store.cancel("a", 5.0)

    assert (job.status, job.cancel, job.finished, job.attempts) == ("canceled", True, 5.0, ())
    assert job.error is not None and job.error.code == "cancelled"
    assert [e.kind for e in await events(store)] == ["queued", "canceled"]
    assert await store.start("a", "one", 6.0) is None


async def test_cancelling_a_job_that_runs_marks_it_until_its_run_ends(store: JobStore) -> None:
    await begun(store)
    asked = await store.cancel("a", 5.0)
    again = await store.cancel("a", 6.0)
    done = await store.finish("a", 1, Ending(status="canceled", finished=7.0, error=BROKEN.error))

    assert (asked.status, asked.cancel, again) == ("running", True, asked)
    assert done is not None and (done.status, done.cancel) == ("canceled", True)


async def test_a_job_can_end_without_being_begun(store: JobStore) -> None:
    late = Ending(status="expired", finished=4.0, error=Failure(code="deadline", message="too late"))
    await store.create(record())
    dropped = await store.drop("a", late)

    assert dropped == await store.get("a")
    assert dropped is not None and (dropped.status, dropped.error) == ("expired", late.error)
    assert (dropped.attempts, dropped.cancel) == ((), False)
    assert [(e.kind, e.data) for e in await events(store)][-1] == ("expired", {"error": "deadline"})


@pytest.mark.parametrize("name", ["unknown", "", "x\0y", "\ud800", "é", "%' OR 1=1 --"])
async def test_an_unknown_id_is_not_found(store: JobStore, name: str) -> None:
    for asked in (store.get(name), store.start(name, "one", 1.0), store.cancel(name, 1.0), store.drop(name, DONE)):
        with pytest.raises(NotFound):
            await asked
    with pytest.raises(NotFound):
        await events(store, name)


async def test_events_are_followed_while_they_come(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rung.runtime.jobs.sql.POLL_S", 60.0)  # what is written here needs no looking
    await begun(store)
    seen: list[int] = []
    three = asyncio.Event()

    async def follow() -> None:
        async for event in store.events("a"):
            seen.append(event.seq)
            if event.seq == 3:
                three.set()

    following = asyncio.ensure_future(follow())
    await store.note("a", 1, "log", {})
    await asyncio.wait_for(three.wait(), QUICK_S)
    await store.finish("a", 1, DONE)

    await asyncio.wait_for(following, QUICK_S)
    assert seen == [1, 2, 3, 4]


async def test_many_events_are_bounded_and_the_end_is_never_lost(store: JobStore) -> None:
    await begun(store)
    for _ in range(1100):
        await store.note("a", 1, "log", {})
    await store.finish("a", 1, DONE)

    seen = await events(store)

    assert len(seen) == 1000
    assert (seen[-1].kind, seen[-1].seq) == ("succeeded", 1103)


async def test_jobs_are_listed_newest_first_by_state_and_by_key(store: JobStore) -> None:
    for n in range(4):
        await store.create(record(f"j{n}", created=float(n), scope=f"key{n % 2}"))
    running = await store.start("j1", "one", 9.0)

    async def listed(**by: object) -> list[str]:
        return [one.id for one in await store.list(**by)]  # type: ignore[arg-type]

    assert await listed() == ["j3", "j2", "j1", "j0"]
    assert await listed(limit=2) == ["j3", "j2"]
    assert await listed(status="queued", scope="key1") == ["j3"]
    assert await store.list(status="running") == (running,)
    assert (dict(await store.count()), (await store.count())["failed"]) == ({"queued": 3, "running": 1}, 0)
