"""All nodes: gives each call to the best rung that its policy admits, and steps down when one cannot be reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rung.runtime.caller import Ask, Tell, unasked
from rung.runtime.engine import EngineAnswer
from rung.runtime.errors import (
    InvalidInput,
    LoadFailed,
    OutOfMemory,
    OutsideRange,
    ProviderFailed,
    Quarantined,
    RungError,
    WeightsError,
    without_paths,
)
from rung.runtime.routing.choose import Route, check_names, routes
from rung.runtime.spec import Answer, Plan, Policy, Provenance

STEP_DOWN = (LoadFailed, OutOfMemory, OutsideRange, ProviderFailed, Quarantined, WeightsError)
"""Errors after which the next rung may answer: this one cannot be reached now, or was not made for such an input."""


_MOST_POLICIES = 256
"""Remembered; floors and variants come from callers, checked against the plan's names."""


class Node(Protocol):
    """A place that can run variants: this machine, another Rung, a cluster, a provider."""

    @property
    def name(self) -> str:
        """What provenance calls it."""

    async def call(
        self, variant: str, input: Any, *, deadline: float, scope: str, seed: int | None, tell: Tell, replaceable: bool
    ) -> EngineAnswer:
        """Run one call there. replaceable: the next rung is asked where this one is not to be had."""


@dataclass(slots=True)
class _Routed:
    """What `routes` said of the present plan: it is the same for every call of the same policy, whatever its seed."""

    plan: Plan | None = None
    found: dict[tuple[str, Policy], tuple[Route, ...]] = field(default_factory=dict)

    def candidates(self, plan: Plan, task: str, policy: Policy) -> tuple[Route, ...]:
        """The rungs that may answer, best first; never empty. Raises InvalidInput, TaskOff, NoRung."""
        if self.plan is not plan or len(self.found) >= _MOST_POLICIES:
            self.plan, self.found = plan, {}
        key = (task, policy if policy.seed is None else replace(policy, seed=None))
        if key not in self.found:
            check_names(plan.tasks, policy)
            if task not in plan.tasks:
                raise InvalidInput(f"no task {task!r}; there are {', '.join(plan.tasks)}", field="task")
            self.found[key] = routes(plan.tasks[task], policy)
        return self.found[key]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The seam that jobs leave by. `plan` is asked for each call, so that a new plan counts at once."""

    plan: Callable[[], Plan]
    node: Node
    elsewhere: Node | None = None
    """For variants that others serve."""
    _routed: _Routed = field(default_factory=_Routed)

    async def call(self, task: str, input: Any, ask: Ask) -> Answer:
        """The answer of the highest rung that can be reached, with its provenance. Raises a RungError."""
        fallen: list[str] = []
        tell, seed = ask.tell, ask.policy.seed
        candidates = self._routed.candidates(self.plan(), task, ask.policy)
        for place, route in enumerate(candidates):
            variant, last = route.placement.variant.name, place + 1 == len(candidates)
            if tell is not unasked:
                tell(_chosen(task, route, candidates[place + 1 :]))
            node = self._node(route)
            try:
                got = await node.call(
                    variant, input, deadline=ask.deadline, scope=ask.scope, seed=seed, tell=tell, replaceable=not last
                )
            except STEP_DOWN as error:
                if last:
                    raise _with_history(error, fallen) from error
                fallen.append(f"{variant}: {without_paths(error.message)}")
                tell(f"{task}: a step down, because {fallen[-1]}")
                continue
            return _answer(task, ask.step or task, route, got, node.name, seed, fallen)
        raise AssertionError("routes() is never empty")

    def _node(self, route: Route) -> Node:
        provider = route.placement.variant.provider
        if provider is None:
            return self.node
        assert self.elsewhere is not None, "planned, and nobody to ask it"
        return self.elsewhere


def _chosen(task: str, route: Route, below: Sequence[Route]) -> str:
    rest = ", ".join(other.placement.variant.name for other in below)
    return f"{task}: {route.placement.variant.name} was chosen ({route.reason})" + (
        f"; below it: {rest}" if rest else ""
    )


def _with_history(error: RungError, fallen: list[str]) -> RungError:
    if not fallen:
        return error
    return type(error)(f"{error.message} (before it: {'; '.join(fallen)})", **error.details)


def _answer(
    task: str, step: str, route: Route, got: EngineAnswer, node: str, seed: int | None, fallen: list[str]
) -> Answer:
    placement, variant = route.placement, route.placement.variant
    reason = "; ".join([route.reason, *(f"could not be reached: {f}" for f in fallen)])
    warnings = got.warnings
    if fallen:
        warnings = (f"{task} was answered by {variant.name}, a step down: {'; '.join(fallen)}", *warnings)
    if variant.kind == "mock":
        warnings = (f"{task} was answered by a mock ({variant.name}): this is no result", *warnings)
    return Answer(
        output=got.output,
        warnings=warnings,
        provenance=Provenance(
            task=task,
            variant=variant.name,
            kind=variant.kind,
            node=node if variant.provider is None else variant.provider.name,
            device=placement.device,
            precision=placement.precision,
            seed=seed,
            queue_s=got.queue_s,
            load_s=got.load_s,
            run_s=got.run_s,
            peak_bytes=got.peak_bytes,
            cost=got.cost,
            degraded_from=route.degraded_from,
            reason=reason,
            step=step,
            cached=got.cached,
            attempts=got.attempts,
            strategy=got.strategy,
        ),
    )
