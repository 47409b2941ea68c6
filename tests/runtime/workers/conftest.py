"""Real workers for tests: placements made by hand, templates that are closed and checked afterwards."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
from zoo import RUNTIMES

from rung.runtime.spec import Footprint, Placement, Variant
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.process import WorkerCall, WorkerProcess
from rung.runtime.workers.template import Templates

HERE = os.path.dirname(os.path.abspath(__file__))
Place = Callable[..., Placement]
Spawn = Callable[..., Awaitable[WorkerProcess]]
Compute = Callable[..., WorkerCall]


@pytest.fixture
def place() -> Place:
    """A placement of a zoo model."""

    def make(
        model: str,
        *,
        task: str = "compute",
        runtime: str = "numpy",
        device: str = "cpu",
        threads: int = 1,
        concurrent: int = 1,
        options: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        memory_limit: int | None = None,
    ) -> Placement:
        variant = Variant(
            name=model, task=task, title="", loader=f"zoo:{model}", runtime=runtime, kind="real", places=(),
            max_concurrent=concurrent,
        )  # fmt: skip
        return Placement(
            variant=variant, device=device, precision="fp32", threads=threads, footprint=Footprint(resident=0),
            options=options or {}, env={"PYTHONPATH": HERE, **(env or {})}, memory_limit=memory_limit,
        )  # fmt: skip

    return make


@pytest.fixture
async def templates() -> AsyncIterator[Templates]:
    """Closed in the end, and then no process of theirs is left."""
    made = Templates(RUNTIMES)
    yield made
    async with asyncio.timeout(10):
        await made.close()


@pytest.fixture
def spawn(templates: Templates, place: Place) -> Spawn:
    """A loaded worker with a zoo model."""

    async def make(model: str, **how: Any) -> WorkerProcess:
        worker = await templates.spawn(place(model, **how))
        await worker.load()
        return worker

    return make


@pytest.fixture
def compute() -> Compute:
    """A call of the task `compute`."""
    numbers = iter(range(1_000_000))

    def make(value: Any = None, *, scope: str = "", deadline: float | None = None, **arguments: Any) -> WorkerCall:
        given = ComputeInput(function="", arguments={"value": value, **arguments})
        return WorkerCall(id=f"c{next(numbers)}", task="compute", input=given, scope=scope, deadline=deadline)

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No test of this folder waits for ever. (A timeout in a fixture would not reach the test: it has its own task.)"""
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent == Path(HERE) and iscoroutinefunction(item.obj):
            item.obj = _within(item.obj)


def _within(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def timed(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(getattr(test, "seconds", 120)):
            await test(*args, **kwargs)

    return timed
