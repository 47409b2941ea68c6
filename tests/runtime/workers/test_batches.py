"""Calls of different requests in one batch of a real worker: each gets its own answer, the one it would get alone."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rung.runtime.engine import Engine
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import ComputeInput


@pytest.fixture
async def engine(templates, place) -> AsyncIterator[Engine]:
    """With the model `Stacks` loaded, which takes eight calls at once."""
    placement = place("Stacks")
    placement = replace(placement, variant=replace(placement.variant, max_batch=8))
    async with asyncio.timeout(20), Engine({"Stacks": placement}, {"cpu": 2**30}, 2, templates) as running:
        await running.load("Stacks")
        yield running


def row(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(5000)


def ask(engine: Engine, seed: int, **more: object) -> asyncio.Future:
    call = ComputeInput(function="-", arguments={"row": row(seed), **more})
    return asyncio.ensure_future(engine.call("Stacks", call, deadline=time.monotonic() + 20))


async def settled(engine: Engine, waiting: int) -> None:
    """So many calls wait, and one runs."""
    seat = engine.scheduler.seats["Stacks"]
    while not (len(seat.queue) == waiting and seat.running):
        await asyncio.sleep(0.001)


@pytest.fixture
async def full(engine: Engine, tmp_path: Path) -> asyncio.Future:
    """One call runs until `tmp_path/go` is there, and a full batch lies ready behind it, of the seeds 0 to 7."""
    for _ in range(3):
        await ask(engine, 99)  # so that it is known how short they are
    held = ask(engine, 99, until=str(tmp_path / "go"))
    await settled(engine, waiting=0)
    return held


def lie_ready(engine: Engine) -> list[asyncio.Future]:
    return [ask(engine, seed) for seed in range(8)]


async def ready(engine: Engine) -> None:
    seat = engine.scheduler.seats["Stacks"]
    while len(seat.ahead) < 8:
        await asyncio.sleep(0.001)
    assert len(seat.running) == 1


async def test_a_full_batch_lies_in_the_busy_worker_and_who_leaves_it_never_reaches_the_model(
    engine: Engine, full: asyncio.Future, tmp_path: Path
) -> None:
    calls = lie_ready(engine)
    await ready(engine)
    calls[3].cancel()
    await asyncio.sleep(0)

    (tmp_path / "go").touch()
    answers = await asyncio.gather(*calls, return_exceptions=True)

    assert isinstance(answers.pop(3), asyncio.CancelledError)
    for answer, seed in zip(answers, (0, 1, 2, 4, 5, 6, 7), strict=True):
        summed, together = answer.output.value
        assert together == 7
        assert answer.attempts == 1
        assert answer.queue_s > 0
        assert np.array_equal(summed, np.cumsum(row(seed) * row(seed)))
    await full


async def test_a_crash_is_not_held_against_a_batch_that_lay_ready(
    engine: Engine, full: asyncio.Future, tmp_path: Path
) -> None:
    calls = lie_ready(engine)
    await ready(engine)

    (row_of,) = engine.status()
    os.kill(row_of["pid"], signal.SIGKILL)
    while engine.scheduler.seats["Stacks"].state == "ready":
        await asyncio.sleep(0.001)
    suspects = [waiting.call for waiting in engine.scheduler.board.calls.values() if waiting.alone]
    (tmp_path / "go").touch()

    assert len(suspects) == 1
    assert [(await call).attempts for call in calls] == [1] * 8
    assert [(await call).output.value[1] for call in calls] == [8] * 8
    assert (await full).attempts == 2


async def test_a_batch_answers_each_call_as_if_it_ran_alone(engine: Engine, tmp_path: Path) -> None:
    alone = [(await ask(engine, seed)).output.value for seed in range(6)]
    assert [together for _, together in alone] == [1] * 6
    go = tmp_path / "go"
    held = ask(engine, 99, until=str(go))
    calls = [ask(engine, seed) for seed in range(6)]
    await settled(engine, waiting=6)

    go.touch()
    answers = [answer.output.value for answer in await asyncio.gather(*calls)]

    assert [together for _, together in answers] == [6] * 6
    for (batched, _), (single, _) in zip(answers, alone, strict=True):
        assert np.array_equal(batched, single)
    assert np.array_equal((await held).output.value[0], np.cumsum(row(99) * row(99)))


async def test_an_error_of_one_is_no_error_of_the_others_and_who_left_is_not_among_them(
    engine: Engine, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    held = ask(engine, 99, until=str(go))
    calls = [ask(engine, 0), ask(engine, 1, refused=True), ask(engine, 2), ask(engine, 3)]
    await settled(engine, waiting=4)
    calls[2].cancel()
    await settled(engine, waiting=3)

    go.touch()
    first, refused, left, last = await asyncio.gather(*calls, return_exceptions=True)

    assert isinstance(refused, InvalidInput)
    assert isinstance(left, asyncio.CancelledError)
    for answer, seed in ((first, 0), (last, 3)):
        summed, together = answer.output.value
        assert together == 3
        assert np.array_equal(summed, np.cumsum(row(seed) * row(seed)))
    await held
