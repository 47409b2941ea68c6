"""`/v1/tasks` says of each figure of a rung where it comes from."""

import json
from dataclasses import replace

import pytest
from starlette.requests import Request

from rung.runtime.server.body import Intake
from rung.runtime.server.models import Models
from rung.runtime.spec import Footprint, Latency, Machine, MiB, Placement, Plan, TaskPlan, Variant


def a_plan(**figures) -> Plan:
    variant = Variant(name="v", task="t", title="", loader="m:C", runtime="r", kind="real", places=())
    rung = Placement(
        variant=variant, device="cpu", precision="fp32", threads=1, footprint=Footprint(resident=MiB), latency=None
    )
    task = TaskPlan(task="t", mode="real", rungs=(replace(rung, **figures),), rejected=(), ladder=("v",))
    machine = Machine(name="m", cores=1, ram_total=None, ram_free=None, devices=())
    return Plan(machine=machine, tasks={"t": task}, budgets={}, threads=1)


async def told(plan: Plan) -> dict:
    models = Models(plan=lambda: plan, status=lambda: {}, admin=None, intake=Intake())
    answer = await models.tasks(Request({"type": "http", "method": "GET", "headers": [], "path": "/v1/tasks"}))
    return json.loads(answer.body)["tasks"][0]["rungs"][0]


@pytest.mark.parametrize("source", ["measured", "catalogue"])
async def test_each_figure_has_its_source(source):
    footprint = Footprint(resident=MiB, working=2 * MiB, working_per_pixel=3.0, source=source)
    rung = await told(
        a_plan(footprint=footprint, latency=Latency(fixed=0.5, per_pixel=1e-6, source=source), load_s=2.0)
    )

    assert (rung["footprint"]["source"], rung["latency"]["source"]) == (source, source)
    assert (rung["footprint"]["working_per_pixel"], rung["latency"]["per_pixel"], rung["load_s"]) == (3.0, 1e-6, 2.0)


async def test_what_nobody_measured_is_null():
    rung = await told(a_plan())

    assert (rung["footprint"]["source"], rung["latency"], rung["load_s"]) == ("catalogue", None, None)
