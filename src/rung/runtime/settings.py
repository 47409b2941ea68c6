"""Owns what a user can set, frozen: `rung.toml` and the environment, as `config` parses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rung.runtime.spec import MiB, Mode, Precision, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """`[task.NAME]`: mode, and the ladder's order where the user gives one."""

    mode: Mode = "real"
    ladder: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSettings:
    """`[variant.NAME]`: what the user fixes for one variant. Empty or None: not fixed.

    weights: Weights.name (or its ending) -> local path. device: `auto`, `cpu`, `cuda:0`.
    """

    weights: Mapping[str, str] = field(default_factory=dict)
    device: str = "auto"
    precision: Precision | None = None
    threads: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    force: bool = False
    """Take it although it is `verified: never` or against the licence policy."""
    memory_limit: int | None = None
    """Bytes that its worker may hold; past them it is ended. None: derived from the footprint."""
    max_calls: int | None = None
    """Calls after which its worker is replaced; None: never for that reason."""
    load_limit_s: float | None = None
    """Seconds that its load may take; None: derived from its bytes."""
    ttl_s: float | None = None
    """Seconds without a call after which it leaves memory; None: it stays until room is needed."""
    pinned: bool = False
    """Never evicted for another one."""
    replicas: int = 1
    """On how many devices of one kind it may be in memory at the same time."""
    strategy: Strategy | None = None
    """Where its components stay. None: chosen by the budgets."""
    warmup: int | None = None
    """Runs of the example that belong to the load; None: as the catalogue says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencePolicy:
    """`[licenses]`: allow is `permissive` (default), `copyleft` (permissive too) or `any`.

    non_commercial: take weights whose licence forbids commercial use, or does not say.
    """

    allow: Literal["permissive", "copyleft", "any"] = "permissive"
    non_commercial: bool = False


ALL = "all"
"""Every device that will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preload:
    """One entry of `[machine] preload`. device: an id, `all`, or empty for the device that was planned."""

    variant: str
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSettings:
    """`[machine]`: devices allowed (ids or kinds; empty: all) and budgets in bytes (None: derived)."""

    name: str = ""
    devices: tuple[str, ...] = ()
    ram_budget: int | None = None
    vram_budget: Mapping[str, int] = field(default_factory=dict)
    """Device id -> bytes."""
    threads: int | None = None
    preload: tuple[Preload, ...] = ()
    """What a server takes into memory when it starts, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """`[server]`"""

    host: str = "127.0.0.1"
    port: int = 8000
    wait_s: float = 60.0
    """How long a request waits for its job before it becomes a 202."""
    max_queue: int = 256
    """Jobs that wait or run; one more is answered 429."""
    max_running: int = 16
    """Pipelines at once; the models' own queues order their calls, this bounds what the pipelines hold."""
    file_ttl_s: float = 3600.0
    console: bool = True
    hosts: tuple[str, ...] = ()
    """Host names that requests may name beside loopback ones and `host` itself."""
    insecure: bool = False
    """Serve beyond loopback without keys. Only the command line sets it."""
    header_s: float = 10.0
    """How long the headers of a request may take."""
    idle_s: float = 30.0
    """How long a body may stand still."""
    max_connections: int = 512
    drain_s: float = 30.0
    """How long running jobs may go on after SIGTERM."""
    loop: Literal["auto", "asyncio", "uvloop"] = "auto"
    """The event loop; auto: uvloop where it is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """`[jobs]`: what is kept of accepted jobs, where, and how long. Times in seconds."""

    database: str = ""
    """`postgresql://...`; empty: `rung.db` in the data folder."""
    lease_s: float = 15.0
    """A job whose server has not been heard of for so long is given to another."""
    keep_s: float = 7 * 86400.0
    """Rows of jobs that have ended."""
    keep_inputs_s: float = 3600.0
    """Input files of jobs that have ended: as long, a job can be run again. 0: gone within a minute."""
    min_free: int = 256 * MiB
    """Bytes that must stay free on the data folder's disk; below, nothing new is accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """`[fetch]`: what the server itself may ask of other servers. All of it is off unless switched on."""

    inputs: bool = False
    """`{"url": ...}` in the input of an operation."""
    callbacks: bool = False
    """`options.callback`: a job's end is told to a URL."""
    hosts: tuple[str, ...] = ()
    """Host names that may be asked (`*.example.com` for all below it); empty: any public one."""
    networks: tuple[str, ...] = ()
    """Networks beyond the public internet that may be reached all the same: `10.1.0.0/16`."""
    http: bool = False
    """Plain http too, and any port; for the networks above."""
    max_bytes: int = 20 * MiB
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """`[log]`"""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a user can set, with the defaults."""

    data_dir: str
    cache_dir: str
    runtime_dir: str = ""
    """Where all Rungs of this user on this machine agree on memory; empty: this one asks nobody."""
    offline: bool = False
    tasks: Mapping[str, TaskSettings] = field(default_factory=dict)
    variants: Mapping[str, VariantSettings] = field(default_factory=dict)
    machine: MachineSettings = MachineSettings()
    licenses: LicencePolicy = LicencePolicy()
    server: ServerSettings = ServerSettings()
    jobs: JobSettings = JobSettings()
    fetch: FetchSettings = FetchSettings()
    log: LogSettings = LogSettings()
    callback_secret: str = field(default="", repr=False)
    """RUNG_CALLBACK_SECRET: what callbacks are signed with. Environment only, so that no file holds it."""
    provider_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment variables that hold keys of providers, those that are set. Environment only."""
    api_key: str = field(default="", repr=False)
    """RUNG_KEY: what commands that ask a running server show it. Environment only."""
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """`[limits."editor.remove"]`: an operation's own limits, by name: bytes, pixels, files."""
    source: str = ""
    """The file it came from, for error messages."""
