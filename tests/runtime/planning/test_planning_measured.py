"""What was measured on this hardware replaces the catalogue's figures; what was measured on anything else does not."""

from dataclasses import replace

import pytest
from planning_makers import gib, machine, only, place, plan_of, refused, settings, variant, weights, wishes

from rung.runtime.settings import VariantSettings
from rung.runtime.spec import Facts, Footprint, Latency, Measured, Placeable

V = variant("v", place("cpu", 1.0, latency_s=5.0))
THREE = Footprint(resident=gib(3), source="measured")


def facts(of, footprint=THREE, latency=None, load_s=None) -> Facts:
    return Facts(measured={of: Measured(footprint=footprint, latency=latency, load_s=load_s)})


def test_measured_figures_replace_the_catalogues_and_say_so():
    line = Latency(fixed=0.5, per_pixel=1e-6, source="measured")

    rung = only([V], facts=facts(only([V]).subject, latency=line, load_s=2.5))

    assert (rung.footprint, rung.latency, rung.load_s) == (THREE, line, 2.5)
    assert "(measured here)" in rung.reason


def test_what_was_not_measured_stays_the_catalogues():
    rung = only([V])

    assert (rung.footprint.source, rung.latency, rung.load_s) == ("catalogue", Latency(fixed=5.0), None)
    assert "(from the catalogue)" in rung.reason
    assert only([variant("v", place("cpu", 1.0))]).latency is None


def test_each_figure_has_a_source_of_its_own():
    rung = only([V], facts=facts(only([V]).subject, latency=None, load_s=1.0))

    assert (rung.footprint.source, rung.latency.source) == ("measured", "catalogue")


def test_a_variant_that_was_measured_to_need_too_much_is_passed_over():
    subject = only([V], machine(ram=4)).subject
    large = Footprint(resident=gib(6), source="measured")

    assert refused([V], machine(ram=4), facts=facts(subject, large)).code == "memory"


@pytest.mark.parametrize(
    "other",
    [
        {"hardware": "another CPU, 8 cores"},
        {"hardware": "cpu, 4 cores"},
        {"precision": "int8"},
        {"device": "cuda"},
        {"variant": "w"},
        {"terms": 'caps.side=9999 threads=8 weights=""'},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_measurement_of_anything_else_never_counts(other):
    subject = replace(only([V]).subject, **other)

    assert only([V], facts=facts(subject)).footprint.source == "catalogue"


def test_figures_of_one_precision_do_not_let_another_seem_to_fit():
    two = variant("two", place("cuda", 12.0, "fp32"), place("cuda", 2.0, "fp16"))
    small = only([two], machine(cards=(8,))).subject
    assert small.precision == "fp16"

    rung = only([two], machine(cards=(8,)), facts=facts(small, Footprint(resident=gib(1), source="measured")))

    assert (rung.precision, rung.footprint.source) == ("fp16", "measured")


def test_of_two_kinds_of_card_only_the_measured_one_is_known():
    both = machine(cards=(24, 8))
    named = tuple(replace(d, name=f"card of {d.memory_total}") if d.kind == "cuda" else d for d in both.devices)
    both = replace(both, devices=named)
    one = variant("one", place("cuda", 10.0, "fp16"))
    large = only([one], both)
    assert large.device == "cuda:0"

    forced = settings(variants={"one": VariantSettings(device="cuda:1")})
    assert refused([one], both, forced, facts=facts(large.subject, Footprint(resident=gib(1)))).code == "memory"


@pytest.mark.parametrize(
    "wish",
    [
        {"threads": 1},
        {"warmup": 2},
        {"caps": {"side": 64}},
        {"options": {"prepack": True}},
        {"weights": {"w.onnx": "/mine"}},
    ],
    ids=lambda wish: next(iter(wish)),
)
def test_what_the_user_changes_takes_the_measurement_away(wish):
    ladder = [
        variant("v", Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=1), caps={"side": 512}),
                options={"prepack": False}, weights=(weights(),))
    ]  # fmt: skip
    here = {"w.onnx": "/c/w.onnx"}
    measured = replace(facts(only(ladder).subject), weights=here)
    assert only(ladder, facts=measured).footprint == THREE

    (rung,) = plan_of(ladder, by=wishes("v", **wish), facts=measured).rungs

    assert rung.footprint.source == "catalogue"


def test_a_new_weight_file_takes_the_measurement_away():
    old, new = (variant("v", weights=(replace(weights(), sha256=sha),)) for sha in ("0" * 64, "1" * 64))

    assert only([old]).subject != only([new]).subject


def test_the_number_of_warm_ups_is_the_users_else_the_catalogues():
    ladder = [variant("v", warmup=2)]

    assert (only(ladder).warmup, only(ladder, by=wishes("v", warmup=0)).warmup) == (2, 0)
    assert "Forced by configuration: warmup = 0." in only(ladder, by=wishes("v", warmup=0)).reason
