"""The engine over a real worker that holds a group: one process, and every answer from the member that was meant."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from test_supervised_processes import MIB, alive, placement
from ward import RUNTIMES

from rung.runtime.engine import Engine
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Component, Footprint, Placement
from rung.runtime.tasks import ComputeInput
from rung.runtime.workers.template import Templates

TEXT = Component(name="text", bytes=30 * MIB, key="t")


def member(name: str) -> Placement:
    lone = placement("Kin")
    net = Component(name="net", bytes=5 * MIB, key=name)
    variant = replace(lone.variant, name=name, group="kin", components=(TEXT, net), max_batch=4, max_concurrent=1)
    return replace(lone, variant=variant, group="kin", footprint=Footprint(resident=40 * MIB))


async def test_the_members_of_a_group_are_one_process_and_each_answer_is_its_own() -> None:
    held = Engine({name: member(name) for name in "ab"}, {"cpu": 50 * MIB}, 2, Templates(RUNTIMES))
    async with asyncio.timeout(30), held as running:
        names = "abbaabab"
        calls = (running.call(name, ComputeInput(function="", arguments={}), deadline=time.monotonic() + 20)
                 for name in names)  # fmt: skip
        told = [answer.output.value for answer in await asyncio.gather(*calls)]
        rows = running.status()

        assert [one["variant"] for one in told] == list(names)
        assert {one["pid"] for one in told} == {rows[0]["pid"]} == {rows[1]["pid"]}
        assert told[0]["members"] == ["a", "b"]
        assert max(one["batch"] for one in told) > 1
        assert running.used() == {"cpu": 45 * MIB}, "what both have is there once"
        await running.unload("b")
        assert not alive(told[0]["pid"])
        assert violations(running.scheduler) == []
