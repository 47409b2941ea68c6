"""What a caller allows for one request, and what comes back of it: the output and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rung.runtime.spec.words import Kind, Precision, Privacy, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the caller allows for one request; the same fields in every operation's `options`."""

    quality_floor: str = ""
    """A variant's name, or `real`; empty: any rung but a mock."""
    variant: str = ""
    """Force one."""
    allow_mock: bool | None = None
    """False: never a mock. None, True: a mock where configuration switched the task to `mode = "mock"`."""
    privacy: Privacy = "own"
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Money. Local variants cost 0 unless the node states a price."""

    amount: float = 0.0
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Which variant answered one call, where, why, in what time and at what cost."""

    task: str
    variant: str
    kind: Kind
    node: str
    device: str
    precision: Precision
    seed: int | None
    queue_s: float
    load_s: float
    run_s: float
    peak_bytes: int | None
    cost: Cost
    degraded_from: str | None
    """The best rung of the ladder when another answered."""
    reason: str
    step: str = ""
    """What the pipeline called it, when it differs from the task."""
    cached: tuple[str, ...] = ()
    """Parts answered from the worker's memo (`embedding`)."""
    attempts: int = 1
    strategy: Strategy = "resident"
    """How the variant's components were held during this call: a lower one than planned where memory ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back of one call: the task's output, its provenance, and warnings."""

    output: Any
    provenance: Provenance
    warnings: tuple[str, ...] = ()
