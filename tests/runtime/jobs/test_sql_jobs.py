"""What only the durable store promises: keys, moves from memory, runs of several servers, what is kept how long."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from job_tools import BROKEN, DONE, QUICK_S, begun, check, events, on, opened, record, until

from rung.runtime.errors import Conflict, KeyReused, NotFinite, NotFound
from rung.runtime.jobs import Ending, Event, Failure, JobRecord, MemoryJobs, Progress, life
from rung.runtime.jobs.codec import columns_of, record_of
from rung.runtime.jobs.idempotency import KEY_S, Idempotency
from rung.runtime.jobs.leases import Lease, LeaseWatch
from rung.runtime.jobs.life import LOSSES
from rung.runtime.jobs.outbox import HELD_S, SqlOutbox, hand_out
from rung.runtime.jobs.sql import SqlJobs, StoredInput
from rung.runtime.spec import Cost, Policy, Provenance
from rung.runtime.store import Transaction, Value

ASKED = StoredInput(json.dumps({"points": []}), ("f1", "f2"))
KEY = Idempotency(key="k", scope="mine", fingerprint="same")
FAR = 1e12


async def lost(jobs: SqlJobs, name: str = "a", now: float = 5.0, **more: object) -> bool:
    epoch = (await jobs.get(name)).epoch
    return await jobs.take_back(name, epoch, outcome="lost", detail="silent", now=now, **more)  # type: ignore[arg-type]


# --- what is taken in ---------------------------------------------------------------------------------------------


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


# --- what is run --------------------------------------------------------------------------------------------------


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


def lease(beat: int, job: str = "a", epoch: int = 1) -> Lease:
    return Lease(job=job, epoch=epoch, server="two", beat=beat)


def test_a_lease_lapses_when_its_beat_has_stood_still_for_so_long() -> None:
    watch = LeaseWatch(15.0)
    seen = [watch.observe([lease(beat)], now) for beat, now in [(7, 100.0), (7, 114.9), (8, 115.0), (8, 129.9)]]

    assert seen == [(), (), (), ()]
    assert watch.observe([lease(8)], 130.0) == (lease(8),)


def test_each_run_has_its_own_grace_and_one_that_went_is_forgotten() -> None:
    watch = LeaseWatch(15.0)
    watch.observe([lease(3)], 0.0)
    other = watch.observe([lease(3, epoch=2), lease(3, "b")], 16.0)
    back = watch.observe([lease(3)], 20.0)

    assert (other, back) == ((), ())
    assert watch.observe([lease(3)], 35.0) == (lease(3),)


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


# --- what is kept -------------------------------------------------------------------------------------------------


async def test_a_job_that_ended_can_be_asked_for_again(jobs: SqlJobs) -> None:
    asked = record(scope="mine", priority=1, deadline_s=60.0, deadline_at=61.0, policy=Policy(seed=3), request="r")
    await jobs.accept(asked, ASKED)
    with pytest.raises(Conflict, match="queued"):
        await jobs.retry("a", "b", 50.0)
    await jobs.start("a", "one", 2.0)
    await jobs.finish("a", 1, BROKEN)
    again = await jobs.retry("a", "b", 50.0)

    assert again == await jobs.get("b") == replace(asked, id="b", created=50.0, deadline_at=110.0, durable=True)
    assert await jobs.input_of("b") == ASKED and [job.id for job in await jobs.waiting(9)] == ["b"]
    with pytest.raises(NotFound):
        await jobs.retry("unknown", "c", 50.0)


async def test_a_job_whose_input_went_is_not_asked_for_again(jobs: SqlJobs) -> None:
    await jobs.accept(record(), ASKED)
    await jobs.cancel("a", 5.0)
    await jobs.prune(100.0, keep_s=1000.0, keep_inputs_s=10.0)

    with pytest.raises(Conflict, match="send the request again"):
        await jobs.retry("a", "b", 50.0)
    with pytest.raises(NotFound):
        await jobs.input_of("a")


async def test_only_jobs_that_ended_are_deleted_and_only_files_that_nobody_refers_to(jobs: SqlJobs) -> None:
    await jobs.accept(record("a"), ASKED)
    await jobs.accept(record("b"), StoredInput("{}", ("f2", "f3")))
    with pytest.raises(Conflict, match="cancel it first"):
        await jobs.delete("a")
    await jobs.cancel("a", 5.0)

    assert await jobs.delete("a") == ("f1",)
    assert await jobs.pinned() == {"f2", "f3"}
    with pytest.raises(NotFound):
        await jobs.get("a")


async def test_what_was_kept_for_long_enough_goes_and_nothing_that_has_not_ended(jobs: SqlJobs) -> None:
    for name, finished in [("old", 10.0), ("recent", 90.0)]:
        await jobs.accept(record(name), StoredInput("{}", (name, "shared")), replace(KEY, key=name))
        await jobs.start(name, "one", 2.0)
        await jobs.finish(name, 1, replace(DONE, finished=finished))
    await jobs.accept(record("running", created=0.0), StoredInput("{}", ("running",)))
    await jobs.start("running", "one", 2.0)
    nothing = await jobs.prune(50.0, keep_s=100.0, keep_inputs_s=50.0)
    inputs = await jobs.prune(60.0, keep_s=100.0, keep_inputs_s=50.0)
    rows = await jobs.prune(1.0 + KEY_S, keep_s=KEY_S - 50.0, keep_inputs_s=KEY_S)

    assert (nothing.jobs, nothing.files, nothing.keys) == (0, (), 0)
    assert (inputs.jobs, inputs.files) == (0, ("old",))
    assert (rows.jobs, rows.files, rows.keys) == (1, (), 1)
    assert {job.id for job in await jobs.list()} == {"recent", "running"}
    assert await jobs.pinned() == {"running"}
    all_of_it = await jobs.prune(FAR, keep_s=0.0, keep_inputs_s=0.0)
    assert (all_of_it.jobs, all_of_it.files) == (1, ("recent", "shared"))
    assert (await jobs.get("running")).status == "running"


# --- who is told --------------------------------------------------------------------------------------------------


async def ended_with_callback(jobs: SqlJobs, name: str = "a") -> None:
    await begun(jobs, name, callback="https://example.com/hook")
    await jobs.finish(name, 1, DONE)


async def test_every_end_of_a_job_with_a_callback_leaves_one_message(url: str) -> None:
    async with opened(url) as database:
        jobs, box = SqlJobs(database, server="one"), SqlOutbox(database)
        await ended_with_callback(jobs, "finished")
        await jobs.finish("finished", 1, BROKEN)
        for name in ("dropped", "cancelled"):
            await jobs.create(record(name, callback="https://example.com/hook"))
        await jobs.cancel("cancelled", 9.0)
        await jobs.drop("dropped", Ending(status="expired", finished=9.0, error=BROKEN.error))
        await begun(jobs, "taken", callback="https://example.com/hook", deadline_at=1.0)
        await lost(jobs, "taken", now=9.0)
        await begun(jobs, "silent")
        await jobs.finish("silent", 1, DONE)
        told = {message.job: json.loads(message.body) for message in await box.due(9.0, 99)}

        assert {name: body["type"] for name, body in told.items()} == {
            "finished": "job.succeeded", "dropped": "job.expired", "cancelled": "job.canceled", "taken": "job.expired",
        }  # fmt: skip
        assert told["finished"] == {
            "type": "job.succeeded",
            "timestamp": "1970-01-01T00:00:09.000+00:00",
            "data": {
                "id": "finished", "app": "toy", "operation": "sum", "status": "succeeded", "created": 1.0,
                "started": 2.0, "finished": 9.0, "error": None,
                "urls": {"self": "/v1/jobs/finished", "events": "/v1/jobs/finished/events"},
            },
        }  # fmt: skip
        assert told["dropped"]["data"]["error"] == {"code": "model-failed", "message": "the model raised"}


async def test_a_message_is_handed_out_once_at_a_time_under_one_id(url: str) -> None:
    async with opened(url) as one, opened(url) as two:
        jobs = SqlJobs(one, server="one")
        await ended_with_callback(jobs)
        mine, theirs = await asyncio.gather(SqlOutbox(one).due(9.0, 9), SqlOutbox(two).due(9.0, 9))
        (message,) = (*mine, *theirs)
        await SqlOutbox(one).failed(message.id, "no answer \0", 30.0)
        early = await SqlOutbox(two).due(29.9, 9)
        (again,) = await SqlOutbox(two).due(30.0, 9)
        held = await SqlOutbox(one).due(30.0 + HELD_S - 0.1, 9)
        (abandoned,) = await SqlOutbox(one).due(30.0 + HELD_S, 9)

        assert (early, held) == ((), ())
        assert message.id.startswith("msg_") and message.id == again.id == abandoned.id
        assert (message.attempts, again.attempts, again.error, again.body) == (0, 1, "no answer \0", message.body)


@pytest.mark.parametrize("given_up", [False, True])
async def test_a_message_that_is_done_with_is_not_due_and_what_became_of_it_is_known(url: str, given_up: bool) -> None:
    async with opened(url) as database:
        box = SqlOutbox(database)
        await ended_with_callback(SqlJobs(database, server="one"))
        (message,) = await box.due(9.0, 9)
        await (box.given_up(message.id, "gone") if given_up else box.delivered(message.id))
        await box.failed(message.id, "late", 1.0)

        (known,) = await box.of("a")
        assert await box.due(FAR, 9) == ()
        assert (known.state, known.error) == (("given-up", "gone") if given_up else ("delivered", ""))


# --- values -------------------------------------------------------------------------------------------------------

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
CALLS = st.builds(
    Provenance, task=TEXT, variant=TEXT, kind=st.just("mock"), node=TEXT, device=TEXT, precision=st.just("none"),
    seed=st.none() | st.integers(), queue_s=FINITE, load_s=FINITE, run_s=FINITE,
    peak_bytes=st.none() | st.integers(), cost=st.builds(Cost, amount=FINITE, currency=TEXT),
    degraded_from=st.none() | TEXT, reason=TEXT, step=TEXT, cached=st.lists(TEXT, max_size=2).map(tuple),
    attempts=st.integers(),
)  # fmt: skip
RECORDS = st.builds(
    JobRecord, id=st.just("a"), app=st.just("toy"), operation=st.just("sum"), created=FINITE,
    status=st.just("succeeded"), started=st.none() | FINITE, finished=st.none() | FINITE,
    progress=st.builds(Progress, stage=TEXT, frac=FINITE), output=st.none() | OBJECTS,
    error=st.none() | st.builds(Failure, code=TEXT, message=TEXT, retryable=st.booleans(), details=OBJECTS),
    provenance=st.lists(CALLS, max_size=2).map(tuple), warnings=st.lists(TEXT, max_size=2).map(tuple),
    policy=st.builds(Policy, variant=TEXT, seed=st.none() | st.integers(), allow_mock=st.none() | st.booleans()),
    deadline_s=FINITE, cancel=st.booleans(), priority=st.integers(-1, 1), deadline_at=st.none() | FINITE,
    epoch=st.integers(0, 2**40), durable=st.just(True),
)  # fmt: skip


@given(RECORDS)
def test_a_record_comes_back_from_its_columns_as_it_was(job: JobRecord) -> None:
    assert record_of(columns_of(job), ()) == job


@given(job=RECORDS)
@settings(max_examples=30, deadline=None)
def test_a_record_comes_back_from_postgres_as_it_was(postgres_server: object, job: JobRecord) -> None:
    asyncio.run(_there_and_back(_shared(postgres_server), job))


@given(job=RECORDS)
@settings(max_examples=30, deadline=None)
def test_a_record_comes_back_from_sqlite_as_it_was(tmp_path_factory: pytest.TempPathFactory, job: JobRecord) -> None:
    asyncio.run(_there_and_back(str(tmp_path_factory.getbasetemp() / "round-trip.db"), job))


def _shared(server: object) -> str:
    return server.url()  # type: ignore[attr-defined,no-any-return]


async def _there_and_back(url: str, job: JobRecord) -> None:
    async with on(url) as jobs:
        await jobs.create(job)
        try:
            assert await jobs.get("a") == job
        finally:
            await jobs.delete("a")


# --- between two statements of another server ---------------------------------------------------------------------


class Between:
    """A transaction in which another server gets in, once, just before the first change of a row."""

    def __init__(self, tx: Transaction, url: str, sql: str) -> None:
        self._tx = tx
        self._url = url
        self._sql = sql

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Mapping[str, Any]]:
        self._let_in(sql)
        return self._tx.rows(sql, parameters)

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        self._let_in(sql)
        return self._tx.run(sql, parameters)

    def _let_in(self, sql: str) -> None:
        if self._sql and sql.startswith("UPDATE"):
            with psycopg.connect(self._url, autocommit=True) as db:
                db.execute(self._sql.encode())
            self._sql = ""


async def test_a_cancel_that_comes_while_a_job_is_taken_back_is_not_lost(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        jobs = SqlJobs(database, server="one")
        await begun(jobs)

        def deed(tx: Transaction) -> bool:
            between = Between(tx, postgres_url, "UPDATE jobs SET cancel = 1 WHERE status = 'running'")
            return life.take_back(between, "a", 1, outcome="lost", detail="", now=5.0)

        assert not await database.write(deed)
        assert ((await jobs.get("a")).status, await lost(jobs)) == ("running", True)
        assert (await jobs.get("a")).status == "canceled"


async def test_a_job_that_is_begun_while_it_is_cancelled_is_marked(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        jobs = SqlJobs(database, server="one")
        await jobs.create(record())
        begin = "UPDATE jobs SET status = 'running', epoch = 1"
        job = await database.write(lambda tx: life.cancel(Between(tx, postgres_url, begin), "a", 5.0))

        assert (job.status, job.cancel) == ("running", True)


async def test_a_job_that_another_server_begins_at_the_same_moment_is_not_begun_twice(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        await SqlJobs(database, server="one").create(record())
        begin = "UPDATE jobs SET status = 'running', epoch = 1"
        begun = await database.write(lambda tx: life.start(Between(tx, postgres_url, begin), "a", "one", 5.0))

        assert begun is None


async def test_a_message_that_another_server_takes_at_the_same_moment_is_not_handed_out_twice(
    postgres_url: str,
) -> None:
    async with opened(postgres_url) as database:
        await ended_with_callback(SqlJobs(database, server="one"))
        taken = "UPDATE outbox SET due = 1000"
        handed = await database.write(lambda tx: hand_out(Between(tx, postgres_url, taken), 9.0, 9))

        assert handed == ()
