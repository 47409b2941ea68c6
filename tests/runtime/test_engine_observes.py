"""What loads and calls take is told while the engine serves, and only what says something of one variant."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from rung.runtime.engine import Engine
from rung.runtime.engine.observing import load_seen, rest_seen, run_seen
from rung.runtime.engine.seating import copies
from rung.runtime.errors import ModelFailed
from rung.runtime.profile import LoadSeen, RestSeen, RunSeen, Seen
from rung.runtime.spec import Footprint, Placement, Subject, Variant
from rung.runtime.testing import FakeSpawner
from rung.runtime.workers.process import LoadReport, WorkerAnswer

REPORT = LoadReport(load_s=2.0, resident_bytes=100, counted_bytes=130)
ANSWER = WorkerAnswer(output=1, run_s=0.5, peak_bytes=180, cached=(), warnings=(), pixels=9)


def placed(name: str = "v", concurrent: int = 1, **more) -> Placement:
    variant = Variant(
        name=name, task="compute", title=name, loader="m:C", runtime="r", kind="real", places=(),
        max_concurrent=concurrent,
    )  # fmt: skip
    return Placement(
        variant=variant, device="cpu", precision="fp32", threads=1, footprint=Footprint(resident=1), **more
    )


def test_a_call_took_its_peak_less_what_was_counted_when_it_was_loaded():
    assert run_seen([placed()], "v", 9, REPORT, [ANSWER]) == RunSeen(
        placement=placed(), pixels=9, run_s=0.5, working=50
    )


@pytest.mark.parametrize(("peak", "counted", "working"), [(None, 130, None), (180, None, None), (100, 130, 0)], ids=str)
def test_what_nobody_can_tell_stays_unknown(peak, counted, working):
    seen = run_seen([placed()], "v", 9, replace(REPORT, counted_bytes=counted), [replace(ANSWER, peak_bytes=peak)])

    assert seen is not None and seen.working == working


@pytest.mark.parametrize(
    ("members", "outcomes", "why"),
    [
        ([placed()], [replace(ANSWER, cached=("embedding",))], "a part of it did not run"),
        ([placed()], [ANSWER, ANSWER], "what one of two took cannot be told"),
        ([placed()], [ModelFailed("no")], "it has no answer"),
        ([placed(concurrent=2)], [ANSWER], "another call may have run beside it"),
        ([placed()], [replace(ANSWER, strategy="sequential-offload")], "it was not held as planned"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_says_nothing_of_one_whole_call_is_not_told(members, outcomes, why):
    assert run_seen(members, "v", 9, REPORT, outcomes) is None


def test_of_a_group_its_members_calls_are_told_and_its_load_is_not():
    both = [placed("a", group="g"), placed("b", group="g")]

    assert load_seen(both, 7, REPORT) is None and rest_seen(both, 7, 100) is None
    seen = run_seen(both, "b", 9, REPORT, [ANSWER])
    assert seen is not None and seen.placement.variant.name == "b"


async def test_the_engine_tells_of_loads_and_of_calls():
    told: list[Seen] = []
    spawner = FakeSpawner()
    spawner.hold.set()
    async with asyncio.timeout(10), Engine({"v": placed()}, {"cpu": 10}, 1, spawner, observe=told.append) as running:
        await running.call("v", 1, deadline=time.monotonic() + 5)

    assert [type(one) for one in told] == [LoadSeen, RunSeen]
    assert {one.placement.variant.name for one in told} == {"v"}


async def test_what_a_worker_holds_is_told_only_between_calls():
    told: list[Seen] = []
    spawner = FakeSpawner()
    async with (
        asyncio.timeout(10),
        Engine({"v": placed()}, {"cpu": 10}, 1, spawner, observe=told.append, look_s=0.01) as running,
    ):
        call = asyncio.create_task(running.call("v", 1, deadline=time.monotonic() + 5))
        while not spawner.workers:
            await asyncio.sleep(0)
        spawner.workers[0].bytes = 77
        await asyncio.sleep(0.05)  # several looks, while it runs
        assert not any(isinstance(one, RestSeen) for one in told)
        spawner.hold.set()
        await call
        while not any(isinstance(one, RestSeen) for one in told):
            await asyncio.sleep(0.01)

    assert [one.bytes for one in told if isinstance(one, RestSeen)] == [77]


async def test_a_worker_that_rests_is_looked_at_once_more_and_then_left_alone():
    told: list[Seen] = []
    spawner = FakeSpawner()
    spawner.hold.set()
    async with (
        asyncio.timeout(10),
        Engine({"v": placed()}, {"cpu": 10}, 1, spawner, observe=told.append, look_s=0.02) as running,
    ):
        await running.call("v", 1, deadline=time.monotonic() + 5)
        spawner.workers[0].bytes = 77
        while not any(isinstance(one, RestSeen) for one in told):
            await asyncio.sleep(0)
        spawner.workers[0].bytes = 33  # it has given back what the call freed
        await asyncio.sleep(0.5)

    assert [one.bytes for one in told if isinstance(one, RestSeen)] == [77, 33]


def test_a_replica_on_another_card_is_not_filed_under_the_first_ones_hardware():
    subject = Subject(hardware="card A", variant="v", device="cuda", precision="fp16")

    first, second = copies([placed(replicas=("cuda:1",), subject=subject)])

    assert (first.subject, second.subject) == (subject, None)
