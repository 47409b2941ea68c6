"""The engine when things go wrong, with workers that are fakes: who waits, who is told what."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from rung.runtime.caller import Ask
from rung.runtime.engine import Engine, EngineAnswer, Trouble
from rung.runtime.engine.calls import fail
from rung.runtime.errors import CallTimeout, Cancelled, LoadFailed, OutOfMemory, Quarantined
from rung.runtime.nodes.fleet import Fleet
from rung.runtime.nodes.local import LocalNode
from rung.runtime.scheduling import lives
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Footprint, Machine, Placeable, Placement, Plan, Policy, TaskPlan, Variant
from rung.runtime.testing import FakeSpawner

MIB = 2**20


def placement(name: str, peak: int = 40 * MIB, limit_s: float = 60.0, **more: Any) -> Placement:
    footprint = Footprint(resident=peak)
    place = Placeable(device="cpu", precision="fp32", footprint=footprint)
    variant = Variant(
        name=name, task="compute", title=name, loader="m:C", runtime="onnx", kind="real", places=(place,),
        limit_s=limit_s, max_concurrent=2, light=True,
    )  # fmt: skip
    return Placement(variant=variant, device="cpu", precision="fp32", threads=1, footprint=footprint, **more)


@asynccontextmanager
async def engine(
    spawner: FakeSpawner, *placements: Placement, held: bool = False, **more: Any
) -> AsyncIterator[Engine]:
    if not held:
        spawner.hold.set()
    named = {p.variant.name: p for p in placements or (placement("a"),)}
    async with asyncio.timeout(10), Engine(named, {"cpu": 100 * MIB}, 2, spawner, **more) as running:
        yield running
        assert violations(running.scheduler) == []


async def ask(running: Engine, value: object, seconds: float = 8.0, **more: Any) -> EngineAnswer:
    return await running.call("a", value, deadline=time.monotonic() + seconds, **more)


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0)


def runs(running: Engine, count: int = 1) -> Callable[[], bool]:
    return lambda: len(running.scheduler.seats["a"].running) == count


async def test_a_cancelled_caller_comes_back_when_its_call_has_let_go() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, held=True) as running:
        call = asyncio.ensure_future(ask(running, 1))
        await until(runs(running))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert running.scheduler.board.calls == {}
        assert len(spawner.workers) == 1


async def test_a_worker_that_does_not_let_go_is_ended_and_only_then_is_the_caller_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lives, "PATIENCE_S", 0.05)
    spawner = FakeSpawner(deaf=True)
    async with engine(spawner, held=True) as running:
        taken_back, beside = (asyncio.ensure_future(ask(running, i)) for i in (1, 2))
        await until(runs(running, 2))
        taken_back.cancel()
        await until(lambda: spawner.workers[0].cancelled)
        assert not taken_back.done()

        with pytest.raises(asyncio.CancelledError):
            await taken_back
        assert spawner.workers[0].exited.done()
        spawner.hold.set()
        assert ((await beside).output, (await beside).attempts) == (2, 2)


async def test_a_caller_that_is_cancelled_twice_leaves_at_once() -> None:
    async with engine(FakeSpawner(deaf=True), held=True) as running:
        call = asyncio.ensure_future(ask(running, 1))
        await until(runs(running))
        call.cancel()
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_caller_cancelled_past_its_deadline_does_not_wait() -> None:
    async with engine(FakeSpawner(deaf=True), held=True) as running:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(running, 1, seconds=0.05)
        assert len(running.scheduler.board.calls) == 1, "it still runs"


async def test_a_call_that_outlives_its_limit_fails_and_what_ran_beside_it_is_answered() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, placement("a", limit_s=1.0), held=True) as running:
        hangs = asyncio.ensure_future(ask(running, "hangs"))
        await until(runs(running))
        await asyncio.sleep(0.7)  # so that the other's limit comes long after the first one's
        beside = asyncio.ensure_future(ask(running, "beside"))
        await until(lambda: len(spawner.workers) == 2)
        spawner.hold.set()
        with pytest.raises(CallTimeout):
            await hangs
        assert (await beside).output == "beside"


async def test_a_process_that_dies_under_its_load_costs_its_calls_only_time() -> None:
    deaths = iter([True, False])
    spawner = FakeSpawner(dies_at_load=lambda: next(deaths))
    async with engine(spawner) as running:
        assert (await ask(running, 1)).output == 1

    assert len(spawner.workers) == 2


async def test_a_call_that_loses_many_workers_to_their_template_is_not_held_to_be_poison() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, held=True) as running:
        call = asyncio.ensure_future(ask(running, 1))
        for number in range(5):
            await until(lambda n=number: len(spawner.workers) > n and running.scheduler.seats["a"].running)
            spawner.workers[number].die("went with its template", "template")
            await until(lambda: not running.scheduler.seats["a"].running)
        spawner.hold.set()
        assert ((await call).output, (await call).attempts) == (1, 6)


async def test_a_variant_that_cannot_be_loaded_is_quarantined_and_everybody_is_told() -> None:
    heard: list[tuple[Trouble, ...]] = []
    spawner = FakeSpawner(load_error=lambda name: LoadFailed("no tensors"))
    async with engine(spawner, on_health=lambda troubles: heard.append(tuple(troubles))) as running:
        for _ in range(3):
            with pytest.raises(LoadFailed):
                await ask(running, 1)
        with pytest.raises(Quarantined, match=r"a failed 3 times \(no tensors\)"):
            await ask(running, 1)
        (row,) = running.status()
        assert [t.state for t in running.health()] == ["quarantined"]

    assert row["trouble"]["reason"] == "no tensors"
    assert 59 < row["trouble"]["until_s"] <= 60
    assert [[t.state for t in troubles] for troubles in heard] == [["backing-off"]] * 2 + [["quarantined"]]
    assert len(spawner.workers) == 3


async def test_a_load_by_hand_lifts_a_quarantine() -> None:
    errors = iter([LoadFailed("no tensors")] * 3 + [None])
    async with engine(FakeSpawner(load_error=lambda name: next(errors))) as running:
        for _ in range(3):
            with pytest.raises(LoadFailed):
                await ask(running, 1)
        await running.load("a")

        assert running.health() == ()
        assert (await ask(running, 2)).output == 2


async def test_of_a_ladder_the_next_rung_answers_for_one_in_quarantine() -> None:
    spawner = FakeSpawner(load_error=lambda name: LoadFailed("no tensors") if name == "a" else None)
    rungs = (placement("a"), placement("b"))
    task = TaskPlan(task="compute", mode="real", rungs=rungs, rejected=(), ladder=("a", "b"))
    plan = Plan(machine=Machine(name="m", cores=2, ram_total=None, ram_free=None, devices=()),
                tasks={"compute": task}, budgets={}, threads=2)  # fmt: skip
    told: list[str] = []
    async with engine(spawner, *rungs) as running:
        fleet = Fleet(lambda: plan, LocalNode(running))
        for _ in range(4):
            answer = await fleet.call(
                "compute", 1, Ask(policy=Policy(), deadline=time.monotonic() + 8, tell=told.append)
            )

    assert answer.provenance.variant == "b"
    assert "a failed 3 times (no tensors)" in answer.provenance.reason
    assert any(line.startswith("compute: a was chosen") for line in told)
    assert any(line.startswith("compute: a step down, because a: ") for line in told)


async def test_an_answer_of_out_of_memory_is_tried_once_more_and_then_told_with_the_numbers() -> None:
    spawner = FakeSpawner(answer=lambda call: OutOfMemory("the allocator gave up"))
    async with engine(spawner) as running:
        with pytest.raises(OutOfMemory, match="2 times, in the end alone: 40 MiB are set aside"):
            await ask(running, 1)

    assert spawner.workers[0].batches == [[1], [1]]


async def test_a_leaking_worker_is_replaced_and_no_call_fails() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, look_s=0.01) as running:
        for i in range(4):
            await ask(running, i)
        spawner.workers[0].bytes = 41 * MIB
        await ask(running, 0)
        await until(lambda: running._crew.held["a"].bytes == 41 * MIB)
        spawner.workers[0].bytes = 90 * MIB
        answers = [await ask(running, i) for i in range(3)]
        await until(lambda: len(spawner.workers) == 2 and spawner.workers[0].exited.done())
        await until(lambda: running.used() == {"cpu": 40 * MIB})
        assert running.status()[0]["restarts"] == 1
        assert running.status()[0]["pid"] == 2

    assert [a.output for a in answers] == [0, 1, 2]


async def test_a_replacement_that_dies_before_its_turn_is_not_taken() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, placement("a", max_calls=1), held=True) as running:
        first, second = (asyncio.ensure_future(ask(running, i)) for i in (1, 2))
        await until(runs(running, 2))
        spawner.hold.set()
        await first
        await second
        await until(lambda: len(spawner.workers) > 1)
        assert (await ask(running, 3)).output == 3


async def test_past_its_hard_limit_a_worker_is_ended_and_the_call_fails_at_the_second_time() -> None:
    spawner = FakeSpawner()
    told: list[str] = []
    async with engine(spawner, placement("a", memory_limit=64 * MIB), held=True, look_s=0.0) as running:
        call = asyncio.ensure_future(ask(running, 1, tell=told.append))
        for number in (0, 1):
            await until(lambda n=number: len(spawner.workers) > n and running.scheduler.seats["a"].running)
            spawner.workers[number].bytes = 63 * MIB
            await until(lambda: running._crew.held["a"].bytes == 63 * MIB)
            spawner.workers[number].bytes = 65 * MIB
            await until(lambda n=number: spawner.workers[n].exited.done())
        with pytest.raises(OutOfMemory, match="its worker may hold 64 MiB"):
            await call
        assert running.used() == {"cpu": 0}

    assert any("it held 65 MiB, past its limit of 64 MiB" in line for line in told)
    assert any("the 65 MiB that it held: 0 MiB of 100 MiB are taken on cpu" in line for line in told)


async def test_the_bytes_of_a_worker_count_until_nothing_of_its_process_is_left() -> None:
    spawner = FakeSpawner()
    async with engine(spawner) as running:
        await ask(running, 1)
        worker, gone = spawner.workers[0], asyncio.Event()

        async def slowly(grace_s: float = 2.0) -> None:
            await gone.wait()

        worker.end = slowly  # type: ignore[method-assign]
        worker.die("killed")
        for _ in range(5):
            await asyncio.sleep(0)
        assert running.used() == {"cpu": 40 * MIB}
        gone.set()
        await until(lambda: running.used() == {"cpu": 0})


async def test_a_call_is_told_its_story() -> None:
    spawner = FakeSpawner()
    first: list[str] = []
    second: list[str] = []
    async with engine(spawner, placement("a", peak=60 * MIB), placement("b", peak=60 * MIB), held=True) as running:
        await running.load("b")
        one = asyncio.ensure_future(ask(running, 1, tell=first.append))
        await until(runs(running))
        two = asyncio.ensure_future(ask(running, 2, tell=second.append))
        await until(runs(running, 2))
        spawner.workers[1].die("killed by signal 9")
        spawner.hold.set()
        await asyncio.gather(one, two)

    words = [
        "b is unloaded to make room (60 MiB of cpu)",
        "waits for 60 MiB of cpu; 40 MiB are free",
        "a is being loaded (60 MiB of cpu)",
        "a was loaded in N s",
        "a began after N s",
        "the worker of a is gone: 0 MiB of 100 MiB are taken on cpu (killed by signal 9); the call is run alone",
        "a is being loaded (60 MiB of cpu)",
        "a was loaded in N s",
        "a began after N s, try 2",
    ]
    first, second = ([re.sub(r"\d+\.\d\d s", "N s", line) for line in told] for told in (first, second))
    assert first == words
    assert second[0] == "a began after N s"
    assert "a began after N s, try 2" in second


async def test_an_error_that_nobody_awaits_any_more_makes_no_noise() -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: complaints.append(context))

    fail(loop.create_future(), Cancelled("the runtime is going down"))
    gc.collect()

    assert complaints == []


async def test_at_the_end_of_the_engine_a_caller_that_takes_its_call_back_is_let_go() -> None:
    async with engine(FakeSpawner(deaf=True), held=True) as running:
        call = asyncio.ensure_future(ask(running, 1))
        await until(runs(running))
        call.cancel()
        await asyncio.sleep(0)
        assert not call.done()

    with pytest.raises(asyncio.CancelledError):
        await call
