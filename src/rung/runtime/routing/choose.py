"""Which rungs of a ladder may answer one call, best first, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from rung.runtime.errors import InvalidInput, NoRung, TaskOff
from rung.runtime.spec import Placement, Policy, Privacy, Rejection, TaskPlan

REAL = ("real", "quantized")
_NEAR_TO_FAR = get_args(Privacy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One rung that may answer, what it is a step down from, and why it is this one."""

    placement: Placement
    degraded_from: str | None
    reason: str


def routes(plan: TaskPlan, policy: Policy) -> tuple[Route, ...]:
    """The rungs that this policy admits, best first; never empty.

    A policy names variants of one task, and a request asks for several: a name that this ladder does not have
    binds another task's calls and says nothing here.
    Raises TaskOff when configuration switched the task off, NoRung with a reason per rung when nothing is left.
    """
    if plan.mode == "off":
        raise TaskOff(f"{plan.task} is off. {plan.note}".strip(), task=plan.task)
    admitted, refused = [], list(plan.rejected)
    for rung in plan.rungs:
        reason = _refusal(rung, plan, policy)
        if reason is None:
            admitted.append(rung)
        else:
            refused.append(Rejection(variant=rung.variant.name, code="policy", reason=reason))
    if not admitted:
        raise _none_left(plan, policy, refused)
    return tuple(_route(rung, plan, refused) for rung in admitted)


def check_names(ladders: Mapping[str, TaskPlan], policy: Policy) -> None:
    """Raises InvalidInput when the policy names a variant that no ladder has: a typing error must not pass silently."""
    for field, name in (("quality_floor", policy.quality_floor), ("variant", policy.variant)):
        if not name or (field == "quality_floor" and name == "real"):
            continue
        if not any(name in plan.ladder for plan in ladders.values()):
            known = [name for plan in ladders.values() for name in plan.ladder]
            nearest = get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}"
            raise InvalidInput(f"options.{field} is {name!r}, which no ladder has; {hint}", field=f"options.{field}")


def _refusal(rung: Placement, plan: TaskPlan, policy: Policy) -> str | None:
    variant = rung.variant
    if _NEAR_TO_FAR.index(rung.reach) > _NEAR_TO_FAR.index(policy.privacy):
        away = "another machine" if rung.reach == "own" else "somebody else"
        return f"it would send what it is asked to {away}, and the request's privacy is {policy.privacy}"
    if policy.variant in plan.ladder and variant.name != policy.variant:
        return f"the request asks for {policy.variant}"
    if variant.kind == "mock" and policy.allow_mock is False:
        return "the request allows no mock"
    if policy.quality_floor == "real" and variant.kind not in REAL:
        return f"the request's quality floor is real, and this is a {variant.kind}"
    if policy.quality_floor in plan.ladder and variant.name in plan.ladder:
        below = plan.ladder.index(variant.name) > plan.ladder.index(policy.quality_floor)
        return f"below the request's quality floor {policy.quality_floor}" if below else None
    return None


_EASE = {"weights": 0, "library": 1}
"""What a command mends is told first: whoever has pulled no weights should not read of licences before that."""


def _none_left(plan: TaskPlan, policy: Policy, refused: Sequence[Rejection]) -> NoRung:
    if policy.variant in plan.ladder:
        refused = [r for r in refused if r.variant == policy.variant]
    order = {name: place for place, name in enumerate(plan.ladder)}
    refused = sorted(refused, key=lambda r: (_EASE.get(r.code, len(_EASE)), order.get(r.variant, len(order))))
    sentences = [_told(r) for r in refused]
    return NoRung(
        f"no rung of {plan.task} can answer: " + ("; ".join(sentences) or "its ladder is empty"),
        task=plan.task,
        reasons=[{"variant": r.variant, "code": r.code, "reason": r.reason, "remedy": r.remedy} for r in refused],
    )


def _route(rung: Placement, plan: TaskPlan, refused: Sequence[Rejection]) -> Route:
    name = rung.variant.name
    above = plan.ladder[: plan.ladder.index(name)] if name in plan.ladder else plan.ladder
    unset = {r.variant for r in refused if r.code == "unset"}
    higher = [n for n in above if n not in unset]
    why = {r.variant: r.reason for r in refused}
    passed = [_said(n, why[n]) for n in higher if n in why]
    highest = "the highest rung that is set up" if unset.intersection(above) else "the highest rung of the ladder"
    reason = f"passed over {'; '.join(passed)}" if passed else highest
    if rung.forced:
        reason = f"forced by configuration; {reason}"
    return Route(placement=rung, degraded_from=higher[0] if higher else None, reason=reason)


def _told(rejection: Rejection) -> str:
    remedy = rejection.remedy.rstrip(".")
    return _said(rejection.variant, rejection.reason) + (f" ({remedy})" if remedy else "")


def _said(name: str, reason: str) -> str:
    """The reason with the variant's name before it, once, and without the full stop: it stands in a list."""
    text = reason.rstrip(".")
    return text if text.startswith(name) else f"{name}: {text}"
