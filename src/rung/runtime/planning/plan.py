"""Ladders x machine -> Plan: for every task the feasible rungs in order, and why each other was passed over.

Pure: reads nothing but its arguments, so the plan of a machine that is not here is computed the same way.
A variant passes the gates in this order, and the first that stops it gives the reason:
1 mode, 2 the user's ladder, 3 whether a model of the user's own is given, 4 licences, 5 worth, 6 verification,
7 device and memory, 8 libraries, 9 weights.
Device and memory come before libraries and weights: nobody should install or fetch what would not fit. What others
serve needs none of them: after its verification `providers` decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from rung.runtime.errors import ConfigError
from rung.runtime.planning.budgets import known, memory_budgets, thread_budget
from rung.runtime.planning.ceilings import weight_hashes
from rung.runtime.planning.files import weight_paths
from rung.runtime.planning.gates import (
    by_backend,
    by_ladder,
    by_library,
    by_licence,
    by_mode,
    by_setup,
    by_verification,
    by_worth,
)
from rung.runtime.planning.ground import Ground
from rung.runtime.planning.held import held_as
from rung.runtime.planning.places import Placed, Spot, choose_spot
from rung.runtime.planning.providers import answered_elsewhere, with_needs
from rung.runtime.planning.reasons import forced_by, placement_reason, slowdown_words, task_note
from rung.runtime.planning.terms import terms_of
from rung.runtime.planning.together import bring_together
from rung.runtime.sections import section
from rung.runtime.settings import Settings, TaskSettings
from rung.runtime.spec import Facts, Machine, Placement, Plan, Rejection, Runtime, TaskPlan, Variant


def make_plan(
    machine: Machine,
    ladders: Mapping[str, Sequence[Variant]],
    runtimes: Mapping[str, Runtime],
    facts: Facts,
    settings: Settings,
) -> Plan:
    """The plan. Every variant of every ladder is in it once, as a rung or as a rejection.

    Raises ConfigError where the settings name a variant or an option that the ladder does not have.
    """
    for task, ladder in ladders.items():
        _check_names(task, ladder, settings)
    ground = Ground(
        machine=machine,
        settings=settings,
        facts=facts,
        runtimes=runtimes,
        budgets=known(memory_budgets(machine, settings.machine)),
        threads=thread_budget(machine, settings.machine),
    )
    placed = Placed()
    tasks = {task: _task_plan(task, ladder, ground, placed) for task, ladder in ladders.items()}
    tasks = {name: _with_slowdowns(task) for name, task in bring_together(tasks, ground).items()}
    return Plan(machine=machine, tasks=tasks, budgets=ground.budgets, threads=ground.threads)


def blocked(plan: Plan) -> tuple[str, ...]:
    """The tasks that should answer for real and cannot. A task with nothing but a mock is not blocked: it is off."""
    return tuple(
        task.task
        for task in plan.tasks.values()
        if task.mode == "real" and not task.rungs and any(r.code != "mock" for r in task.rejected)
    )


def _task_plan(task: str, ladder: Sequence[Variant], ground: Ground, placed: Placed) -> TaskPlan:
    settings = ground.settings.tasks.get(task, TaskSettings())
    order = _ordered(ladder, settings)
    rungs, rejected = [], []
    for variant in order:
        match _decide(variant, settings, ground, placed):
            case Placement() as rung:
                rungs.append(rung)
                placed.add(rung)
            case Rejection() as rejection:
                rejected.append(with_needs(rejection, variant))
    return TaskPlan(
        task=task,
        mode=settings.mode,
        rungs=tuple(rungs),
        rejected=tuple(rejected),
        ladder=tuple(v.name for v in order),
        note=task_note(task, settings.mode, len(rungs), tuple(rejected)),
    )


def _with_slowdowns(task: TaskPlan) -> TaskPlan:
    """The reasons end with what holding the rung that way costs."""
    rungs = [
        replace(rung, reason=f"{rung.reason} {slowdown_words(rung.slowdown)}") if rung.slowdown else rung
        for rung in task.rungs
    ]
    return replace(task, rungs=tuple(rungs))


def _ordered(ladder: Sequence[Variant], settings: TaskSettings) -> list[Variant]:
    """The user's order first, then what it leaves out, in the catalogue's order."""
    rank = {name: index for index, name in enumerate(settings.ladder)}
    return sorted(ladder, key=lambda v: rank.get(v.name, len(rank)))


def _decide(variant: Variant, settings: TaskSettings, ground: Ground, placed: Placed) -> Placement | Rejection:
    early = (
        by_mode(variant, settings.mode)
        or by_ladder(variant, settings)
        or by_setup(variant, settings, ground)
        or by_licence(variant, ground)
        or by_worth(variant, ground)
        or by_verification(variant, ground)
    )
    if early is not None:
        return early
    if variant.provider is not None:
        return answered_elsewhere(variant, variant.provider, ground)
    spot = choose_spot(variant, ground, placed)
    if isinstance(spot, Rejection):
        return spot
    paths = by_library(variant, ground) or by_backend(variant, spot.place, ground) or weight_paths(variant, ground)
    if isinstance(paths, Rejection):
        return paths
    return _placement(variant, settings, ground, spot, paths)


def _placement(
    variant: Variant, settings: TaskSettings, ground: Ground, spot: Spot, paths: Mapping[str, str]
) -> Placement:
    wishes = ground.wishes(variant)
    terms = terms_of(variant, spot.place, ground)
    forced = forced_by(settings.mode, wishes)
    placement = Placement(
        variant=variant,
        device=spot.device.id,
        precision=spot.place.precision,
        threads=terms.threads,
        footprint=spot.footprint,
        caps=terms.caps,
        options=terms.options,
        env={**variant.env, **wishes.env},
        weight_paths=paths,
        reason=placement_reason(variant, spot, terms.caps, forced, terms.cut),
        forced=bool(forced),
        max_calls=wishes.max_calls,
        load_limit_s=wishes.load_limit_s,
        ttl_s=wishes.ttl_s,
        pinned=wishes.pinned,
        replicas=tuple(device.id for device in spot.replicas),
        weight_hashes=weight_hashes(variant, paths, ground),
        warmup=terms.warmup,
    )
    return held_as(placement, spot.way, spot.ways, ground)


def _check_names(task: str, ladder: Sequence[Variant], settings: Settings) -> None:
    """A ladder names variants of its own task only; an option is one that the variant declares."""
    names = [v.name for v in ladder]
    for name in settings.tasks.get(task, TaskSettings()).ladder:
        if name not in names:
            _refuse(f"[task.{task}] ladder names {name!r}, which is no variant of {task}", name, names, settings)
    for variant in ladder:
        wishes = settings.variants.get(variant.name)
        for option in wishes.options if wishes else ():
            if option not in variant.options:
                sentence = f"{section(variant.name)} options has {option!r}, which {variant.name} does not take"
                _refuse(sentence, option, [*variant.options], settings)


def _refuse(sentence: str, word: str, valid: list[str], settings: Settings) -> None:
    close = get_close_matches(word, valid, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"valid are {', '.join(valid) or 'none'}."
    place = f"{settings.source}: " if settings.source else ""
    raise ConfigError(f"{place}{sentence}; {hint}", key=word)
