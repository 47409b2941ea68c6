"""The engine with replicas on several devices and with groups in one worker; the workers are fakes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from rung.runtime.engine import Engine, EngineAnswer
from rung.runtime.errors import NotFound, OutOfMemory
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Component, Footprint, Placeable, Placement, Variant
from rung.runtime.tasks import MatteInput, Picture
from rung.runtime.testing import FakeSpawner


def placement(name: str, device: str = "cuda:0", group: str = "", replicas: tuple[str, ...] = ()) -> Placement:
    footprint = Footprint(resident=60)
    place = Placeable(device="cuda", precision="fp16", footprint=footprint)
    parts = (Component(name="text", bytes=40, key="same"),) if group else ()
    variant = Variant(
        name=name, task="compute", title=name, loader="m:C", runtime="torch", kind="real", places=(place,),
        light=True, group=group, components=parts,
    )  # fmt: skip
    return Placement(
        variant=variant, device=device, precision="fp16", threads=1, footprint=footprint, group=group, replicas=replicas
    )


@asynccontextmanager
async def engine(spawner: FakeSpawner, *placements: Placement) -> AsyncIterator[Engine]:
    named = {p.variant.name: p for p in placements}
    async with asyncio.timeout(10), Engine(named, {"cuda:0": 100, "cuda:1": 100}, 4, spawner) as running:
        yield running
        assert violations(running.scheduler) == []


async def ask(running: Engine, variant: str, value: object) -> EngineAnswer:
    return await running.call(variant, value, deadline=time.monotonic() + 5)


async def until(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0)


async def test_two_calls_at_once_run_on_two_devices() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, placement("a", replicas=("cuda:1",))) as running:
        calls = [asyncio.ensure_future(ask(running, "a", i)) for i in range(2)]
        await until(lambda: all(seat.running for seat in running.scheduler.seats.values()))
        rows = [(row["variant"], row["seat"], row["device"], row["running"]) for row in running.status()]
        spawner.hold.set()
        answers = [(await call).output for call in calls]

    assert [worker.placement.device for worker in spawner.workers] == ["cuda:0", "cuda:1"]
    assert rows == [("a", "a", "cuda:0", 1), ("a", "a@cuda:1", "cuda:1", 1)]
    assert answers == [0, 1]


async def test_the_members_of_a_group_are_answered_by_one_worker_that_is_told_which_is_meant() -> None:
    spawner = FakeSpawner(answer=lambda call: call.variant)
    spawner.hold.set()
    async with engine(spawner, placement("a", group="g"), placement("b", group="g")) as running:
        answers = [(await ask(running, name, 1)).output for name in ("a", "b", "a")]
        used = running.used()["cuda:0"]
        rows = [(row["variant"], row["seat"], row["state"]) for row in running.status()]

    assert answers == ["a", "b", "a"]
    assert [(w.placement.variant.name, *(p.variant.name for p in w.others)) for w in spawner.workers] == [("a", "b")]
    assert used == 40 + 20, "the part and the rest of a worker once"
    assert rows == [("a", "g", "ready"), ("b", "g", "ready")]


async def test_a_seat_has_a_name_and_a_variant_means_all_of_its_seats_when_it_is_unloaded() -> None:
    spawner = FakeSpawner()
    async with engine(spawner, placement("a", replicas=("cuda:1",))) as running:
        await running.load("a@cuda:1")
        await running.load("a")
        assert [row["state"] for row in running.status()] == ["ready", "ready"]
        await running.unload("a@cuda:1")
        assert [row["state"] for row in running.status()] == ["ready", "unloaded"]
        await running.load("a@cuda:1")
        await running.unload("a")
        assert [row["state"] for row in running.status()] == ["unloaded", "unloaded"]
        with pytest.raises(NotFound):
            await running.load("a@cuda:7")


async def test_a_call_is_admitted_by_the_size_of_its_picture() -> None:
    growing = replace(placement("a"), footprint=Footprint(resident=40, working=5, working_per_pixel=1.0))
    spawner = FakeSpawner(answer=lambda call: call.input.picture.width)
    spawner.hold.set()
    async with engine(spawner, growing) as running:
        assert (await ask(running, "a", MatteInput(picture=picture(5, 4)))).output == 5
        assert running.used()["cuda:0"] == 40 + 5 + 5 * 4
        with pytest.raises(OutOfMemory) as refused:
            await ask(running, "a", MatteInput(picture=picture(10, 6)))
        assert (await ask(running, "a", MatteInput(picture=picture(2, 2)))).output == 2

    assert refused.value.details == {"needed": 105, "budget": 100, "device": "cuda:0"}
    assert len(spawner.workers) == 1


def picture(width: int, height: int) -> Picture:
    return Picture(data=b"", key="", width=width, height=height, media_type="image/png")


async def test_a_variant_that_nobody_uses_is_unloaded_when_its_time_is_over() -> None:
    spawner = FakeSpawner()
    spawner.hold.set()
    async with engine(spawner, replace(placement("a"), ttl_s=0.05)) as running:
        await ask(running, "a", 1)
        await until(lambda: running.scheduler.seats["a"].state == "unloaded")
        assert (await ask(running, "a", 2)).output == 2

    assert len(spawner.workers) == 2


async def test_a_life_that_is_set_by_hand_is_told_and_ends_every_seat_of_the_variant() -> None:
    spawner = FakeSpawner()
    spawner.hold.set()
    async with engine(spawner, placement("a")) as running:
        await running.load("a")
        await running.keep("a", 3600.0)
        assert [row["ttl_s"] for row in running.status()] == [3600.0]

        await running.keep("a", 0.05)
        await until(lambda: running.scheduler.seats["a"].state == "unloaded")
        with pytest.raises(NotFound):
            await running.keep("b", None)

    assert len(spawner.workers) == 1


async def test_a_load_by_hand_that_runs_out_of_memory_is_tried_once_more_before_anybody_is_told() -> None:
    errors = iter([OutOfMemory("the allocator gave up"), None, *[OutOfMemory("the allocator gave up")] * 2])
    spawner = FakeSpawner(load_error=lambda name: next(errors))
    async with engine(spawner, placement("a")) as running:
        await running.load("a")
        await running.unload("a")
        with pytest.raises(OutOfMemory, match="twice while it was loaded"):
            await running.load("a")

    assert len(spawner.workers) == 4
