"""Renders what the drills counted: JSON for programs, and the page of the documentation."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from drills.drill import Drill, Figures

CONTRACT = Path(__file__).with_name("contract.md")
"""What is promised, in prose; the page begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One drill, done."""

    drill: Drill
    figures: Figures
    seconds: float


def document(rows: Sequence[Row], *, long: bool) -> dict[str, Any]:
    """As JSON values."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = {"system": platform.platform(), "cores": cores}
    return {
        "machine": machine,
        "versions": {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version},
        "form": "long" if long else "short",
        "drills": [
            {"number": row.drill.number, "title": row.drill.title, "holds": row.figures.holds}
            | {"seconds": round(row.seconds, 1), "figures": asdict(row.figures)}
            for row in rows
        ],
    }


def joined(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of both, those of `now` where both have one. Rows of another machine or form are left behind."""
    same = all(before[name] == now[name] for name in ("machine", "versions", "form"))
    rows = {row["number"]: row for row in [*(before["drills"] if same else []), *now["drills"]]}
    return {**now, "drills": [rows[number] for number in sorted(rows)]}


def page(found: Mapping[str, Any], drills: Sequence[Drill]) -> str:
    """The documentation page: the contract, the table, and for each drill its promise, command and mutation."""
    option = " --long" if found["form"] == "long" else ""
    machine, versions = found["machine"], found["versions"]
    lines = [
        CONTRACT.read_text().rstrip(),
        "",
        "## What the drills counted",
        "",
        f"`python -m drills{option}` on {machine['cores']} cores, {machine['system']}, Python {versions['python']}, "
        f"SQLite {versions['sqlite']}.",
        "A real server with real processes is broken on purpose; clients write down what they did and were told, and "
        "a checker that sees nothing else judges it.",
        "Lost, doubled, wrong, orphans, descriptors and segments must be zero, and every drill must have met at least "
        "one fault.",
        "",
        "| | what | rounds | faults | jobs | lost | doubled | wrong | orphans | descriptors | segments "
        "| to the next answer, s: half / most | holds |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|",
        *(_cells(row) for row in found["drills"]),
        "",
        *_uncounted(found["drills"], drills),
        *_broken(found["drills"]),
        "## Each drill",
        "",
        "The mutation is the one line of our code that, changed so, makes the drill fail; `python -m drills --mutate "
        "NUMBER` does it to a copy of the source and demands the failure.",
        "",
    ]
    by_number = {row["number"]: row for row in found["drills"]}
    for drill in drills:
        lines += _section(drill, by_number.get(drill.number), option)
    return "\n".join(lines).rstrip() + "\n"


def _cells(row: Mapping[str, Any]) -> str:
    figures = row["figures"]
    names = (
        "rounds", "faults", "accepted", "lost", "doubled", "wrong", "orphans", "descriptors", "segments",
    )  # fmt: skip
    recover = figures["recover_s"]
    took = f"{median(recover):.2f} / {max(recover):.2f}" if recover else ""
    holds = "yes" if row["holds"] else "**no**"
    values = [row["number"], row["title"], *(figures[name] for name in names), took, holds]
    return f"| {' | '.join(str(value) for value in values)} |"


def _uncounted(rows: Sequence[Mapping[str, Any]], drills: Sequence[Drill]) -> list[str]:
    """Those that came later than the figures: no row does not mean that there is no drill."""
    counted = {row["number"] for row in rows}
    left = [f"{drill.number} ({drill.title})" for drill in drills if drill.number not in counted]
    return [f"Not among these figures: {'; '.join(left)}.", ""] if left else []


def _broken(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Said where it stands, not left out."""
    said = [
        f"- {row['number']}: {sentence}"
        for row in rows
        if not row["holds"]
        for sentence in row["figures"]["broken"][:5]
    ]
    return ["What was not as promised:", "", *said, ""] if said else []


def _section(drill: Drill, row: Mapping[str, Any] | None, option: str) -> list[str]:
    notes = row["figures"]["notes"] if row else {}
    mutation = drill.mutation
    lines = [
        f"### {drill.number}: {drill.title}",
        "",
        drill.promise,
        "",
        f"`python -m drills {drill.number}{option}`",
        *([", ".join(f"{name}: {value}" for name, value in notes.items()) + "."] if notes else []),
        "",
        f"Mutation in `{mutation.file}`:",
        "",
        "```diff",
        *(f"-{line}" for line in mutation.old.strip("\n").splitlines()),
        *(f"+{line}" for line in mutation.new.strip("\n").splitlines()),
        "```",
        "",
    ]
    return lines


__all__ = ["Row", "document", "page"]
