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
    if documents:
        machine = documents[0]["machine"]
        ram = f"{machine['ram_bytes'] / 2**30:.0f} GiB" if machine["ram_bytes"] else "unknown"
        lines += [f"Machine: {machine['cpu']}, {machine['cores']} cores, RAM {ram}, {machine['system']}.", ""]
    for document in documents:
        lines += _section(document)
    return lines


def _section(document: dict[str, Any]) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    rows = [f"| {_cell(figure)} |" for figure in document["figures"]]
    head = [f"## {document['name']}", "", f"`python bench/{document['name']}.py` ({versions})", ""]
    return [*head, "| figure | value | unit | goal | holds |", "|---|---:|---|---|---|", *rows, ""]


def _cell(figure: dict[str, Any]) -> str:
    value = "not measured" if figure["value"] is None else f"{figure['value']:.3g}"
    holds = {True: "yes", False: "**no**", None: ""}[figure["holds"]]
    return " | ".join((figure["name"], value, figure["unit"], figure["goal"], holds))


if __name__ == "__main__":
    main()
