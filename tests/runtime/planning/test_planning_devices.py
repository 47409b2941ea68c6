from dataclasses import replace

import pytest
from planning_makers import gib, machine, only, place, plan_of, refused, settings, variant, wishes

from rung.runtime.planning.budgets import memory_budgets
from rung.runtime.settings import MachineSettings, Preload, VariantSettings
from rung.runtime.spec import Device, GiB

SAM = variant("sam-vit-h", place("cuda", 7.9, "fp16"))
BOTH = variant("both", place("cuda", 6.0, "fp16"), place("cpu", 8.0))


def test_too_little_vram_is_said_with_both_numbers():
    rejection = refused([SAM], machine(cards=(5.6,)))

    assert rejection.code == "memory"
    assert rejection.reason == "sam-vit-h: needs 7.9 GiB VRAM at fp16, the largest budget is 5.1 GiB."


def test_numbers_that_round_alike_are_shown_with_more_digits():
    by = settings(MachineSettings(vram_budget={"cuda": gib(7.9) - 1_000_000}))

    assert (
        "needs 7.900 GiB VRAM at fp16, the largest budget is 7.899 GiB"
        in refused([SAM], machine(cards=(8,)), by).reason
    )


def test_a_variant_falls_to_its_next_place_and_says_what_it_would_prefer():
    rung = only([BOTH], machine())

    assert (rung.device, rung.precision) == ("cpu", "fp32")
    assert "Preferred, but not possible: it wants cuda, and this machine has no such device." in rung.reason
    assert "its peak of 8.0 GiB (from the catalogue) fits the budget of 30.0 GiB" in rung.reason


def test_the_first_place_that_fits_is_taken():
    assert only([BOTH], machine(cards=(24,))).device == "cuda:0"


def test_what_prefers_the_cpu_stays_there_although_a_card_is_here():
    tree = variant("trees", place("cpu", 0.1), place("cuda", 0.1))

    assert only([tree], machine(cards=(24,))).device == "cpu"


def test_rungs_spread_over_equal_cards_by_what_is_left():
    ladder = [variant(f"v{i}", place("cuda", 10.0, "fp16")) for i in range(4)]

    four = plan_of(ladder, machine(cards=(24,) * 4))
    one = plan_of(ladder, machine(cards=(24,)))

    assert [r.device for r in four.rungs] == ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]
    assert [r.device for r in one.rungs] == ["cuda:0"] * 4
    assert "Of 4 fitting devices cuda:1 has the most left." in four.rungs[1].reason


def test_the_largest_card_decides_whether_a_variant_fits():
    assert only([SAM], machine(cards=(4, 12))).device == "cuda:1"


def test_memory_that_other_processes_hold_is_not_ours():
    cpu, card = machine(cards=(24,)).devices
    busy = Device(id="cuda:0", kind="cuda", memory_total=card.memory_total, memory_free=gib(6))

    rejection = refused([SAM], machine(devices=(cpu, busy)))

    assert "the largest budget is 4.8 GiB" in rejection.reason
    assert "Free what other programs hold" in rejection.remedy


def test_a_device_outside_the_allow_list_is_not_used():
    by = settings(MachineSettings(devices=("cpu",)))

    assert only([BOTH], machine(cards=(24,)), by).device == "cpu"
    assert "the allow-list does not take cuda:0" in refused([SAM], machine(cards=(24,)), by).reason


def test_nothing_is_placed_where_the_memory_is_unknown():
    dark = machine(ram_total=None, ram_free=None, devices=(Device(id="cpu", kind="cpu"),))

    rejection = refused([variant()], dark)

    assert (rejection.code, rejection.remedy) == ("memory", "Say it: [machine] ram_budget.")
    assert only([variant()], dark, settings(MachineSettings(ram_budget=gib(2)))).device == "cpu"


@pytest.mark.parametrize(
    ("ram", "fixed", "budget"),
    [(32, None, 30 * GiB), (10, None, 9 * GiB), (1, None, 768 * 1024**2), (32, gib(6), 6 * GiB), (4, gib(6), 4 * GiB)],
)
def test_the_ram_budget_is_free_less_a_reserve_or_what_is_set(ram, fixed, budget):
    (cpu,) = memory_budgets(machine(ram=ram), MachineSettings(ram_budget=fixed))

    assert cpu.bytes == budget


def test_a_forced_device_and_precision_are_taken_and_marked():
    fixed = {"both": VariantSettings(device="cpu", precision="fp32")}
    rung = only([BOTH], machine(cards=(24,)), replace(settings(), variants=fixed))

    assert (rung.device, rung.forced) == ("cpu", True)
    assert rung.reason.endswith("Forced by configuration: device = cpu and precision = fp32.")


def test_a_forced_device_that_is_not_here_names_those_that_are():
    rejection = refused([BOTH], machine(cards=(24,)), wishes("both", device="cuda:3"))

    assert rejection.code == "device"
    assert "wants cuda:3, but this machine has cpu and cuda:0" in rejection.reason


def test_a_forced_precision_that_the_variant_does_not_have_names_its_places():
    rejection = refused([BOTH], by=wishes("both", precision="int8"))

    assert rejection.code == "config"
    assert "it has only cuda at fp16 and cpu at fp32" in rejection.reason


def test_threads_are_the_cores_budget_and_never_more():
    assert only([variant()], machine(cores=2)).threads == 2
    assert only([variant()], machine(cores=2), wishes("v", threads=16)).threads == 2
    assert only([variant(options={"threads": 3})], machine(cores=8)).threads == 3
    assert only([variant()], machine(cores=8), settings(MachineSettings(threads=5))).threads == 5
    assert only([variant("g", place("cuda"))], machine(cards=(8,), cores=48)).threads == 4
    assert only([variant(light=True)], machine(cores=8)).threads == 1


def test_caps_of_the_device_and_of_the_user_are_merged_and_said():
    capped = variant("v", place("cpu", caps={"side": 512, "steps": 8}))

    rung = only([capped], by=wishes("v", caps={"steps": 4}))

    assert rung.caps == {"side": 512, "steps": 4}
    assert "Working side capped at 512 and steps capped at 4 on cpu." in rung.reason


def test_apples_gpu_shares_the_budget_of_the_ram():
    cpu = machine(ram=16).devices[0]
    mac = machine(ram=16, devices=(cpu, Device(id="mps", kind="mps", memory_total=gib(16), memory_free=gib(16))))
    on_mps = variant("v", place("mps", 4.0, "fp16"))

    assert only([on_mps], mac).device == "mps"
    assert refused([on_mps], mac, settings(MachineSettings(ram_budget=gib(3)))).code == "memory"


DRAWER = variant("drawer", place("cuda", 10.0, "fp16"))


def test_a_replica_goes_to_each_further_device_that_holds_it_the_roomiest_first():
    rung = only([DRAWER], machine(cards=(16, 24, 8, 20)), wishes("drawer", replicas=3))

    assert (rung.device, rung.replicas) == ("cuda:1", ("cuda:3", "cuda:0"))
    assert "While calls wait and room is free it is loaded on cuda:3 and cuda:0 too." in rung.reason


def test_without_replicas_a_variant_is_in_one_place():
    assert only([DRAWER], machine(cards=(16, 24))).replicas == ()


def preloading(*devices: str) -> MachineSettings:
    return MachineSettings(preload=tuple(Preload(variant="drawer", device=device) for device in devices))


def test_a_variant_is_planned_where_it_is_to_be_preloaded():
    rung = only([DRAWER], machine(cards=(24, 16)), settings(preloading("cuda:1")))

    assert (rung.device, rung.replicas) == ("cuda:1", ())


def test_preloading_on_all_devices_asks_for_each_that_holds_it():
    rung = only([DRAWER], machine(cards=(16, 24, 8)), settings(preloading("all")))

    assert {rung.device, *rung.replicas} == {"cuda:0", "cuda:1"}


def test_a_variant_on_the_cpu_has_no_replica():
    assert only([variant("tree")], machine(), wishes("v", replicas=64)).replicas == ()
