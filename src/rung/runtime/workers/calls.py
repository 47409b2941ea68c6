"""Owns what the engine hands to a worker and gets back, and a batch while it is under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rung.runtime.errors import RungError
from rung.runtime.model import Part, Progress
from rung.runtime.planning.groups import room_of_group
from rung.runtime.spec import Placement, Runtime, Strategy
from rung.runtime.workers.memo import DEFAULT_BUDGET
from rung.runtime.workers.payload import Encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCall:
    """One call for a worker. `input` is the task's input dataclass; `deadline` is time.monotonic()."""

    id: str
    task: str
    input: Any
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""
    deadline: float | None = None
    variant: str = ""
    """Which member of a group's worker; empty: the worker's only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnswer:
    """run_s: from the batch's begin to this answer. peak_bytes: of the worker's device while it ran
    (resident set with shared pages on a CPU, torch's allocations on CUDA), None when unknown.
    cached: parts that came from the memo. Arrays may be views of shared memory; they are yours as long as you like.
    """

    output: Any
    run_s: float
    peak_bytes: int | None
    cached: tuple[str, ...]
    warnings: tuple[str, ...]
    strategy: Strategy = "resident"
    """How the variant's components were held."""
    pixels: int = 0
    """Of an example that the worker made: its largest plane, as `tasks.pixels_of` counts. 0: the input was the caller's
    own."""
    retire: str = ""
    """Why the worker asks to be replaced; empty: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """resident_bytes: proportional set size after the load, None where it cannot be read.

    counted_bytes: what `WorkerAnswer.peak_bytes` counts, at that moment: their difference is what a call took.
    """

    load_s: float
    resident_bytes: int | None
    counted_bytes: int | None = None


def fields_of(call: WorkerCall, into: Encoded) -> list[Any]:
    """The trees of its fields, in their order. Raises InvalidInput for one that cannot cross."""
    input, options = into.add(call.input, "input"), into.add(call.options, "options")
    return [call.id, call.task, input, call.seed, options, call.scope, call.deadline, call.variant]


OnOutcome = Callable[[str, Progress | Part], None]
OnEnd = Callable[[list[WorkerAnswer | RungError]], None]


def ignore(call_id: str, outcome: Progress | Part) -> None:
    """For callers who only want the answers."""


@dataclass(slots=True, eq=False)
class Batch:
    """A Run under way. It ends when the worker says so, whether or not somebody still waits.

    on_end: given the results in the calls' order, once, in the moment when the last one is here.
    """

    ids: tuple[str, ...]
    on_outcome: OnOutcome
    on_end: OnEnd
    segment: int | None = None
    sent: bool = False
    cancelled: list[str] = field(default_factory=list)
    results: dict[str, WorkerAnswer | RungError] = field(default_factory=dict)

    def add(self, call_id: str, result: WorkerAnswer | RungError) -> bool:
        """The call's first result counts. Whether it was the last call's."""
        if call_id in self.results:
            return False
        self.results[call_id] = result
        return len(self.results) == len(self.ids)

    def in_order(self) -> list[WorkerAnswer | RungError]:
        """The results of a batch that has ended."""
        return [self.results[call_id] for call_id in self.ids]


def order_of(members: Sequence[Placement], runtime: Runtime) -> dict[str, Any]:
    """What a worker is told to load: the fields of `loading.Order`. A ceiling is for what lives in RAM alone.

    members: one, or all of a group. The group's first says what there is once: device, threads, code.
    """
    placement = members[0]
    variant = placement.variant
    options = {**variant.options, **placement.options}
    return {
        "loader": variant.loader,
        "runtime": runtime.name,
        "modules": runtime.modules,
        "extra": runtime.extra,
        "variant": placement.group or variant.name,
        "task": variant.task,
        "device": placement.device,
        "precision": placement.precision,
        "threads": placement.threads,
        "weights": {name: path for one in members for name, path in one.weight_paths.items()},
        "hashes": {name: sha256 for one in members for name, sha256 in one.weight_hashes.items()},
        "memory_limit": _ceiling(members),
        "caps": placement.caps,
        "options": options,
        "max_concurrent": min(one.variant.max_concurrent for one in members),
        "memo_bytes": int(options.get("memo_bytes", DEFAULT_BUDGET)),
        "members": [_member(one) for one in members],
        "room": room_of_group(members),
        "rehearsals": [_rehearsal(one) for one in members],
    }


def _rehearsal(placement: Placement) -> dict[str, Any]:
    """The fields of `rehearsal.Rehearsal`."""
    variant = placement.variant
    return {"variant": variant.name, "task": variant.task, "maker": variant.example, "times": placement.warmup}


def _ceiling(members: Sequence[Placement]) -> int | None:
    limits = [one.memory_limit for one in members]
    return None if members[0].device != "cpu" or None in limits else sum(limit or 0 for limit in limits)


def _member(placement: Placement) -> dict[str, Any]:
    """The fields of `model.Member`, as plain values."""
    return {
        "variant": placement.variant.name,
        "task": placement.variant.task,
        "precision": placement.precision,
        "weights": placement.weight_paths,
        "caps": placement.caps,
        "options": {**placement.variant.options, **placement.options},
        "components": [asdict(component) for component in placement.variant.components],
        "strategy": placement.strategy,
        "fallbacks": placement.fallbacks,
    }
