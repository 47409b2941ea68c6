from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from rung.runtime.engine import Engine
from rung.runtime.engine.loads import LEAST_S, SLOWEST_BPS, load_limit_s
from rung.runtime.errors import LoadFailed
from rung.runtime.scheduling.invariants import violations
from rung.runtime.spec import Footprint, GiB, Placeable, Placement, Variant
from rung.runtime.testing import FakeSpawner


def placement(name: str = "v", resident: int = GiB) -> Placement:
    footprint = Footprint(resident=resident)
    place = Placeable(device="cpu", precision="fp32", footprint=footprint)
    variant = Variant(
        name=name, task="compute", title=name, loader="m:C", runtime="onnx", kind="real", places=(place,), limit_s=30.0
    )
    return Placement(variant=variant, device="cpu", precision="fp32", threads=1, footprint=footprint)


def test_the_limit_of_a_load_follows_from_its_bytes() -> None:
    assert load_limit_s([placement(resident=2 * GiB)]) == LEAST_S + 2 * GiB / SLOWEST_BPS


def test_what_was_measured_to_be_slower_is_given_more() -> None:
    assert load_limit_s([replace(placement(), load_s=20.0)]) == LEAST_S + 200.0


def test_warming_up_has_its_time_on_top() -> None:
    warm, cold = replace(placement(), warmup=2), placement()

    assert load_limit_s([warm]) == load_limit_s([cold]) + 60.0


def test_a_load_that_compiles_is_given_the_time_for_it() -> None:
    plain = placement()
    able = replace(plain, variant=replace(plain.variant, compile_s=900.0))

    assert load_limit_s([able]) == load_limit_s([plain])
    assert load_limit_s([replace(able, options={"compile": True})]) == load_limit_s([plain]) + 900.0


def test_what_the_user_says_holds() -> None:
    assert load_limit_s([replace(placement(), load_limit_s=5.0, load_s=100.0)]) == 5.0


async def test_a_load_that_does_not_end_is_ended_says_why_and_gives_its_memory_back() -> None:
    spawner = FakeSpawner(stuck=lambda variant: variant == "stuck")
    spawner.hold.set()
    placements = {"stuck": replace(placement("stuck"), load_limit_s=0.05), "well": placement("well")}
    async with asyncio.timeout(10), Engine(placements, {"cpu": GiB}, 2, spawner) as running:
        with pytest.raises(LoadFailed, match=r"after 0 s.* 1\.0 GiB .*\[variant\.stuck\] load_limit_s"):
            await running.call("stuck", 1, deadline=time.monotonic() + 5)
        answer = await running.call("well", 1, deadline=time.monotonic() + 5)
        assert running.used() == {"cpu": GiB}
        assert violations(running.scheduler) == []

    assert answer.output == 1
    assert spawner.workers[0].exited.result() == "ended"
