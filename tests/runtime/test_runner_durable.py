"""What is accepted is on disk first, survives its server, and ends once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from toy_app import TOY, AnyIn, FakeCaller, PaintIn, SleepIn, SumIn, encoded, settings

from rung.runtime.app import Limits, Unread
from rung.runtime.errors import Conflict, DeadlineUnreachable, DiskFull, KeyReused, QueueFull, StoreError
from rung.runtime.jobs import Artifacts, JobRecord, MemoryJobs
from rung.runtime.jobs.estimate import ENOUGH
from rung.runtime.jobs.schema import JOBS
from rung.runtime.jobs.sql import SqlJobs
from rung.runtime.runner import Durable, Runner, Terms, live, pulse
from rung.runtime.runner.stored import decode, encode
from rung.runtime.server.pictures import read_picture
from rung.runtime.settings import JobSettings, Settings
from rung.runtime.store import Database, open_database

KEEP = Terms(keep=True)


@dataclass
class Life:
    """One life of a server over a folder."""

    runner: Runner
    caller: FakeCaller
    jobs: SqlJobs
    inputs: Artifacts
    ended: list[JobRecord]
    database: Database


@asynccontextmanager
async def life(
    folder: Path, *, sole: bool = True, made: Settings | None = None, server: str = "one", min_free: int = 0
) -> AsyncIterator[Life]:
    made = made or settings(folder)
    database = open_database(str(folder / "rung.db"), (JOBS,))
    jobs, caller, ended = SqlJobs(database, server=server), FakeCaller(), []
    inputs = Artifacts(folder / "inputs", min_free=min_free)
    durable = Durable(jobs=jobs, inputs=inputs, sole=sole)
    artifacts = Artifacts(folder / "artifacts")
    runner = Runner([TOY], caller, MemoryJobs(), artifacts, made, durable=durable, server=server, ended=ended.append)
    try:
        async with runner:
            yield Life(runner, caller, jobs, inputs, ended, database)
    finally:
        await database.close()


async def until(found: Callable[[], Awaitable[object]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await found():
            await asyncio.sleep(0.005)


async def photo() -> PaintIn:
    return PaintIn(image=await read_picture(encoded(), "image", Limits()))


async def kinds(runner: Runner, job_id: str) -> list[str]:
    return [event.kind async for event in runner.jobs.events(job_id) if event.kind != "log"]


def lost(runner: Runner) -> None:
    """The server dies: nothing is given back, nothing is written any more."""
    for entry in runner.desk:
        assert entry.task is not None
        entry.settled = True  # so that the drain at the end of the test does not touch it
        entry.stopped = "fenced"
        entry.task.cancel()


async def test_a_kept_job_is_on_disk_when_it_is_accepted_and_has_its_output_when_it_ended(tmp_path: Path) -> None:
    async with life(tmp_path) as first:
        record = await first.runner.submit("toy", "paint", await photo(), KEEP)
        assert (await first.jobs.get(record.id)).durable
        done = await first.runner.wait(record.id, 5)
    async with life(tmp_path) as second:
        again = await second.runner.jobs.get(record.id)

        assert done.status == again.status == "succeeded"
        assert again.output == done.output and again.output is not None
        assert await second.runner.artifacts.read(again.output["image"]["file"]) == encoded(5, 2)
        assert [a.outcome for a in again.attempts] == ["succeeded"]
        assert await kinds(second.runner, record.id) == ["queued", "started", "progress", "succeeded"]
        assert [one.id for one in first.ended] == [record.id]


async def test_a_kept_job_remembers_which_of_its_urls_gave_no_picture() -> None:
    picture, lost = (await photo()).image, Unread(code="fetch-failed", message="answered 404")
    asked, alone = AnyIn(images=[picture, lost]), AnyIn(images=[lost])

    async def read(key: str) -> bytes:
        assert key == picture.key
        return picture.data

    assert await decode(encode(asked), AnyIn, read) == asked
    assert await decode(encode(alone), AnyIn, read) == alone


async def test_a_job_that_nobody_asked_to_keep_never_touches_the_database(tmp_path: Path) -> None:
    async with life(tmp_path) as here:
        record = await here.runner.submit("toy", "sum", SumIn(points=[(1, 2, 1)]))
        done = await here.runner.wait(record.id, 5)

        assert done.status == "succeeded" and not done.durable
        assert await here.jobs.list() == ()


async def test_a_job_that_ran_when_its_server_died_is_run_again_by_the_next_one(tmp_path: Path) -> None:
    async with life(tmp_path) as first:
        record = await first.runner.submit("toy", "sleep", SleepIn(), KEEP)
        await first.caller.hanging.wait()
        lost(first.runner)
    async with life(tmp_path, server="two") as second:
        await second.caller.hanging.wait()
        now = await second.runner.jobs.get(record.id)
        cancelled = await second.runner.cancel(record.id)

    assert (now.status, now.epoch) == ("running", 2)
    assert [(a.server, a.outcome) for a in cancelled.attempts] == [("one", "lost"), ("two", "canceled")]
    assert await kinds_of(tmp_path, record.id) == [
        "queued", "started", "progress", "requeued", "started", "progress", "canceled"
    ]  # fmt: skip


async def kinds_of(folder: Path, job_id: str) -> list[str]:
    async with life(folder, server="reader") as reader:
        return await kinds(reader.runner, job_id)


async def test_jobs_that_waited_when_the_server_ended_are_begun_by_the_next_one_in_any_number(tmp_path: Path) -> None:
    made = settings(tmp_path, max_queue=100)
    narrow = replace(made, server=replace(made.server, max_running=2))
    async with life(tmp_path, made=narrow) as first:
        held = [await first.runner.submit("toy", "sleep", SleepIn(), KEEP) for _ in range(2)]
        rest = [await first.runner.submit("toy", "sum", SumIn(points=[(n, 0, 1)]), KEEP) for n in range(30)]
        await first.caller.hanging.wait()
    async with life(tmp_path, made=narrow, server="two") as second:
        for record in held:
            await until(lambda r=record: running(second.jobs, r.id))  # type: ignore[misc]
            await second.runner.cancel(record.id)
        done = [await second.runner.wait(record.id, 10) for record in rest]

    assert [d.output["total"] for d in done if d.output] == [float(n) for n in range(30)]
    assert {tuple(a.outcome for a in d.attempts) for d in done} == {("succeeded",)}


async def running(jobs: SqlJobs, job_id: str) -> bool:
    return (await jobs.get(job_id)).status == "running"


async def test_a_drained_server_gives_its_running_jobs_back_and_keeps_the_waiting_ones(tmp_path: Path) -> None:
    async with life(tmp_path) as first:
        record = await first.runner.submit("toy", "sleep", SleepIn(), KEEP)
        await first.caller.hanging.wait()
        await first.runner.drain(0.01)
        left = await first.jobs.get(record.id)

    assert left.status == "queued"
    assert [a.outcome for a in left.attempts] == ["released"]
    assert first.ended == []


async def test_a_call_that_outlives_its_wait_moves_to_disk_while_it_runs_and_loses_no_event(tmp_path: Path) -> None:
    async with life(tmp_path) as first:
        record = await first.runner.submit("toy", "sleep", SleepIn())
        await first.caller.hanging.wait()
        followed: list[str] = []

        async def follow() -> None:
            async for event in first.runner.jobs.events(record.id):
                followed.append(event.kind)

        following = asyncio.create_task(follow())
        await until(lambda: asyncio.sleep(0, result=len(followed) >= 2))
        assert await first.jobs.list() == ()
        await first.runner.keep(record.id)
        kept = await first.jobs.get(record.id)
        await first.runner.cancel(record.id)
        await following

    assert (kept.status, kept.epoch, kept.durable) == ("running", 1, True)
    assert followed[:2] == ["queued", "started"] and followed[-1] == "canceled"
    assert len(followed) == len(set(followed))


async def test_a_job_kept_while_it_waits_is_begun_once(tmp_path: Path) -> None:
    made = settings(tmp_path)
    async with life(tmp_path, made=replace(made, server=replace(made.server, max_running=1))) as here:
        first = await here.runner.submit("toy", "sleep", SleepIn())
        await here.caller.hanging.wait()
        second = await here.runner.submit("toy", "sum", SumIn(points=[(4, 0, 1)]))
        await here.runner.keep(second.id)
        assert (await here.jobs.get(second.id)).status == "queued"
        await here.runner.cancel(first.id)
        done = await here.runner.wait(second.id, 5)

    assert done.status == "succeeded" and done.epoch == 1


async def test_one_idempotency_key_is_one_job_however_often_and_however_close(tmp_path: Path) -> None:
    terms = Terms(idempotency="k1")
    async with life(tmp_path) as here:

        async def ask() -> str:
            try:
                return (await here.runner.submit("toy", "sum", SumIn(points=[(1, 1, 1)]), terms)).id
            except Conflict as busy:
                assert busy.details["retry_after_s"] == 1
                return "busy"

        answers = await asyncio.gather(*(ask() for _ in range(50)))
        later = await ask()
        kept = await here.jobs.list()
        with pytest.raises(KeyReused):
            await here.runner.submit("toy", "sum", SumIn(points=[(2, 2, 1)]), terms)
        other = await here.runner.submit("toy", "sum", SumIn(points=[(2, 2, 1)]), replace(terms, scope="other-key"))

    assert len(kept) == 1 and set(answers) <= {later, "busy"}
    assert other.id != later


async def test_a_cancellation_asked_of_the_database_reaches_the_server_that_runs_the_job(tmp_path: Path) -> None:
    async with life(tmp_path) as here:
        record = await here.runner.submit("toy", "sleep", SleepIn(), KEEP)
        await here.caller.hanging.wait()
        await here.jobs.cancel(record.id, time.time())
        done = await here.runner.wait(record.id, 5)

    assert done.status == "canceled"
    assert here.caller.cancelled == 1


async def test_a_server_that_was_given_up_for_dead_cannot_write_the_end(tmp_path: Path) -> None:
    async with life(tmp_path, sole=False) as stale:
        record = await stale.runner.submit("toy", "sleep", SleepIn(), KEEP)
        await stale.caller.hanging.wait()
        now = time.time()
        assert await stale.jobs.take_back(record.id, 1, outcome="lost", detail="not heard of", now=now)
        fresh = await stale.jobs.start(record.id, "other", now)
        assert fresh is not None and fresh.epoch == 2
        await until(lambda: asyncio.sleep(0, result=not stale.runner.desk.has(record.id)))
        still = await stale.jobs.get(record.id)

    assert (still.status, still.epoch) == ("running", 2)


async def test_what_a_dead_server_ran_is_taken_over_by_its_neighbour_when_its_lease_lapses(tmp_path: Path) -> None:
    made = replace(settings(tmp_path), jobs=JobSettings(lease_s=1.0))
    async with life(tmp_path, sole=False, made=made) as dead:
        record = await dead.runner.submit("toy", "sleep", SleepIn(), KEEP)
        await dead.caller.hanging.wait()
        assert dead.runner._pulse is not None
        dead.runner._pulse.cancel()
        async with life(tmp_path, sole=False, made=made, server="neighbour") as neighbour:
            await asyncio.wait_for(neighbour.caller.hanging.wait(), 10)
            taken = await neighbour.jobs.get(record.id)
            await neighbour.runner.cancel(record.id)
        lost(dead.runner)

    assert [(a.server, a.outcome) for a in taken.attempts] == [("one", "lost"), ("neighbour", "running")]


async def test_a_job_is_not_begun_when_the_fastest_run_known_would_end_too_late(tmp_path: Path) -> None:
    made = settings(tmp_path)
    async with life(tmp_path, made=replace(made, server=replace(made.server, max_running=1))) as here:
        for _ in range(ENOUGH):
            here.runner._history.add("toy/sum", 30.0)
        with pytest.raises(DeadlineUnreachable, match="never taken less than 30 s"):
            await here.runner.submit("toy", "sum", SumIn(points=[]), Terms(deadline_s=20.0, keep=True))
        assert await here.jobs.list() == ()
        hung = await here.runner.submit("toy", "sleep", SleepIn())
        await here.caller.hanging.wait()
        late = await here.runner.submit("toy", "sum", SumIn(points=[]), Terms(deadline_s=30.05, keep=True))
        done = await here.runner.wait(late.id, 5)
        await here.runner.cancel(hung.id)

    assert (done.status, done.started, done.attempts) == ("expired", None, ())
    assert done.error is not None and "not begun" in done.error.message


async def test_a_full_queue_says_when_to_come_back(tmp_path: Path) -> None:
    async with life(tmp_path, made=settings(tmp_path, max_queue=1)) as here:
        await here.runner.submit("toy", "sleep", SleepIn(), KEEP)
        with pytest.raises(QueueFull) as refused:
            await here.runner.submit("toy", "sum", SumIn(points=[]), KEEP)

        assert refused.value.details["retry_after_s"] >= 1
        assert len(await here.jobs.list()) == 1


async def test_a_disk_that_is_nearly_full_takes_nothing_and_says_so_before_accepting(tmp_path: Path) -> None:
    async with life(tmp_path, min_free=2**62) as here:
        with pytest.raises(DiskFull):
            await here.runner.submit("toy", "paint", await photo(), KEEP)

        assert await here.jobs.list() == ()
        assert here.runner.open_jobs == 0


async def test_a_folder_that_cannot_be_used_refuses_before_accepting_and_the_server_goes_on_looking_after_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pulse, "BEAT_S", 0.01)
    monkeypatch.setattr(pulse, "PRUNE_S", 0.0)
    async with life(tmp_path) as here:
        before = await here.runner.submit("toy", "paint", await photo(), KEEP)
        await here.runner.wait(before.id, 5)
        (tmp_path / "inputs").rename(tmp_path / "away")
        (tmp_path / "inputs").write_text("a file stands in the folder's place: nobody may write there, root neither")
        with pytest.raises(StoreError, match="folder of files"):
            await here.runner.submit("toy", "paint", await photo(), KEEP)
        assert [one.id for one in await here.jobs.list()] == [before.id] and here.runner.open_jobs == 0

        async def said_twice() -> bool:
            return sum("the jobs kept in" in one.getMessage() for one in caplog.records) >= 2

        await until(said_twice)
        done = await here.runner.wait((await here.runner.submit("toy", "sum", SumIn(points=[]), KEEP)).id, 5)
        assert done.status == "succeeded"


async def crammed(database: Database, pages: int) -> None:
    """The database's file may grow no further than that, beyond what it has; what it says meanwhile is not asked."""
    with suppress(StoreError):
        await database.write(lambda tx: [tx.rows(f"PRAGMA max_page_count = {pages}"), tx.rows("no statement")])


@pytest.mark.parametrize("sole", [True, False])
async def test_a_server_whose_own_database_takes_no_job_says_so_until_it_takes_one_again_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sole: bool
) -> None:
    monkeypatch.setattr(pulse, "BEAT_S", 0.01)
    async with life(tmp_path, sole=sole) as here:
        assert here.runner.amiss() == ""
        await crammed(here.database, 1)
        with pytest.raises(DiskFull):
            await here.runner.submit("toy", "sum", SumIn(points=[], note="x" * 200_000), KEEP)
        said = here.runner.amiss()
        waited = await here.runner.submit("toy", "sum", SumIn(points=[]))
        await here.runner.wait(waited.id, 5)
        await crammed(here.database, 10_000)

        async def well() -> bool:
            return not here.database.refused

        await until(well)
        assert ("no room" in said) == sole, "a database that others have is no worse elsewhere"
        assert here.runner.amiss() == ""


async def test_an_accepted_jobs_files_are_written_when_the_disk_takes_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live, "FINISH_AGAIN_S", 0.01)
    (tmp_path / "artifacts").mkdir()
    async with life(tmp_path) as here:
        await here.runner.artifacts.put(b"before", "text/plain")
        (tmp_path / "artifacts").rename(tmp_path / "away")
        (tmp_path / "artifacts").write_text("a file stands in the folder's place: nobody may write there, root neither")
        job = await here.runner.submit("toy", "paint", await photo(), KEEP)

        async def refused_twice() -> bool:
            return sum("cannot be written yet" in one.getMessage() for one in caplog.records) >= 2

        await until(refused_twice)
        assert (await here.jobs.get(job.id)).status == "running"
        (tmp_path / "artifacts").unlink()
        (tmp_path / "away").rename(tmp_path / "artifacts")
        done = await here.runner.wait(job.id, 5)

    assert done.status == "succeeded" and [one.outcome for one in done.attempts] == ["succeeded"]


async def test_an_ended_job_can_be_run_again_and_be_forgotten(tmp_path: Path) -> None:
    async with life(tmp_path) as here:
        first = await here.runner.submit("toy", "paint", await photo(), KEEP)
        with pytest.raises(Conflict):
            await here.runner.delete(first.id)
        await here.runner.wait(first.id, 5)
        again = await here.runner.retry(first.id)
        done = await here.runner.wait(again.id, 5)
        assert done.status == "succeeded" and again.id != first.id and done.output is not None
        for job in (first.id, again.id):
            await here.runner.delete(job)

        assert await here.jobs.list() == ()
        assert [f for f in (tmp_path / "inputs").iterdir() if f.is_file()] == []
