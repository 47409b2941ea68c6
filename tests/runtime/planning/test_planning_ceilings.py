from dataclasses import replace

import pytest
from planning_makers import gib, machine, only, place, variant, weights, wishes

from rung.runtime.settings import VariantSettings
from rung.runtime.spec import LARGEST_PIXELS, Facts, Footprint, GiB, Measured, Placeable


def test_on_a_cpu_a_worker_may_hold_twice_its_peak_and_a_gib():
    growing = Placeable(
        device="cpu", precision="fp32", footprint=Footprint(resident=gib(1), working=gib(0.5), working_per_pixel=10.0)
    )

    rung = only([variant("v", growing)])

    assert rung.footprint.peak(LARGEST_PIXELS) == gib(1.5) + 250_000_000
    assert rung.memory_limit == 2 * rung.footprint.peak(LARGEST_PIXELS) + GiB


def test_but_never_more_than_the_machine_has():
    assert only([variant("v", place(peak=7))], machine(ram=12)).memory_limit == gib(12)


def test_what_is_unknown_is_no_bound():
    unknown = replace(machine(ram=12), ram_total=None)

    assert only([variant("v", place(peak=7))], unknown).memory_limit == gib(15)


def test_measured_figures_count_where_there_are_some():
    subject = only([variant("v", place(peak=1))]).subject
    measured = Facts(measured={subject: Measured(footprint=Footprint(resident=gib(3), source="measured"))})

    assert only([variant("v", place(peak=1))], facts=measured).memory_limit == gib(7)


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_on_another_device_there_is_no_ceiling_unless_the_user_wants_one(kind):
    on = machine(cards=(24,)) if kind == "cuda" else _apple()
    ladder = [variant("v", place(kind, 2.0, "fp16"))]

    assert only(ladder, on).memory_limit is None
    assert only(ladder, on, wishes("v", memory_limit=gib(4))).memory_limit == gib(4)


def _apple():
    made = machine(ram=32)
    (cpu,) = made.devices
    return replace(made, devices=(cpu, replace(cpu, id="mps", kind="mps")))


def test_the_users_limits_win_and_are_named_in_the_reason():
    rung = only([variant("v", place(peak=1))], by=wishes("v", memory_limit=gib(2), max_calls=500))

    assert (rung.memory_limit, rung.max_calls) == (gib(2), 500)
    assert "Forced by configuration: memory_limit = 2.0 GiB and max_calls = 500." in rung.reason
    assert only([variant("v", place(peak=1))]).max_calls is None


def test_the_hashes_are_those_of_the_catalogue_and_of_our_files_only():
    two = variant("v", weights=(weights("net/a.onnx"), weights("net/b.onnx")))
    own = wishes("v", weights={"net/b.onnx": "/mine/b.onnx"})

    assert only([two]).weight_hashes == {"net/a.onnx": "0", "net/b.onnx": "0"}
    assert only([two], by=own).weight_hashes == {"net/a.onnx": "0"}


def test_an_own_file_that_another_variants_section_names_is_the_users_too():
    """The store gives it to every variant that uses the same weight."""
    shared = variant("v", weights=(weights("net/a.onnx"),))
    other = {"w": VariantSettings(weights={"net/a.onnx": "/mine/a.onnx"})}
    here = Facts(weights={"net/a.onnx": "/mine/a.onnx"})

    assert only([shared], by=replace(wishes("v"), variants=other), facts=here).weight_hashes == {}
