"""`rung doctor`: what this machine has, what is wrong with it, and what would help."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from rung.cli.catalogue import left_out_records
from rung.cli.ground import LOCK
from rung.cli.look import Look, look_here
from rung.cli.plan_json import machine_json
from rung.cli.plan_table import line, machine_line
from rung.models.catalog import RUNTIMES
from rung.runtime.hardware.cgroup import core_quota, memory_limits, read_text
from rung.runtime.hardware.folders import Folder, Problem, folder_problems, look_at, no_room
from rung.runtime.hardware.libraries import versions
from rung.runtime.planning.gates import library_remedy
from rung.runtime.planning.plan import blocked
from rung.runtime.planning.words import size
from rung.runtime.spec import TaskPlan

BLOCKED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that the doctor saw. problems: (what is wrong, the remedy)."""

    look: Look
    python: str
    core_quota: float | None
    memory_limit: int | None
    folders: tuple[tuple[str, Folder], ...]
    versions: Mapping[str, str]
    weights_here: int
    weights_all: int
    blocked: tuple[str, ...]
    server: str
    """Whether one has claimed the data folder, in words."""
    problems: tuple[tuple[str, str], ...]


def doctor(
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Instead of RUNG_CONFIG or ./rung.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs.")] = False,
) -> None:
    """Show what this machine has and what is wrong with it. Exit status 1: a task that should answer cannot."""
    found = examine(look_here(config))
    if as_json:
        typer.echo(json.dumps(findings_json(found), indent=2, ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for renderable in render(found):
            console.print(renderable)
    if found.blocked:
        raise typer.Exit(BLOCKED)


def _no_meeting(folder: str) -> list[Problem]:
    """Where this machine's Rungs agree on memory."""
    if not folder or look_at(folder).writable:
        return []
    sentence = f"{folder} cannot be written: several Rungs on this machine do not hear each other about its memory."
    return [(sentence, "Set RUNG_RUNTIME_DIR to a folder of yours.")]


def examine(look: Look, root: Path = Path("/")) -> Findings:
    """Look at what planning does not need: folders, versions, control groups."""
    settings = look.settings
    folders = (("RUNG_DATA_DIR", look_at(settings.data_dir)), ("RUNG_CACHE_DIR", look_at(settings.cache_dir)))
    files = {w.name for v in look.variants.values() for w in v.weights}
    stopped = blocked(look.plan)
    problems = [*look.machine.problems]
    for variable, folder in folders:
        problems += folder_problems(folder, variable)
    problems += _no_meeting(settings.runtime_dir)
    problems += no_room(folders[0][1], settings.jobs.min_free)
    problems += _runtimes_not_here(look)
    problems += [
        (f"{damage.path} is no file of measurements: {damage.why}.", "Delete it; `rung profile` measures again.")
        for damage in look.damaged
    ]
    problems += [(sentence, "Until then it is in no ladder.") for sentence in left_out_records()]
    problems += [(f"Nothing can answer {task}.", look.plan.tasks[task].note) for task in stopped]
    return Findings(
        look=look,
        python=f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        core_quota=core_quota(root),
        memory_limit=min((m.limit for m in memory_limits(root)), default=None),
        folders=folders,
        versions=versions(sorted({m for runtime in RUNTIMES.values() for m in runtime.modules})),
        weights_here=len(files & set(look.facts.weights)),
        weights_all=len(files),
        blocked=stopped,
        server=_server(Path(settings.data_dir) / LOCK, root),
        problems=tuple(problems),
    )


def _runtimes_not_here(look: Look) -> list[tuple[str, str]]:
    """Those that cannot be imported here, each with what would help."""
    problems = []
    for name, why in look.facts.runtimes.items():
        if why:
            needing = [one.name for one in look.variants.values() if one.runtime == name]
            problems.append((f"The runtime {name} is not available: {why}.", library_remedy(RUNTIMES[name], needing)))
    return problems


def _server(lock: Path, root: Path) -> str:
    """What the claim on the data folder says. It is only looked at: to try it would keep a starting server out."""
    try:
        file, holder = lock.stat(), lock.read_text("utf-8", errors="replace").strip()
    except OSError:
        return "none has used this data folder"
    locks = read_text(root / "proc/locks")
    who = f"process {holder}" if holder.isdecimal() else "its process is unknown"
    if locks is None:
        return f"unknown; the last one was {who}"
    if any(f":{file.st_ino} " in line for line in locks.splitlines()):
        return f"runs ({who})"
    return f"none runs; the last one ({who}) is gone, and its claim with it"


def findings_json(found: Findings) -> dict[str, Any]:
    """The findings as JSON values; sizes in bytes, null is unknown or unset."""
    reasons = found.look.facts.runtimes
    return {
        "machine": machine_json(found.look.machine),
        "python": found.python,
        "cgroup": {"core_quota": found.core_quota, "memory_limit": found.memory_limit},
        "runtimes": {name: {"available": not why, "reason": why} for name, why in reasons.items()},
        "versions": dict(found.versions),
        "folders": {variable: asdict(folder) for variable, folder in found.folders},
        "server": found.server,
        "weights": {"here": found.weights_here, "all": found.weights_all},
        "config": found.look.settings.source,
        "tasks": {name: [r.variant.name for r in task.rungs] for name, task in found.look.plan.tasks.items()},
        "blocked": list(found.blocked),
        "problems": [{"problem": problem, "remedy": remedy} for problem, remedy in found.problems],
    }


def render(found: Findings) -> list[RenderableType]:
    """The findings for a terminal of 100 columns, problems last."""
    settings = found.look.settings
    shown: list[RenderableType] = [machine_line(found.look.machine), _fact("python", found.python)]
    shown.append(_fact("cgroup", _cgroup(found)))
    shown += [_fact(f"runtime {name}", _runtime(found, name, why)) for name, why in found.look.facts.runtimes.items()]
    shown += [_fact(variable, _folder(folder)) for variable, folder in found.folders]
    shown.append(_fact("server", found.server))
    shown.append(_fact("weights", f"{found.weights_here} of {found.weights_all} files of the catalogue are here"))
    shown.append(_fact("network", "forbidden by RUNG_OFFLINE" if settings.offline else "allowed"))
    shown.append(_fact("configuration", settings.source or "no rung.toml; defaults and the environment"))
    shown += [_fact(f"task {name}", _task(task)) for name, task in found.look.plan.tasks.items()]
    return [*shown, Text(""), *_problems(found)]


def _fact(name: str, value: str) -> RenderableType:
    return line(f"  {name:<16} ", value, "dim")


def _cgroup(found: Findings) -> str:
    cores = "no limit on cores" if found.core_quota is None else f"{found.core_quota:g} cores"
    memory = "no limit on memory" if found.memory_limit is None else f"{size(found.memory_limit)} of memory"
    return f"{cores}, {memory}"


def _runtime(found: Findings, name: str, why: str) -> str:
    runtime = RUNTIMES[name]
    parts = [f"{m.partition('.')[0]} {found.versions[m]}" for m in runtime.modules if found.versions[m]]
    return f"NOT available: {why}" if why else f"available ({', '.join(parts)})"


def _folder(folder: Folder) -> str:
    state = "" if folder.exists else ", not made yet"
    free = "room unknown" if folder.free is None else f"{size(folder.free)} free"
    return f"{folder.path} ({'writable' if folder.writable else 'NOT writable'}, {free}{state})"


def _task(task: TaskPlan) -> str:
    names = ", then ".join(rung.variant.name for rung in task.rungs)
    return names or task.note


def _problems(found: Findings) -> list[RenderableType]:
    if not found.problems:
        return [Text("No problem found.", style="green")]
    count = len(found.problems)
    shown: list[RenderableType] = [Text(f"{count} problem{'s' if count > 1 else ''}:", style="yellow")]
    return shown + [line("  - ", f"{problem}\n→ {remedy}") for problem, remedy in found.problems]
