"""The engine over real worker processes that crash, hang, leak and are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ward import RUNTIMES

from rung.runtime.caller import unasked
from rung.runtime.engine import Engine, EngineAnswer
from rung.runtime.errors import CallTimeout, LoadFailed, Quarantined, WorkerCrashed
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Footprint, Placement, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.testing.processes import alive, parent
from rung.runtime.workers.template import Templates

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 2**20


def placement(model: str = "patient", peak: int = 40 * MIB, limit_s: float = 60.0, **more: Any) -> Placement:
    variant = Variant(
        name="a", task="compute", title="", loader=f"ward:{model}", runtime="numpy", kind="real", places=(),
        limit_s=limit_s, light=True, max_concurrent=2,
    )  # fmt: skip
    return Placement(variant=variant, device="cpu", precision="fp32", threads=1, footprint=Footprint(resident=peak),
                     env={"PYTHONPATH": HERE}, **more)  # fmt: skip


@asynccontextmanager
async def engine(place: Placement | None = None, **more: Any) -> AsyncIterator[Engine]:
    held = Engine({"a": place or placement()}, {"cpu": 200 * MIB}, 2, Templates(RUNTIMES), **more)
    async with asyncio.timeout(30), held as running:
        yield running
        assert violations(running.scheduler) == []


async def ask(
    running: Engine, what: str, value: Any = None, *, tell: Callable[[str], None] = unasked, **arguments: Any
) -> EngineAnswer:
    given = ComputeInput(function=what, arguments={"value": value, **arguments})
    return await running.call("a", given, deadline=time.monotonic() + 20, tell=tell)


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def pid(running: Engine) -> int:
    return running.status()[0]["pid"]


async def test_after_kill_9_the_next_answer_comes_within_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    """20 rounds, the model's own load being nil. The figures are printed; the bound leaves room for a busy machine."""
    took = []
    async with engine() as running:
        await ask(running, "echo", 0)
        for i in range(20):
            victim = pid(running)
            began = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            answer = await ask(running, "echo", i)
            took.append(time.monotonic() - began)
            assert answer.output.value == i
            assert pid(running) != victim

    took.sort()
    figures = f"median {took[10] * 1000:.1f} ms, max {took[-1] * 1000:.1f} ms"
    with capsys.disabled():
        print(f"\nkill -9 to the next answer, {len(took)} rounds: {figures}")
    assert took[-1] < 5.0


async def test_a_call_whose_worker_is_killed_is_answered_by_the_next_one(tmp_path: Path) -> None:
    async with engine() as running:
        call = asyncio.ensure_future(
            ask(running, "wait-for", 7, path=str(tmp_path / "go"), began=str(tmp_path / "began"))
        )
        await until((tmp_path / "began").exists)
        os.kill(pid(running), signal.SIGKILL)
        await until(lambda: running.status()[0]["restarts"] == 1)
        (tmp_path / "go").touch()
        answer = await call

    assert (answer.output.value, answer.attempts) == (7, 2)


async def test_a_poison_input_fails_alone_after_three_workers_and_the_others_pass() -> None:
    async with engine() as running:
        calls = [ask(running, "abort" if i == 3 else "echo", i) for i in range(8)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert running.health() == ()
        assert running.status()[0]["restarts"] == 3

    poison = results.pop(3)
    assert isinstance(poison, WorkerCrashed)
    assert "3 times" in poison.message
    assert [r.output.value for r in results if isinstance(r, EngineAnswer)] == [0, 1, 2, 4, 5, 6, 7]


@pytest.mark.parametrize("how", ["sleep", "hold-the-lock"])
async def test_a_hanging_call_is_ended_at_its_limit_and_its_neighbour_is_answered(how: str, tmp_path: Path) -> None:
    async with engine(placement(limit_s=1.0)) as running:
        await running.load("a")
        hung = pid(running)
        hangs = asyncio.ensure_future(ask(running, how, began=str(tmp_path / "began")))
        await until((tmp_path / "began").exists)
        await asyncio.sleep(0.7)  # so that the neighbour is within its own limit when the first is past it
        beside = asyncio.ensure_future(ask(running, "echo", "beside"))
        with pytest.raises(CallTimeout, match="limit of 1 s"):
            await hangs
        assert not alive(hung)
        assert (await beside).output.value == "beside"


@pytest.mark.parametrize("how", ["sleep", "hold-the-lock"])
async def test_a_cancelled_call_that_does_not_let_go_ends_with_its_process_and_its_memory(
    how: str, tmp_path: Path
) -> None:
    told: list[str] = []
    async with engine(look_s=60.0) as running:  # so that the figure is that of the end itself
        await running.load("a")
        deaf = pid(running)
        call = asyncio.ensure_future(ask(running, how, began=str(tmp_path / "began"), tell=told.append))
        await until((tmp_path / "began").exists)
        began = time.monotonic()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        took = time.monotonic() - began

        assert not alive(deaf)
        assert running.used() == {"cpu": 0}
        assert 1.9 < took < 4.0

    assert told[-1] == "taken back: nothing of it runs any more"
    assert any("that it held: 0 MiB of 200 MiB are taken on cpu" in line for line in told)


async def test_a_cancelled_call_that_checks_lets_go_and_its_worker_stays(tmp_path: Path) -> None:
    async with engine() as running:
        await running.load("a")
        worker = pid(running)
        call = asyncio.ensure_future(
            ask(running, "wait-for", path=str(tmp_path / "never"), began=str(tmp_path / "began"))
        )
        await until((tmp_path / "began").exists)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert pid(running) == worker


async def test_a_leaking_worker_is_replaced_before_it_leaves_and_no_call_fails() -> None:
    async with engine(placement(peak=60 * MIB), look_s=0.02) as running:
        seen = []
        while len(set(seen)) < 2:
            answer = await ask(running, "leak", bytes=4 * MIB)
            seen.append(answer.output.value)
        first = seen[0]
        await until(lambda: not alive(first))
        await until(lambda: running.used() == {"cpu": 60 * MIB})

    assert seen == sorted(seen, key=lambda worker: worker != first)


async def test_a_worker_that_dies_at_every_load_is_quarantined_and_mended_by_hand(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.touch()
    async with engine(placement("Fragile", options={"broken": str(broken)})) as running:
        with pytest.raises(Quarantined, match="a failed 3 times"):
            await ask(running, "echo", 1)
        assert [t.state for t in running.health()] == ["quarantined"]
        broken.unlink()
        await running.load("a")
        assert (await ask(running, "echo", 2)).output.value == 2
        assert running.health() == ()


async def test_when_the_template_is_killed_its_calls_are_answered_by_new_workers_and_nobody_is_blamed(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    async with engine() as running:
        waiting = [
            asyncio.ensure_future(
                ask(
                    running,
                    "wait-for",
                    i,
                    path=str(tmp_path / "go"),
                    began=str(tmp_path / f"began{i}"),
                    tell=told.append,
                )
            )
            for i in range(2)
        ]
        await until(lambda: all((tmp_path / f"began{i}").exists() for i in range(2)))
        template = parent(pid(running))
        os.kill(template, signal.SIGKILL)
        await until(lambda: running.status()[0]["restarts"] == 1)
        (tmp_path / "go").touch()
        answers = await asyncio.gather(*waiting)
        assert running.health() == ()

    assert [a.output.value for a in answers] == [0, 1]
    assert len([line for line in told if line.endswith("the call is run again, not blamed")]) == 2


async def test_every_one_of_many_calls_is_answered_while_workers_are_killed_at_random_points() -> None:
    async with engine() as running:
        await running.load("a")
        calls = [asyncio.ensure_future(ask(running, "echo", i)) for i in range(300)]
        for answered in range(25, 225, 25):
            await until(lambda least=answered: sum(call.done() for call in calls) >= least)
            await until(lambda: pid(running) is not None)
            os.kill(pid(running), signal.SIGKILL)
        answers = await asyncio.gather(*calls)

    assert [a.output.value for a in answers] == list(range(300))


async def test_a_load_that_hangs_is_ended_at_its_limit_and_its_process_is_gone(tmp_path: Path) -> None:
    stuck = placement("Stuck", load_limit_s=1.0, options={"pid": str(tmp_path / "pid")})
    async with engine(stuck) as running:
        with pytest.raises(LoadFailed, match="not in memory after 1 s"):
            await ask(running, "echo", 1)
        pid = int((tmp_path / "pid").read_text())
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert running.used() == {"cpu": 0}
