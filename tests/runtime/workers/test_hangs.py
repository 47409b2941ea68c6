"""Workers that hang, in Python, in C and in the kernel's hands, are ended in time and with all that they started."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from rung.runtime.errors import WorkerCrashed
from rung.runtime.testing.processes import alive, parent, state
from rung.runtime.workers import template as templates_module

GRACE_S = 0.3
SLACK_S = 3.0


async def until(condition, within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.002)


@pytest.fixture
async def hanging(spawn, compute, tmp_path):
    """Start a model that hangs: its worker, its child's pid, the file in which its other thread's heart beats."""

    async def start(model: str):
        worker = await spawn(model)
        began, beat = tmp_path / "began", tmp_path / "beat"
        running = asyncio.create_task(worker.run([compute(began=str(began), beat=str(beat))]))
        await until(lambda: began.exists() and began.read_text())
        return worker, int(began.read_text()), beat, running

    return start


@pytest.mark.parametrize("model", ["sleeps", "holds_the_lock"])
@pytest.mark.parametrize("way", ["end", "kill"])
async def test_a_hang_is_ended_within_the_grace_and_with_its_children(hanging, model, way):
    worker, child, _, running = await hanging(model)
    began = time.monotonic()

    if way == "end":
        await worker.end(GRACE_S)
    else:
        worker.kill()
        await worker.end(GRACE_S)
    took = time.monotonic() - began

    assert (GRACE_S if way == "end" else 0) <= took < GRACE_S + SLACK_S
    assert not alive(worker.pid) and not alive(child)
    (error,) = await running
    assert isinstance(error, WorkerCrashed)


async def test_the_hang_in_c_truly_holds_the_interpreter(hanging):
    """Else the test above would say nothing: the other thread's heart beats on in a sleep, and stops here."""
    _, _, beat, _ = await hanging("holds_the_lock")

    seen = None  # it may beat on for as long as the worker is still on its way into C
    async with asyncio.timeout(10):
        while seen != (seen := beat.stat().st_mtime_ns):  # its text is empty at the beginning of each beat
            await asyncio.sleep(0.2)


async def test_a_sleep_leaves_the_interpreter_to_others(hanging):
    _, _, beat, _ = await hanging("sleeps")
    before = beat.read_text()

    await until(lambda: beat.read_text() != before)


async def test_a_frozen_worker_is_ended_too(hanging):
    worker, child, _, _ = await hanging("sleeps")
    os.kill(worker.pid, signal.SIGSTOP)
    await until(lambda: state(worker.pid) == "T")
    began = time.monotonic()

    await worker.end(GRACE_S)

    assert time.monotonic() - began < GRACE_S + SLACK_S
    assert not alive(worker.pid) and not alive(child)


async def test_a_template_that_freezes_is_ended_when_a_worker_is_wanted_of_it(spawn, templates, place, monkeypatch):
    monkeypatch.setattr(templates_module, "FORK_S", 0.3)
    worker = await spawn("echo")
    frozen = parent(worker.pid)
    os.kill(frozen, signal.SIGSTOP)

    with pytest.raises(WorkerCrashed, match=r"template process of the runtime numpy did not answer within 0.3 s"):
        await templates.spawn(place("echo"))

    assert await worker.exited
    assert worker.cause == "template"
    again = await templates.spawn(place("echo"))
    await again.load()


async def test_closing_ends_a_template_that_freezes(place):
    from zoo import RUNTIMES

    templates = templates_module.Templates(RUNTIMES)
    worker = await templates.spawn(place("echo"))
    frozen = parent(worker.pid)
    os.kill(frozen, signal.SIGSTOP)

    ending = asyncio.create_task(worker.end())

    async with asyncio.timeout(8):
        await templates.close()
        await ending

    assert not alive(frozen) and not alive(worker.pid)
