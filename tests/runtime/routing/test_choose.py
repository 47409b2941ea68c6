from __future__ import annotations

from dataclasses import replace

import pytest

from rung.runtime.errors import InvalidInput, NoRung, TaskOff
from rung.runtime.routing.choose import check_names, routes
from rung.runtime.spec import Footprint, Kind, Placeable, Placement, Policy, Rejection, TaskPlan, Variant

LADDER = ("huge", "small", "quick", "classic")


def rung(name: str, kind: Kind = "real", forced: bool = False) -> Placement:
    footprint = Footprint(resident=1)
    place = Placeable(device="cpu", precision="fp32", footprint=footprint)
    variant = Variant(name=name, task="t", title=name, loader="m:C", runtime="onnx", kind=kind, places=(place,))
    return Placement(
        variant=variant, device="cpu", precision="fp32", threads=2, footprint=footprint, reason="fits", forced=forced
    )


def plan(*rungs: Placement, mode: str = "real") -> TaskPlan:
    missing = Rejection(variant="huge", code="weights", reason="2.4 GiB not here", remedy="rung weights pull huge")
    return TaskPlan(task="t", mode=mode, rungs=rungs, rejected=(missing,), ladder=LADDER, note="set mode to real")  # type: ignore[arg-type]


USUAL = plan(rung("small"), rung("quick", "quantized"), rung("classic", "substitute"))


def names(policy: Policy, task: TaskPlan = USUAL) -> list[str]:
    return [route.placement.variant.name for route in routes(task, policy)]


def test_without_a_policy_every_rung_may_answer_best_first() -> None:
    assert names(Policy()) == ["small", "quick", "classic"]


def test_the_answer_says_what_it_is_a_step_down_from_and_why() -> None:
    best, second, _ = routes(USUAL, Policy())

    assert (best.degraded_from, second.degraded_from) == ("huge", "huge")
    assert best.reason == "passed over huge: 2.4 GiB not here"


def test_the_top_of_the_ladder_is_no_step_down() -> None:
    (only,) = routes(plan(rung("huge")), Policy())

    assert only.degraded_from is None
    assert only.reason == "the highest rung of the ladder"


def test_what_nobody_set_up_is_no_step_down_and_what_is_missing_beside_it_still_is() -> None:
    unset = Rejection(variant="huge", code="unset", reason="huge: it is for a model of your own, and none is given.")
    missing = Rejection(variant="small", code="weights", reason="small: 2.4 GiB not here")

    (plain,) = routes(replace(plan(rung("small")), rejected=(unset,)), Policy())
    (lower,) = routes(replace(plan(rung("quick")), rejected=(unset, missing)), Policy())
    fallback = routes(replace(plan(rung("small"), rung("quick")), rejected=(unset,)), Policy())[1]

    assert (plain.degraded_from, plain.reason) == (None, "the highest rung that is set up")
    assert (lower.degraded_from, lower.reason) == ("small", "passed over small: 2.4 GiB not here")
    assert fallback.degraded_from == "small"


def test_a_floor_of_real_refuses_a_substitute() -> None:
    assert names(Policy(quality_floor="real")) == ["small", "quick"]


def test_a_variant_as_floor_refuses_what_is_below_it() -> None:
    assert names(Policy(quality_floor="quick")) == ["small", "quick"]


def test_a_forced_variant_is_the_only_one() -> None:
    assert names(Policy(variant="classic")) == ["classic"]


def test_a_floor_that_nothing_reaches_is_refused_with_every_reason() -> None:
    with pytest.raises(NoRung) as refusal:
        routes(USUAL, Policy(quality_floor="huge"))

    assert "huge: 2.4 GiB not here (rung weights pull huge)" in refusal.value.message
    assert [r["variant"] for r in refusal.value.details["reasons"]] == list(LADDER)


def test_what_a_command_mends_is_told_before_what_wants_a_licence_and_every_remedy_ends_once() -> None:
    refused = (
        Rejection(
            variant="huge", code="licence", reason="huge: AGPL.", remedy="[variant.huge] force = true, if you may."
        ),
        Rejection(variant="small", code="weights", reason="small: not here.", remedy="rung weights pull small"),
    )
    with pytest.raises(NoRung) as refusal:
        routes(replace(plan(), rungs=(), rejected=refused), Policy())

    assert refusal.value.message.endswith(
        "small: not here (rung weights pull small); huge: AGPL ([variant.huge] force = true, if you may)"
    )


def test_a_forced_variant_that_is_not_feasible_says_its_own_reason_only() -> None:
    with pytest.raises(NoRung) as refusal:
        routes(USUAL, Policy(variant="huge"))

    assert [r["variant"] for r in refusal.value.details["reasons"]] == ["huge"]


def test_a_mock_answers_only_where_the_request_does_not_refuse_it() -> None:
    mocked = plan(rung("mock", "mock", forced=True), mode="mock")

    assert names(Policy(), mocked) == ["mock"]
    assert routes(mocked, Policy())[0].reason.startswith("forced by configuration")
    with pytest.raises(NoRung):
        routes(mocked, Policy(allow_mock=False))


def test_a_mock_is_below_a_floor_of_real() -> None:
    with pytest.raises(NoRung):
        routes(plan(rung("mock", "mock"), mode="mock"), Policy(quality_floor="real"))


def test_a_task_that_is_off_says_how_to_switch_it_on() -> None:
    with pytest.raises(TaskOff, match="set mode to real"):
        routes(plan(mode="off"), Policy())


@pytest.mark.parametrize("field", ["quality_floor", "variant"])
def test_a_name_that_no_ladder_has_is_refused_with_the_nearest(field: str) -> None:
    with pytest.raises(InvalidInput, match="did you mean quick"):
        check_names({"t": USUAL}, Policy(**{field: "quik"}))


def test_a_name_of_another_ladder_says_nothing_about_this_one() -> None:
    assert names(Policy(variant="lama")) == ["small", "quick", "classic"]
