"""One way to do a task, as data: the catalogue is made of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rung.runtime.spec.figures import Footprint
from rung.runtime.spec.weights import Licence, Weights
from rung.runtime.spec.words import DeviceKind, Kind, Precision, Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of a variant that loads, moves and is shared as one: a text encoder, a transformer, a VAE.

    bytes: resident, when it is loaded.
    key: the content hash of its weights. Components of one group with the same key are one object in its worker.
    weights: the names of its files among the variant's weights.
    block: bytes of the largest piece that `sequential-offload` moves at once; 0: unknown, taken as all of `bytes`.
    passes: how often one call runs through it (a transformer: the steps); what an offload moves per call follows.
    """

    name: str
    bytes: int
    key: str
    weights: tuple[str, ...] = ()
    block: int = 0
    passes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeable:
    """One way to run a variant on a kind of device: precision, memory, caps."""

    device: DeviceKind
    precision: Precision
    footprint: Footprint
    caps: Mapping[str, int] = field(default_factory=dict)
    """Limits that keep it bearable there: `side` (working side in pixels), `batch`, `steps`."""
    latency_s: float | None = None
    """Rough seconds per call here, None when nobody measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good a variant is, with where the figure comes from; value None: unmeasured."""

    value: float | None
    metric: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who answers a variant that others serve: it takes no memory here, and what it is asked leaves this process.

    The variant's options say the rest, and a user may change them: `url` (empty: the user has to name one), `model`,
    `own` (the machine behind the url is the user's own), `price_prompt` and `price_completion` (USD a million tokens).

    name: what provenance calls it. protocol: its HTTP API. key: the environment variable that holds its key; empty:
    none is needed. priced: when the catalogue's prices were published. needs: what its server takes where it runs, in
    words. tried: a sentence on how far its protocol was.
    """

    name: str
    protocol: Literal["openai", "anthropic"]
    key: str = ""
    priced: str = ""
    needs: str = ""
    tried: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One concrete way to do a task: weights + code + precision + options. Data only."""

    name: str
    task: str
    title: str
    loader: str
    """`module:Class` or `module:function`, imported only inside its worker."""
    runtime: str
    """Which template it is forked from, and which libraries it needs: a key of RUNTIMES."""
    kind: Kind
    places: tuple[Placeable, ...]
    """Preferred first."""
    weights: tuple[Weights, ...] = ()
    quality: Quality = Quality(value=None)
    max_batch: int = 1
    max_concurrent: int = 1
    light: bool = False
    """Work too short to count against the cores while it runs."""
    limit_s: float = 300.0
    """A call that runs longer ends the worker."""
    options: Mapping[str, Any] = field(default_factory=dict)
    contract: str = ""
    """Inputs and outputs of the weights: names, dtypes, shapes, ranges."""
    verified: Verified = "never"
    licence: Licence | None = None
    """Of the code, where it binds (AGPL libraries); the weights carry their own."""
    group: str = ""
    """Variants of one group share a worker and, in it, the components that are equal. They have the same loader and
    runtime. Empty: a worker of its own."""
    components: tuple[Component, ...] = ()
    """In the order in which a call uses them. Empty: the variant is one piece, and is always `resident`."""
    example: str = ""
    """`module:function`, called in the worker as `function(task, pixels)` for an input to measure and to warm up with,
    where the loader's class has no `example` of its own; empty: there is none."""
    warmup: int = 0
    """Runs of the example that belong to the load."""
    compile_s: float = 0.0
    """Seconds that a load may take longer where the option `compile` is on: before it is ended, not expected."""
    env: Mapping[str, str] = field(default_factory=dict)
    """What its libraries want to find in the environment when they are imported; the user's own goes before."""
    provider: Provider | None = None
    """Who answers it elsewhere; None: a worker of ours does."""
    not_worth: str = ""
    """Why planning takes it only where the user forces it, although it runs; empty: it is taken like any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a family of variants needs to run: its template imports these and forks workers.

    modules: imported before the fork; all must be importable for the runtime to be available.
    programs: of the system, started by its models; all must be on PATH.
    files: that a package has only in the build that is wanted, as `package/path`; looked for without importing it.
    extra: the `pip install rung[extra]` that brings its modules. remedy: what brings the rest, as a sentence.
    fork: False where the libraries are unsafe to fork after import; a fresh start is used.
    python: another interpreter; empty means ours.
    """

    name: str
    modules: tuple[str, ...]
    extra: str = ""
    fork: bool = True
    python: str = ""
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    remedy: str = ""
