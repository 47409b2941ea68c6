"""rung.toml and the environment, parsed once into Settings; everything that is wrong is said at once."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args

from rung.runtime.config import checks
from rung.runtime.config.checks import Wrong
from rung.runtime.config.environment import Environment
from rung.runtime.config.reader import Report, Table, read_toml
from rung.runtime.config.variant import Catalogue, read_variant
from rung.runtime.settings import (
    FetchSettings,
    JobSettings,
    LicencePolicy,
    LogSettings,
    MachineSettings,
    ServerSettings,
    Settings,
    TaskSettings,
)
from rung.runtime.spec import Mode, Variant

_MODE = checks.one_of(*get_args(Mode))


def load_settings(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    variants: Collection[str] | Mapping[str, Variant] = (),
    tasks: Collection[str] = (),
) -> Settings:
    """What the user set. The file: `path`, else RUNG_CONFIG, else ./rung.toml if it is there, else none.

    variants, tasks: the names that exist; where given, any other name in the file is an error. Given the
    variants themselves (name -> Variant), ladders, options and weight files are checked against them too, and
    the keys of `VariantSettings.weights` come back as full `Weights.name`s.
    Raises ConfigError that names each wrong key or value with file, line and what would be right.
    """
    environment = Environment.of(env)
    found, named_by = _file(path, environment)
    top, report = read_toml(found, named_by) if found else (Table({}, (), Report()), Report())
    settings = _settings(top, report, environment, Catalogue(variants, tasks), found)
    top.close()
    environment.misspelt(report)
    report.raise_if_any()
    return settings


def cache_folder(env: Mapping[str, str] | None = None) -> str:
    """`Settings.cache_dir` alone: what lies there adds to the catalogue that the rest is checked against."""
    return Environment.of(env).folders()[1]


def _file(path: Path | None, environment: Environment) -> tuple[Path | None, str]:
    if path is not None:
        return path, ""
    if environment.get("RUNG_CONFIG"):
        return Path(environment.get("RUNG_CONFIG")).expanduser(), "RUNG_CONFIG"
    here = Path("rung.toml")
    return (here, "") if here.exists() else (None, "")


def _settings(
    top: Table, report: Report, environment: Environment, catalogue: Catalogue, path: Path | None
) -> Settings:
    folder = (path or Path("rung.toml")).resolve().parent
    data, cache = environment.folders()
    return Settings(
        data_dir=data,
        cache_dir=cache,
        runtime_dir=environment.runtime_folder(os.getuid()),
        offline=environment.offline(report),
        tasks={name: _task(name, table, catalogue) for name, table in _named(top.table("task"), catalogue.task)},
        variants={
            name: read_variant(name, table, folder, catalogue)
            for name, table in _named(top.table("variant"), catalogue.variant)
        },
        machine=environment.machine(_machine(top.table("machine"), catalogue), report),
        licenses=_licenses(top.table("licenses")),
        server=environment.server(_server(top.table("server")), report),
        jobs=environment.jobs(_jobs(top.table("jobs"))),
        fetch=_fetch(top.table("fetch")),
        log=_log(top.table("log")),
        api_key=environment.get("RUNG_KEY"),
        provider_keys=environment.provider_keys(),
        callback_secret=environment.get("RUNG_CALLBACK_SECRET"),
        limits={name: _limits(table) for name, table in _named(top.table("limits"), _operation)},
        source=str(path) if path else "",
    )


def _named(section: Table, check: checks.Check[str]) -> list[tuple[str, Table]]:
    """The tables of `[section.NAME]`, each name checked."""
    found = []
    for name in section.values:
        table = section.table(name)
        try:
            found.append((check(name), table))
        except Wrong as wrong:
            section.wrong(name, f"{name!r} in [{section.path[0]}.{name}] {wrong}")
    return found


def _operation(name: Any) -> str:
    app, dot, operation = str(name).partition(".")
    if not (app and dot and operation):
        raise Wrong('wants the name of an operation in quotes, such as [limits."editor.remove"]')
    return str(name)


def _task(name: str, table: Table, catalogue: Catalogue) -> TaskSettings:
    ladder = table.each("ladder", catalogue.variant_of(name))
    for twice in sorted({variant for variant in ladder if ladder.count(variant) > 1}):
        table.wrong("ladder", f"the ladder names {twice!r} more than once")
    settings = TaskSettings(mode=table.take("mode", _MODE, "real"), ladder=ladder)
    table.close()
    return settings


def _machine(table: Table, catalogue: Catalogue) -> MachineSettings:
    settings = MachineSettings(
        name=table.take("name", checks.text, ""),
        devices=table.each("devices", checks.device),
        ram_budget=table.take("ram_budget", checks.size, None),
        vram_budget=_vram_budget(table),
        threads=table.take("threads", checks.THREADS, None),
        preload=table.each("preload", catalogue.preload),
    )
    for twice in sorted({p.variant for p in settings.preload if settings.preload.count(p) > 1}):
        table.wrong("preload", f"preload names {twice!r} more than once")
    table.close()
    return settings


def _vram_budget(table: Table) -> Mapping[str, int]:
    """Device id or kind -> bytes. One value holds for every accelerator."""
    if not isinstance(table.values.get("vram_budget", {}), dict):
        each = table.take("vram_budget", checks.size, 0)
        return {"cuda": each, "mps": each} if each else {}
    return table.mapping("vram_budget", checks.size, _accelerator)


def _accelerator(name: Any) -> str:
    if name == "cpu":
        raise Wrong("is no accelerator; the CPU's memory is ram_budget")
    return checks.device(name)


def _licenses(table: Table) -> LicencePolicy:
    policy = LicencePolicy(
        allow=table.take("allow", checks.one_of("permissive", "copyleft", "any"), "permissive"),
        non_commercial=table.take("non_commercial", checks.boolean, False),
    )
    table.close()
    return policy


def _server(table: Table) -> ServerSettings:
    plain = ServerSettings()
    settings = ServerSettings(
        host=table.take("host", checks.text, plain.host),
        port=table.take("port", checks.integer(0, 65535), plain.port),
        wait_s=table.take("wait_s", checks.number(0, 86400), plain.wait_s),
        max_queue=table.take("max_queue", checks.integer(1, 1_000_000), plain.max_queue),
        file_ttl_s=table.take("file_ttl_s", checks.number(1, 10**9), plain.file_ttl_s),
        console=table.take("console", checks.boolean, plain.console),
        max_running=table.take("max_running", checks.integer(1, 10_000), plain.max_running),
        hosts=table.each("hosts", checks.text),
        header_s=table.take("header_s", checks.number(0.1, 3600), plain.header_s),
        idle_s=table.take("idle_s", checks.number(0.1, 3600), plain.idle_s),
        max_connections=table.take("max_connections", checks.integer(1, 1_000_000), plain.max_connections),
        drain_s=table.take("drain_s", checks.number(0, 86400), plain.drain_s),
        loop=table.take("loop", checks.one_of("auto", "asyncio", "uvloop"), plain.loop),
    )
    table.close()
    return settings


def _jobs(table: Table) -> JobSettings:
    plain = JobSettings()
    settings = JobSettings(
        database=table.take("database", checks.text, plain.database),
        lease_s=table.take("lease_s", checks.number(1, 3600), plain.lease_s),
        keep_s=table.take("keep_s", checks.number(0, 10**9), plain.keep_s),
        keep_inputs_s=table.take("keep_inputs_s", checks.number(0, 10**9), plain.keep_inputs_s),
        min_free=table.take("min_free", checks.size, plain.min_free),
    )
    table.close()
    return settings


def _fetch(table: Table) -> FetchSettings:
    plain = FetchSettings()
    settings = FetchSettings(
        inputs=table.take("inputs", checks.boolean, plain.inputs),
        callbacks=table.take("callbacks", checks.boolean, plain.callbacks),
        hosts=table.each("hosts", checks.text),
        networks=table.each("networks", checks.network),
        http=table.take("http", checks.boolean, plain.http),
        max_bytes=table.take("max_bytes", checks.size, plain.max_bytes),
        timeout_s=table.take("timeout_s", checks.number(0.1, 3600), plain.timeout_s),
    )
    table.close()
    return settings


def _log(table: Table) -> LogSettings:
    settings = LogSettings(
        format=table.take("format", checks.one_of("text", "json"), "text"),
        level=table.take("level", checks.one_of("debug", "info", "warning", "error"), "info"),
    )
    table.close()
    return settings


def _limits(table: Table) -> Mapping[str, int]:
    found = {
        "bytes": table.take("bytes", checks.size, 0),
        "pixels": table.take("pixels", checks.integer(1, 10**12), 0),
        "files": table.take("files", checks.integer(1, 10**6), 0),
    }
    table.close()
    return {name: value for name, value in found.items() if value}
