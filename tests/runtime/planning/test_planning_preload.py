from planning_makers import machine, place, plan_of, settings, variant, wishes

from rung.runtime.planning.preload import preloads
from rung.runtime.settings import MachineSettings, Preload
from rung.runtime.spec import Plan

DRAWER, GIANT = variant("drawer", place("cuda", 10.0, "fp16")), variant("giant", place("cuda", 90.0, "fp16"))


def asked(*entries: str) -> tuple[Preload, ...]:
    return tuple(Preload(variant=name, device=device) for name, _, device in (e.partition("@") for e in entries))


def planned(*entries: str) -> Plan:
    by = settings(MachineSettings(preload=asked(*entries)))
    task = plan_of([DRAWER, GIANT], on := machine(cards=(24, 24, 8)), by)
    return Plan(machine=on, tasks={"segment": task}, budgets={}, threads=1)


def of(*entries: str) -> tuple[tuple[str, ...], dict[str, str]]:
    seats, left_out = preloads(planned(*entries), asked(*entries))
    return seats, dict(left_out)


def test_a_variant_is_loaded_where_it_is_planned():
    assert of("drawer") == (("drawer@cuda:0",), {})


def test_all_means_each_device_that_holds_it():
    assert of("drawer@all") == (("drawer@cuda:0", "drawer@cuda:1"), {})


def test_a_named_device_is_the_one():
    assert of("drawer@cuda:1") == (("drawer@cuda:1",), {})


def test_what_cannot_be_is_told_with_its_reason_and_the_rest_is_loaded():
    seats, left_out = of("giant", "drawer@cuda:2", "nowhere", "drawer")

    assert seats == ("drawer@cuda:0",)
    assert "90.0 GiB VRAM" in left_out["giant"]
    assert left_out["drawer@cuda:2"] == "drawer: of the devices here only cuda:0 will do."
    assert "not planned here" in left_out["nowhere"]


def test_a_replica_that_nobody_preloads_is_not_loaded():
    task = plan_of([DRAWER], on := machine(cards=(24, 24)), wishes("drawer", replicas=2))
    plan = Plan(machine=on, tasks={"segment": task}, budgets={}, threads=1)

    assert preloads(plan, asked("drawer"))[0] == ("drawer@cuda:0",)
