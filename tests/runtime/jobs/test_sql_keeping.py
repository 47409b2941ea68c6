"""What is kept of jobs that have ended, and for how long."""

from dataclasses import replace

import pytest
from job_tools import ASKED, BROKEN, DONE, FAR, KEY, record

from rung.runtime.errors import Conflict, NotFound
from rung.runtime.jobs.idempotency import KEY_S
from rung.runtime.jobs.sql import SqlJobs, StoredInput
from rung.runtime.spec import Policy


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
