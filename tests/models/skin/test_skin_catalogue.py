"""The ladder of `predict-tolerance`: the surrogate, its GPU variant passed over with the reason, the simulation."""

import json

import pytest

from rung.models.catalog import LADDERS, RUNTIMES
from rung.models.skin.surrogate import CARD, FOLDER
from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import Settings
from rung.runtime.spec import Device, Facts, GiB, Machine, TaskPlan


def planned(*cards: Device) -> TaskPlan:
    cpu = Device(id="cpu", kind="cpu", memory_total=16 * GiB, memory_free=16 * GiB)
    machine = Machine(name="m", cores=4, ram_total=16 * GiB, ram_free=16 * GiB, devices=(cpu, *cards))
    ladders = {"predict-tolerance": LADDERS["predict-tolerance"]}
    plan = make_plan(machine, ladders, RUNTIMES, Facts(), Settings(data_dir="/d", cache_dir="/c"))
    return plan.tasks["predict-tolerance"]


@pytest.mark.parametrize(
    "cards", [(), (Device(id="cuda:0", kind="cuda", memory_total=GiB * 24, memory_free=GiB * 24),)]
)
def test_trees_stay_on_the_cpu_whether_a_gpu_is_there_or_not_and_the_plan_says_why(cards: tuple[Device, ...]) -> None:
    plan = planned(*cards)

    assert [(rung.variant.name, rung.device) for rung in plan.rungs] == [
        ("skin-surrogate", "cpu"),
        ("skin-monte-carlo", "cpu"),
    ]
    (passed,) = plan.rejected
    assert (passed.variant, passed.code) == ("skin-surrogate-cuda", "worth")
    assert "a CPU answers a thousand at once in 4 ms" in passed.reason and "nobody has measured" in passed.reason


def test_the_quality_in_the_catalogue_is_the_record_s() -> None:
    error = json.loads((FOLDER / CARD).read_text("utf-8"))["error"]["median_relative"]

    assert LADDERS["predict-tolerance"][0].quality.value == round(1 - error, 3)
