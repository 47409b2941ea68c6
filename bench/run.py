"""Runs the quick benchmarks one after the other and renders docs/benchmarks.md from what they wrote.

`--page`: renders only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCH = Path(__file__).parent
QUICK = (
    "hop",
    "workers",
    "start",
    "editor",
    "memory",
    "segment_quality",
    "detect",
    "eight_photos",
    "durability",
    "bounded_load",
    "swap",
    "cores",
    "fanout",
    "thrash",
    "overhead_quick",
)
SLOW = (
    "furniture",
    "drawings",
    "strokes",
    "overhead",
    "footprint",
    "restart",
    "soak",
    "gpu_swap",
    "gpu_strategies",
)
"""Run by `make bench-full` and `make bench-gpu`; shown where they were run."""


def main() -> None:
    failed = [name for name in QUICK if "--page" not in sys.argv and not _ran(name)]
    found = [
        json.loads(path.read_text())
        for name in (*QUICK, *SLOW)
        if (path := BENCH / "results" / f"{name}.json").exists()
    ]
    (BENCH.parent / "docs" / "benchmarks.md").write_text("\n".join(_page(found)) + "\n")
    if failed:
        sys.exit(f"could not measure: {', '.join(failed)}")


def _ran(name: str) -> bool:
    print(f"\n== {name}", flush=True)
    return subprocess.run([sys.executable, str(BENCH / f"{name}.py")], check=False).returncode == 0


def _page(documents: list[dict[str, Any]]) -> list[str]:
    lines = ["# Benchmarks", "", "Written by `make bench` from `bench/results/*.json`; do not edit.", ""]
    plain = [document for document in documents if "machine" in document]
    if plain:
        lines += [f"Machine: {_machine(plain[0]['machine'])}.", ""]
    for document in documents:
        lines += _in_parts(document) if "parts" in document else _section(document)
    return lines


def _machine(found: dict[str, Any]) -> str:
    ram = f"{found['ram_bytes'] / 2**30:.0f} GiB" if found["ram_bytes"] else "unknown"
    return f"{found['cpu']}, {found['cores']} cores, RAM {ram}, {found['system']}"


def _in_parts(document: dict[str, Any]) -> list[str]:
    """A benchmark whose parts were measured one by one, each on its own day and perhaps its own machine."""
    lines = [f"## {document['name']}", "", f"`python bench/{document['name']}.py`, or a part of it:", ""]
    for name, part in document["parts"].items():
        lines += [f"### {document['name']}: {name}", ""]
        lines += [f"`{part['command']}` ({_versions(part)}), {part['day']}, {_machine(part['machine'])}", ""]
        lines += _table(part)
    return lines


def _section(document: dict[str, Any]) -> list[str]:
    head = [f"## {document['name']}", "", f"`python bench/{document['name']}.py` ({_versions(document)})", ""]
    return [*head, *_table(document)]


def _versions(measured: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in measured["versions"].items())


def _table(measured: dict[str, Any]) -> list[str]:
    rows = [f"| {_cell(figure)} |" for figure in measured["figures"]]
    return ["| figure | value | unit | goal | holds |", "|---|---:|---|---|---|", *rows, ""]


def _cell(figure: dict[str, Any]) -> str:
    value = "not measured" if figure["value"] is None else f"{figure['value']:.3g}"
    holds = {True: "yes", False: "**no**", None: ""}[figure["holds"]]
    return " | ".join((figure["name"], value, figure["unit"], figure["goal"], holds))


if __name__ == "__main__":
    main()
