import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from toy_app import FailIn, FakeCaller, PaintIn, SleepIn, SumIn, encoded, runner_of, settings

from rung.runtime.errors import Draining, NotFound, QueueFull
from rung.runtime.jobs import JobRecord
from rung.runtime.logs.events import fields_of
from rung.runtime.runner import Runner, Terms
from rung.runtime.runner.admission import HELD_BYTES
from rung.runtime.spec import Policy
from rung.runtime.tasks import Picture

RUNNING = 16


def photo(data: bytes = b"") -> Picture:
    return Picture(data=data or encoded(), key="0" * 64, width=4, height=3, media_type="image/png")


@pytest_asyncio.fixture
async def caller() -> FakeCaller:
    return FakeCaller()


@pytest_asyncio.fixture
async def runner(tmp_path: Path, caller: FakeCaller) -> AsyncIterator[Runner]:
    async with runner_of(settings(tmp_path, max_queue=RUNNING + 4), caller) as made:
        yield made
    assert made.open_jobs == 0


async def ended(runner: Runner, operation: str, input: object, **more: object) -> JobRecord:
    record = await runner.submit("toy", operation, input, Terms(**more))  # type: ignore[arg-type]
    return await runner.wait(record.id, 5)


async def kinds(runner: Runner, job_id: str) -> list[str]:
    return [event.kind async for event in runner.jobs.events(job_id)]


async def test_a_job_keeps_its_files_provenance_warnings_and_times(runner: Runner) -> None:
    record = await ended(runner, "paint", PaintIn(image=photo()), warnings=("said before",))

    assert record.status == "succeeded" and record.output is not None
    assert record.warnings == ("said before", "painted with a broad brush")
    assert [one.variant for one in record.provenance] == ["echo-1"]
    assert record.started and record.finished and record.created <= record.started <= record.finished
    assert await runner.artifacts.read(record.output["image"]["file"]) == encoded(5, 2)
    assert (record.output["parts"], record.output["box"]) == ([], [0, 0, 1, 1])
    assert (record.progress.stage, record.progress.frac) == ("done", 1.0)
    assert await kinds(runner, record.id) == ["queued", "started", "progress", "succeeded"]


async def test_the_callers_policy_reaches_the_calls(runner: Runner, caller: FakeCaller) -> None:
    await ended(runner, "paint", PaintIn(image=photo()), policy=Policy(seed=3))

    assert caller.policies == [Policy(seed=3)]


async def test_cancelling_ends_the_pipelines_calls(runner: Runner, caller: FakeCaller) -> None:
    record = await runner.submit("toy", "sleep", SleepIn())
    await asyncio.wait_for(caller.hanging.wait(), 5)

    record = await runner.cancel(record.id)

    assert (record.status, record.cancel, caller.cancelled) == ("canceled", True, 1)
    assert record.error is not None and record.error.code == "cancelled"


async def test_a_job_still_queued_is_cancelled_without_having_started(runner: Runner) -> None:
    running = [await runner.submit("toy", "sleep", SleepIn()) for _ in range(RUNNING)]
    waiting = await runner.submit("toy", "sum", SumIn(points=[]))
    await asyncio.sleep(0)

    record = await runner.cancel(waiting.id)

    assert (record.status, record.started) == ("canceled", None)
    assert await kinds(runner, record.id) == ["queued", "canceled"]
    assert (await runner.jobs.get(running[0].id)).status == "running"


async def test_a_deadline_expires_the_job_and_cancels_its_calls(runner: Runner, caller: FakeCaller) -> None:
    record = await ended(runner, "sleep", SleepIn(), deadline_s=0.05)

    assert (record.status, caller.cancelled) == ("expired", 1)
    assert record.error is not None and record.error.code == "deadline" and "0.05 s" in record.error.message


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [("no-rung", "failed", "no-rung"), ("bug", "failed", "internal"), ("nan", "failed", "nan-output"),
     ("group", "failed", "model-failed"), ("cancelled", "failed", "internal"), ("deadline", "expired", "deadline")],
)  # fmt: skip
async def test_an_error_ends_its_own_job_with_a_code(
    runner: Runner, caplog: pytest.LogCaptureFixture, how: str, status: str, code: str
) -> None:
    record = await ended(runner, "fail", FailIn(how=how))

    assert record.error is not None
    assert (record.status, record.error.code, record.output) == (status, code, None)
    assert "secret" not in record.error.message
    logged = [fields_of(line).get("job") for line in caplog.records if line.exc_info]
    assert logged == ([record.id] if code == "internal" else []), "what is hidden from the caller stands in the log"


async def test_a_full_queue_refuses_by_number_and_by_bytes(runner: Runner) -> None:
    whole = photo(bytes(16))
    object.__setattr__(whole, "data", _Huge())
    await runner.submit("toy", "sleep", SleepIn())
    big = await runner.submit("toy", "size", runner.operation("toy", "size").input(image=whole))
    with pytest.raises(QueueFull, match="bytes of pictures"):
        await runner.submit("toy", "size", runner.operation("toy", "size").input(image=whole))
    await runner.wait(big.id, 5)

    for _ in range(RUNNING + 3):
        await runner.submit("toy", "sleep", SleepIn())
    with pytest.raises(QueueFull, match=r"server\.max_queue"):
        await runner.submit("toy", "sleep", SleepIn())


async def test_whoever_is_refused_is_told_to_come_back_when_those_ahead_have_moved_on(runner: Runner) -> None:
    long = runner.operation("toy", "sleep")
    for _ in range(runner._settings.server.max_queue):
        await runner.submit("toy", long.name, SleepIn())
    runner._history.add("toy/sleep", 30.0)
    runner._history.add("toy/sum", 0.001)

    with pytest.raises(QueueFull) as refused:
        await runner.submit("toy", "sum", SumIn(points=[(1, 1, 1)]))

    assert refused.value.details["retry_after_s"] == 30.0 / RUNNING


class _Huge(bytes):
    """Bytes that claim a length without having it."""

    def __len__(self) -> int:
        return HELD_BYTES


async def test_draining_lets_short_jobs_end_and_cancels_the_rest(runner: Runner) -> None:
    short = await runner.submit("toy", "sum", SumIn(points=[(1, 1, 1)]))
    long = await runner.submit("toy", "sleep", SleepIn())

    await asyncio.wait_for(runner.drain(grace_s=0.2), 5)

    assert (await runner.jobs.get(short.id)).status == "succeeded"
    record = await runner.jobs.get(long.id)
    assert record.status == "canceled" and record.error is not None and "went down" in record.error.message
    with pytest.raises(Draining):
        await runner.submit("toy", "sum", SumIn(points=[]))


async def test_an_unknown_operation_is_named_with_those_there_are(runner: Runner) -> None:
    with pytest.raises(NotFound, match=r"toy/sum"):
        await runner.submit("toy", "none", SumIn(points=[]))
    with pytest.raises(NotFound):
        await runner.submit("none", "sum", SumIn(points=[]))
