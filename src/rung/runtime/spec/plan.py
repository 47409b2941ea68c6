"""What planning is told, and what it decides: ladders of placements, with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rung.runtime.spec.figures import Footprint, Latency, Measured, Subject
from rung.runtime.spec.machine import Machine
from rung.runtime.spec.variant import Variant
from rung.runtime.spec.words import Mode, Precision, Privacy, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What planning is told of this machine beside the hardware, so that it need not look.

    weights: Weights.name -> absolute path, only what is here and whole.
    runtimes: runtime name -> why it is not available; empty string: available.
    measured: figures of this hardware and of others that the same folder knows.
    """

    weights: Mapping[str, str] = field(default_factory=dict)
    runtimes: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[Subject, Measured] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowdown:
    """What a strategy costs a call against `resident`, in seconds.

    estimate: bytes moved per call over the rate of the link, both in `sentence`; measured: on this machine.
    """

    seconds: float
    source: Literal["estimate", "measured"]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A feasible rung: the variant on a device, with everything its worker has to be told."""

    variant: Variant
    device: str
    precision: Precision
    threads: int
    footprint: Footprint
    caps: Mapping[str, int] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    weight_paths: Mapping[str, str] = field(default_factory=dict)
    """Weights.name -> absolute path"""
    reason: str = ""
    forced: bool = False
    """By configuration."""
    memory_limit: int | None = None
    """Bytes that its worker may hold before it is ended; None: unlimited (memory that is not the CPU's)."""
    max_calls: int | None = None
    """Calls after which its worker is replaced."""
    load_limit_s: float | None = None
    """Seconds that its load may take; None: derived from its bytes."""
    ttl_s: float | None = None
    """Seconds without a call after which it is unloaded."""
    pinned: bool = False
    """Never evicted for another one, from the start."""
    replicas: tuple[str, ...] = ()
    """Ids of further devices on which it may be in memory too, the roomiest first."""
    weight_hashes: Mapping[str, str] = field(default_factory=dict)
    """Weights.name -> sha256 that the file must have; files that the user put in place of ours are not named."""
    group: str = ""
    """The group whose worker answers it; empty: one of its own. Members of a group are placed on one device."""
    strategy: Strategy = "resident"
    """How its components are held. `footprint` is what that needs on the device."""
    ram: int = 0
    """Bytes that the strategy keeps in RAM beside the device: the components that are not on it."""
    slowdown: Slowdown | None = None
    """Against `resident`; None where nothing is moved."""
    fallbacks: tuple[Strategy, ...] = ()
    """Strategies that its worker takes in turn when memory runs out during a call."""
    warmup: int = 0
    """Runs of the example that belong to the load."""
    latency: Latency | None = None
    """None: nobody knows."""
    load_s: float | None = None
    """Seconds that loads took on this hardware; None: not measured."""
    subject: Subject | None = None
    """What its measurements are filed under; None: they are not kept."""
    reach: Privacy = "machine"
    """The least privacy that admits it: how far away what it is asked goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rung passed over, with the reason and its numbers, and the remedy where one exists."""

    variant: str
    code: str
    """licence | weights | library | memory | device | unverified | worth | off | mock | config | key | offline |
    unset (a model of the user's own, and none is given)"""
    reason: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """A ladder on this machine: the feasible rungs best first, and the rest with reasons."""

    task: str
    mode: Mode
    rungs: tuple[Placement, ...]
    rejected: tuple[Rejection, ...]
    ladder: tuple[str, ...] = ()
    """Every variant of the task, best first."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All ladders on one machine, with the budgets that the decisions used (bytes per device id)."""

    machine: Machine
    tasks: Mapping[str, TaskPlan]
    budgets: Mapping[str, int]
    threads: int
