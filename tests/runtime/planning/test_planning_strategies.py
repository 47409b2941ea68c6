"""How components are held: by the budgets, with the slowdown stated, or as the user says; and in groups."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning_makers import RUNTIMES, gib, machine, only, place, plan_of, refused, settings, variant, weights, wishes

from rung.runtime.engine.beside import ram_beside
from rung.runtime.planning.groups import footprint_of_group
from rung.runtime.planning.plan import make_plan
from rung.runtime.planning.strategies import DISK, LINK, STRATEGIES, holdings
from rung.runtime.settings import MachineSettings, VariantSettings
from rung.runtime.spec import Component, Facts, Footprint, Latency, Measured

TEXT = Component(name="text", bytes=gib(8), key="t", weights=("text.st",), block=gib(0.75))
NET = Component(name="transformer", bytes=gib(8.25), key="n", weights=("net.st",), block=gib(0.5), passes=4)
VAE = Component(name="vae", bytes=gib(0.25), key="v", weights=("vae.st",))
WHOLE = gib(16.5)
FILES = tuple(weights(name) for name in ("text.st", "net.st", "vae.st"))


def klein(name="klein", *components: Component, **more):
    """16.5 GiB of components, half a gibibyte beside them, at any size of picture 1 GiB of working memory."""
    cuda = place("cuda", 17.0, precision="bf16", latency_s=3.0)
    whole = replace(cuda, footprint=Footprint(resident=gib(17), working=gib(1)))
    return variant(name, whole, components=components or (TEXT, NET, VAE), weights=FILES, **more)


@pytest.mark.parametrize(
    ("card", "strategy", "held"),
    [
        (20, "resident", 17.0),
        (12, "component-offload", 8.75),
        (4, "sequential-offload", 1.25),
    ],
)
def test_the_fastest_strategy_that_fits_is_taken(card, strategy, held):
    rung = only([klein()], machine(ram=64, cards=[card]))

    assert rung.strategy == strategy
    assert rung.footprint.resident == gib(held)
    assert rung.ram == (0 if strategy == "resident" else WHOLE)


def test_the_reason_names_what_fits_and_what_does_not_with_numbers():
    reason = only([klein()], machine(ram=64, cards=[12])).reason

    assert "component-offload: transformer 8.2 GiB alone fits the budget of 11.4 GiB" in reason
    assert "all components 16.5 GiB do not" in reason
    assert "longer than resident (estimated: 16.5 GiB moved per call / 6.0 GB/s assumed of the link" in reason


def test_the_disk_is_left_where_the_ram_does_not_hold_the_components():
    rung = only([klein()], machine(ram=16, cards=[12]))

    assert rung.strategy == "group-offload-disk"
    assert rung.ram == gib(0.75)
    assert "needs 16.5 GiB RAM beside the device for component-offload" in rung.reason


def test_the_estimate_is_bytes_moved_over_the_rate_of_the_link():
    by = {way.strategy: way for way in holdings(klein(), Footprint(resident=gib(17)), "cuda")}

    assert tuple(by) == STRATEGIES
    assert by["resident"].estimate is None
    assert by["component-offload"].estimate.seconds == pytest.approx(WHOLE / LINK)
    passes = gib(8) + 4 * gib(8.25) + gib(0.25)
    assert by["sequential-offload"].estimate.seconds == pytest.approx(passes / LINK)
    assert by["group-offload-disk"].estimate.seconds == pytest.approx(passes / DISK)


def test_the_catalogues_latency_is_told_with_the_slowdown():
    rung = only([klein()], machine(ram=64, cards=[12]))

    assert rung.latency.fixed == pytest.approx(3.0 + WHOLE / LINK)
    assert rung.slowdown.source == "estimate"


def test_a_slowdown_that_was_measured_replaces_the_estimate():
    offloaded = only([klein()], machine(ram=64, cards=[12]))
    resident = replace(only([klein()], machine(ram=64, cards=[24])).subject, hardware=offloaded.subject.hardware)
    facts = Facts(
        weights={w.name: f"/c/{w.name}" for w in FILES},
        measured={
            resident: Measured(latency=Latency(fixed=2.0, source="measured")),
            offloaded.subject: Measured(latency=Latency(fixed=5.5, source="measured")),
        },
    )

    rung = only([klein()], machine(ram=64, cards=[12]), facts=facts)

    assert (rung.slowdown.seconds, rung.slowdown.source) == (3.5, "measured")
    assert rung.latency.fixed == 5.5


def test_the_slower_strategies_that_have_room_are_the_fallbacks():
    assert only([klein()], machine(ram=64, cards=[24])).fallbacks == STRATEGIES[1:]
    assert only([klein()], machine(ram=16, cards=[24])).fallbacks == ("group-offload-disk",)


def test_the_user_fixes_the_strategy_and_then_nothing_else_is_taken():
    forced = only([klein()], machine(ram=64, cards=[24]), wishes("klein", strategy="sequential-offload"))

    assert (forced.strategy, forced.fallbacks) == ("sequential-offload", ())
    assert "strategy = sequential-offload" in forced.reason
    assert "do not" not in forced.reason
    refusal = refused([klein()], machine(ram=64, cards=[12]), wishes("klein", strategy="resident"))
    assert refusal.code == "memory"
    assert "needs 18.0 GiB VRAM at bf16, the largest budget is 11.4 GiB" in refusal.reason


def test_on_a_cpu_only_the_disk_saves_memory():
    model = variant("m", place("cpu", 17.0), components=(TEXT, NET), weights=FILES)

    assert only([model], machine(ram=32)).strategy == "resident"
    rung = only([model], machine(ram=16))
    assert rung.strategy == "group-offload-disk"
    assert rung.ram == 0  # its footprint is that of the RAM
    refusal = refused([model], machine(ram=32), wishes("m", strategy="component-offload"))
    assert refusal.code == "config"
    assert "on cpu it can be held as resident and group-offload-disk" in refusal.reason


def test_a_variant_in_one_piece_is_resident_or_refused():
    piece = variant("p", place("cuda", 17.0))

    assert refused([piece], machine(ram=64, cards=[12])).code == "memory"
    refusal = refused([piece], machine(ram=64, cards=[24]), wishes("p", strategy="component-offload"))
    assert "declares no components" in refusal.reason


# --- groups -------------------------------------------------------------------------------------------


def household(on, by=None, left=None, right=None):
    """Two variants of one group, of two tasks."""
    other = replace(NET, key="z", name="transformer", bytes=gib(4))
    left = left or klein("left", group="g", task="generate")
    right = right or klein("right", TEXT, other, VAE, group="g", task="edit")
    facts = Facts(weights={w.name: f"/c/{w.name}" for w in FILES})
    ladders = {"generate": [left], "edit": [right]}
    plan = make_plan(on, ladders, RUNTIMES, facts, by or settings())
    return [rung for task in plan.tasks.values() for rung in task.rungs]


def test_members_share_a_worker_where_they_fit_together():
    left, right = household(machine(ram=64, cards=[48]))

    assert (left.group, right.group) == ("g", "g")
    assert (left.strategy, right.strategy) == ("resident", "resident")
    assert footprint_of_group([left, right]).resident < left.footprint.resident + right.footprint.resident
    assert "Shares the worker of the group g with right: text (8.0 GiB) and vae (256 MiB) is held once" in left.reason


def test_members_that_fit_alone_and_not_together_offload_together():
    left, right = household(machine(ram=64, cards=[20]))

    assert (left.group, right.group) == ("g", "g")
    assert (left.strategy, right.strategy) == ("component-offload", "component-offload")
    assert footprint_of_group([left, right]).peak() <= gib(19)
    assert "the group's whole does not" in left.reason


def test_what_the_user_fixed_of_one_member_stays():
    by = settings(variants={"left": VariantSettings(strategy="sequential-offload")})

    left, right = household(machine(ram=64, cards=[48]), by)

    assert (left.strategy, right.strategy) == ("sequential-offload", "resident")


def test_members_that_cannot_live_together_have_workers_of_their_own():
    by = settings(variants={v: VariantSettings(strategy="resident") for v in ("left", "right")})

    left, right = household(machine(ram=64, cards=[20]), by)

    assert (left.group, right.group) == ("", "")
    assert "a worker of its own: together they need" in right.reason


def test_a_member_of_another_place_has_a_worker_of_its_own():
    right = variant("right", place("cpu", 1.0), task="edit", group="g", components=(VAE,), weights=FILES)

    left, right = household(machine(ram=64, cards=[48]), right=right)

    assert (left.group, right.group) == ("", "")


def test_what_was_made_with_fewer_bits_shares_a_worker_of_its_own_and_not_its_sources():
    whole = [klein(name, group="g") for name in ("left", "right")]
    few = [
        replace(v, name=f"{v.name}-fp8", runtime="diffusion", places=(replace(v.places[0], precision="fp8"),))
        for v in (*whole, klein("alone", group="h"))
    ]
    facts = Facts(weights={w.name: f"/c/{w.name}" for w in FILES})
    ladder = [*whole, klein("alone", group="h"), *few]

    runtimes = {**RUNTIMES, "diffusion": replace(RUNTIMES["onnx"], name="diffusion")}

    plan = make_plan(machine(ram=64, cards=[48]), {"generate": ladder}, runtimes, facts, settings())

    rungs = {rung.variant.name: rung for rung in plan.tasks["generate"].rungs}
    assert {name: rung.group for name, rung in rungs.items()} == {
        "left": "g", "right": "g", "left-fp8": "g-fp8", "right-fp8": "g-fp8", "alone": "", "alone-fp8": ""
    }  # fmt: skip
    assert "Shares the worker of the group g-fp8 with right-fp8: text" in rungs["left-fp8"].reason
    assert "of the group h it has a worker of its own: alone is placed otherwise" in rungs["alone-fp8"].reason.lower()


def test_members_go_to_the_device_of_the_first():
    left, right = household(machine(ram=64, cards=[48, 48]))

    assert left.device == right.device
    assert left.group == "g"


def test_a_member_that_is_alone_needs_no_group():
    rung = only([klein(group="g")], machine(ram=64, cards=[48]))

    assert rung.group == ""
    assert "group" not in rung.reason


def test_an_offload_needs_ram_although_no_model_may_run_on_the_cpu():
    by = settings(MachineSettings(devices=("cuda",)))

    assert only([klein()], machine(ram=64, cards=[12]), by).strategy == "component-offload"
    assert only([klein()], machine(ram=12, cards=[12]), by).strategy == "group-offload-disk"


@pytest.mark.parametrize(
    ("strategies", "ram"),
    [
        ({}, 0),
        ({"one": "resident"}, 0),
        ({"one": "component-offload"}, WHOLE),
        ({"one": "sequential-offload", "other": "component-offload"}, WHOLE),
        ({"one": "group-offload-disk"}, gib(0.75)),
        ({"one": "group-offload-disk", "other": "component-offload"}, WHOLE + gib(0.75)),
    ],
)
def test_what_a_worker_keeps_in_ram_follows_from_how_its_members_are_held(strategies, ram):
    ladder = [klein("one", group="g"), klein("other", group="g")]
    members = plan_of(ladder, machine(ram=64, cards=[40])).rungs
    assert [one.strategy for one in members] == ["resident", "resident"]

    assert ram_beside(members, strategies) == ram
