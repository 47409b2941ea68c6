from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from rung.runtime.engine import Engine, EngineAnswer
from rung.runtime.engine.engine import AHEAD_S
from rung.runtime.errors import (
    Cancelled,
    DeadlineExceeded,
    Draining,
    InvalidInput,
    LoadFailed,
    ModelFailed,
    NotFound,
    OutOfMemory,
    RungError,
    WorkerCrashed,
)
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Footprint, Placeable, Placement, Variant
from rung.runtime.testing import FakeSpawner, FakeWorker
from rung.runtime.workers.process import WorkerAnswer, WorkerCall

BUDGET = 100


def placement(name: str, peak: int = 40) -> Placement:
    footprint = Footprint(resident=peak)
    place = Placeable(device="cpu", precision="fp32", footprint=footprint)
    variant = Variant(name=name, task="compute", title=name, loader="m:C", runtime="onnx", kind="real", places=(place,))
    return Placement(variant=variant, device="cpu", precision="fp32", threads=1, footprint=footprint)


@asynccontextmanager
async def engine(
    spawner: FakeSpawner, *names: str, held: bool = False, ahead_s: float = AHEAD_S
) -> AsyncIterator[Engine]:
    placements = {name: placement(name) for name in names}
    if not held:
        spawner.hold.set()
    async with asyncio.timeout(10), Engine(placements, {"cpu": BUDGET}, 2, spawner, ahead_s=ahead_s) as running:
        yield running
        assert violations(running.scheduler) == []


async def ask(running: Engine, variant: str, value: object, seconds: float = 5.0) -> EngineAnswer:
    return await running.call(variant, value, deadline=time.monotonic() + seconds)


async def until(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0)


async def test_a_call_loads_its_variant_and_comes_back() -> None:
    async with engine(FakeSpawner(answer=lambda call: call.input * 2), "a") as running:
        answer = await ask(running, "a", 21)

    assert answer.output == 42
    assert answer.attempts == 1


async def test_many_calls_share_one_worker_and_each_gets_its_own_answer() -> None:
    spawner = FakeSpawner(answer=lambda call: call.input + 1)
    async with engine(spawner, "a") as running:
        answers = await asyncio.gather(*(ask(running, "a", i) for i in range(50)))

    assert [a.output for a in answers] == list(range(1, 51))
    assert len(spawner.workers) == 1


async def test_a_worker_has_its_next_batch_before_anybody_hears_of_the_last() -> None:
    spawner, seen = FakeSpawner(), []
    async with engine(spawner, "a", held=True, ahead_s=0) as running:
        calls = [asyncio.ensure_future(ask(running, "a", i)) for i in range(3)]
        for call in calls:
            call.add_done_callback(lambda _: seen.append(len(spawner.workers[0].batches)))
        await until(lambda: spawner.workers and spawner.workers[0].batches)
        spawner.hold.set()
        await asyncio.gather(*calls)

    assert seen == [2, 3, 3]


async def test_what_lies_ready_in_a_busy_worker_waits_still_and_is_begun_with_the_end_of_what_ran() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a", held=True) as running:
        first = asyncio.ensure_future(ask(running, "a", 0))
        await until(lambda: spawner.workers and spawner.workers[0].batches)
        spawner.hold.set()
        await first
        spawner.hold.clear()
        calls = [asyncio.ensure_future(ask(running, "a", i)) for i in range(1, 4)]
        await until(lambda: len(running.scheduler.seats["a"].queue) == 1)
        (row,) = running.status()
        given = list(spawner.workers[0].batches)
        spawner.hold.set()
        answers = await asyncio.gather(*calls)

    assert (row["running"], row["queued"], given) == (1, 2, [[0], [1], [2]])
    assert [(answer.output, answer.attempts) for answer in answers] == [(1, 1), (2, 1), (3, 1)]


async def test_a_third_variant_evicts_the_one_unused_for_longest() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a", "b", "c") as running:
        for name in ("a", "b", "a", "c"):
            await ask(running, name, 1)
        states = {row["variant"]: row["state"] for row in running.status()}

    assert states == {"a": "ready", "b": "unloaded", "c": "ready"}


async def test_a_model_error_reaches_its_caller_and_the_worker_goes_on() -> None:
    spawner = FakeSpawner(answer=lambda call: ModelFailed("no") if call.input == "bad" else call.input)
    async with engine(spawner, "a") as running:
        with pytest.raises(ModelFailed):
            await ask(running, "a", "bad")
        assert (await ask(running, "a", "good")).output == "good"

    assert len(spawner.workers) == 1


async def test_a_failed_load_fails_the_calls_and_a_later_call_tries_again() -> None:
    broken = iter([LoadFailed("no weights"), None])
    async with engine(FakeSpawner(load_error=lambda name: next(broken)), "a") as running:
        with pytest.raises(LoadFailed, match="no weights"):
            await ask(running, "a", 1)
        assert (await ask(running, "a", 2)).output == 2


async def test_a_call_under_a_dying_worker_is_answered_by_the_next_one() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a", held=True) as running:
        call = asyncio.ensure_future(ask(running, "a", 1))
        await until(lambda: running.scheduler.seats["a"].running)
        spawner.workers[0].die("killed by signal 9")
        spawner.hold.set()
        answer = await call

    assert (answer.output, answer.attempts, len(spawner.workers)) == (1, 2, 2)


async def test_a_call_that_kills_three_workers_fails_with_the_reason() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a", held=True) as running:
        call = asyncio.ensure_future(ask(running, "a", 1))
        for attempt in range(3):
            await until(lambda n=attempt: len(spawner.workers) > n and running.scheduler.seats["a"].running)
            spawner.workers[attempt].die("killed by signal 11")
            await until(lambda: not running.scheduler.seats["a"].running)
        with pytest.raises(WorkerCrashed, match="signal 11"):
            await call


async def test_a_cancelled_caller_takes_its_call_back() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a", held=True) as running:
        call = asyncio.ensure_future(ask(running, "a", 1))
        await until(lambda: running.scheduler.seats["a"].running)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert len(spawner.workers[0].cancelled) == 1
        spawner.hold.set()
        assert (await ask(running, "a", 2)).output == 2


async def test_a_late_call_fails_at_its_deadline() -> None:
    async with engine(FakeSpawner(), "a", held=True) as running:
        with pytest.raises(DeadlineExceeded):
            await ask(running, "a", 1, seconds=0.05)


async def test_load_and_unload_on_request() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a") as running:
        await running.load("a")
        assert running.scheduler.seats["a"].state == "ready"
        await running.unload("a")
        assert running.scheduler.seats["a"].state == "unloaded"

    assert spawner.workers[0].exited.result() == "ended"


async def test_a_load_that_finds_no_room_beside_the_pinned_says_so() -> None:
    async with engine(FakeSpawner(), "a", "b", "c") as running:
        for name in ("a", "b"):
            await running.pin(name)
            await running.load(name)
        with pytest.raises(OutOfMemory, match="pinned"):
            await running.load("c")


async def test_an_unplanned_variant_is_not_found() -> None:
    async with engine(FakeSpawner(), "a") as running:
        with pytest.raises(NotFound, match="planned: a"):
            await ask(running, "zebra", 1)


async def test_at_the_end_open_calls_fail_and_every_worker_is_gone() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a", held=True) as running:
        call = asyncio.ensure_future(ask(running, "a", 1))
        await until(lambda: running.scheduler.seats["a"].running)

    with pytest.raises(Cancelled):
        await call
    with pytest.raises(Draining):
        await ask(running, "a", 1)
    assert spawner.closed


async def test_every_promise_holds_under_random_crashes() -> None:
    crashes = iter([False, True, False, False, True, True, False] * 40)
    spawner = FakeSpawner(answer=lambda call: call.input)

    async def one(running: Engine, i: int) -> object:
        try:
            return (await ask(running, "ab"[i % 2], i)).output
        except RungError as error:
            return error.code

    async with engine(spawner, "a", "b") as running:
        calls = [asyncio.ensure_future(one(running, i)) for i in range(60)]
        while not all(c.done() for c in calls):
            for worker in spawner.workers:
                if not worker.exited.done() and next(crashes, False):
                    worker.die("killed by a test")
            await asyncio.sleep(0)
        assert running.scheduler.board.calls == {}

    assert all(c.result() in (i, "worker-crashed", "quarantined") for i, c in enumerate(calls))


async def test_a_worker_that_cannot_be_started_fails_the_call_at_once() -> None:
    class NoDescriptors(FakeSpawner):
        async def spawn(self, placement: Placement, others: Sequence[Placement] = ()) -> FakeWorker:
            raise OSError(24, "Too many open files")

    async with engine(NoDescriptors(), "a") as running:
        with pytest.raises(LoadFailed, match="Too many open files"):
            await ask(running, "a", 1)
        assert running.scheduler.seats["a"].state == "unloaded"


@pytest.mark.parametrize(
    ("raised", "expected"), [(InvalidInput("object has no place"), InvalidInput), (OSError(12, "no"), OutOfMemory)]
)
async def test_an_input_that_cannot_be_sent_fails_its_call_at_once_and_the_worker_stays(
    raised: Exception, expected: type[RungError]
) -> None:
    spawner = FakeSpawner()
    async with engine(spawner, "a") as running:
        await running.load("a")
        spawner.workers[0].run_error = raised
        with pytest.raises(expected):
            await ask(running, "a", 1)
        spawner.workers[0].run_error = None
        assert (await ask(running, "a", 2)).output == 2

    assert len(spawner.workers) == 1


@pytest.mark.parametrize("verbs", [("load", "unload", "load"), ("unload", "load", "unload"), ("load", "load")])
async def test_every_load_and_unload_is_answered_although_they_overlap(verbs: tuple[str, ...]) -> None:
    async with engine(FakeSpawner(), "a") as running:
        if verbs[0] == "unload":
            await running.load("a")
        asked = [asyncio.ensure_future(getattr(running, verb)("a")) for verb in verbs]
        answers = await asyncio.gather(*asked, return_exceptions=True)

    assert answers[-1] is None
    assert all(answer is None or isinstance(answer, Cancelled) for answer in answers)


async def test_how_components_were_held_comes_with_the_answer_and_a_worker_that_asks_for_it_is_replaced() -> None:
    def answer(call: WorkerCall) -> WorkerAnswer:
        return WorkerAnswer(
            output=call.variant, run_s=0.0, peak_bytes=None, cached=(), warnings=(), strategy="sequential-offload",
            retire="40 MiB did not come back" if len(spawner.workers) == 1 else "",
        )  # fmt: skip

    spawner = FakeSpawner(answer=answer)
    async with engine(spawner, "a") as running:
        answers = [await ask(running, "a", None) for _ in range(3)]

    assert [(one.output, one.strategy) for one in answers] == [("a", "sequential-offload")] * 3
    assert len(spawner.workers) == 2
