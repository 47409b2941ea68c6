"""What a fleet remembers of its routes: as long as the plan is the same, and never across policies."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from rung.runtime.caller import Ask
from rung.runtime.engine import EngineAnswer
from rung.runtime.errors import InvalidInput, NoRung, OutsideRange, ProviderFailed, RungError
from rung.runtime.nodes.fleet import Fleet
from rung.runtime.spec import Footprint, Machine, Placement, Plan, Policy, Quality, TaskPlan, Variant


def placed(name: str, kind: Any = "real") -> Placement:
    variant = Variant(
        name=name, task="echo", title=name, loader="x:y", runtime="toy", kind=kind, places=(),
        quality=Quality(value=None, metric="none"),
    )  # fmt: skip
    return Placement(variant=variant, device="cpu", precision="none", footprint=Footprint(resident=1), threads=1)


def plan_of(*rungs: Placement) -> Plan:
    names = tuple(rung.variant.name for rung in rungs)
    task = TaskPlan(task="echo", mode="real", rungs=rungs, rejected=(), ladder=names)
    machine = Machine(name="here", cores=1, ram_total=None, ram_free=None, devices=())
    return Plan(machine=machine, tasks={"echo": task}, budgets={"cpu": 1}, threads=1)


class Node:
    """Says which variant and seed it was asked for."""

    name = "local"

    async def call(self, variant: str, input: Any, *, seed: int | None, **more: Any) -> EngineAnswer:
        return EngineAnswer(
            output=(variant, seed), queue_s=0, load_s=0, run_s=0, peak_bytes=None, cached=(), warnings=(), attempts=1
        )


class House:
    """A fleet whose plan can be changed."""

    def __init__(self, *rungs: Placement) -> None:
        self.plan = plan_of(*rungs)
        self.fleet = Fleet(plan=lambda: self.plan, node=Node())  # type: ignore[arg-type]

    async def ask(self, task: str = "echo", **policy: Any) -> Any:
        until = time.monotonic() + 9
        answer = await self.fleet.call(task, 1, Ask(policy=Policy(**policy), deadline=until))
        return answer.output


async def test_a_new_plan_counts_at_once() -> None:
    house = House(placed("large"), placed("small"))
    assert await house.ask() == ("large", None)

    house.plan = replace(house.plan, tasks={"echo": replace(house.plan.tasks["echo"], rungs=(placed("small"),))})
    assert await house.ask() == ("small", None)


async def test_policies_do_not_answer_for_each_other() -> None:
    house = House(placed("large", "substitute"), placed("small"))

    assert await house.ask() == ("large", None)
    assert await house.ask(quality_floor="real") == ("small", None)
    assert await house.ask(variant="small") == ("small", None)
    assert await house.ask() == ("large", None)


async def test_every_call_has_its_own_seed() -> None:
    house = House(placed("large"))

    assert [await house.ask(seed=seed) for seed in (1, None, 2)] == [("large", 1), ("large", None), ("large", 2)]
    assert len(house.fleet._routed.found) == 1


async def test_what_is_refused_is_refused_again() -> None:
    house = House(placed("large", "substitute"))

    for _ in range(2):
        with pytest.raises(NoRung):
            await house.ask(quality_floor="real")
        with pytest.raises(InvalidInput, match="did you mean large"):
            await house.ask(variant="larg")
        with pytest.raises(InvalidInput, match="no task"):
            await house.ask(task="nothing")


class Picky(Node):
    """Its large variant refuses every call with the given error."""

    def __init__(self, error: RungError) -> None:
        self.error = error

    async def call(self, variant: str, input: Any, **more: Any) -> EngineAnswer:
        if variant == "large":
            raise self.error
        return await super().call(variant, input, **more)


@pytest.mark.parametrize("error", [OutsideRange("length is 9, trained to 5."), ProviderFailed("429", retry_after_s=3)])
async def test_a_rung_that_was_not_made_for_the_input_leaves_it_to_the_next_one(error: RungError) -> None:
    fleet = Fleet(plan=lambda: plan_of(placed("large"), placed("small")), node=Picky(error))  # type: ignore[arg-type]

    answer = await fleet.call("echo", 1, Ask(policy=Policy(), deadline=time.monotonic() + 9))

    assert answer.output == ("small", None) and answer.provenance.degraded_from == "large"
    assert f"large: {error.message}" in answer.warnings[0] and error.message in answer.provenance.reason


async def test_where_that_rung_was_asked_for_by_name_its_refusal_is_the_answer() -> None:
    fleet = Fleet(plan=lambda: plan_of(placed("large"), placed("small")), node=Picky(OutsideRange("no")))  # type: ignore[arg-type]

    with pytest.raises(OutsideRange, match="no"):
        await fleet.call("echo", 1, Ask(policy=Policy(variant="large"), deadline=time.monotonic() + 9))
