"""What every benchmark does with its figures: a table for people, JSON for the docs."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """holds: whether the goal holds; None where there is none."""

    name: str
    value: float | None
    unit: str
    goal: str = ""
    holds: bool | None = None


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next(
        (int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), None
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"system": platform.platform(), "cpu": model, "cores": cores, "ram_bytes": memory}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Of Python and of the packages that are installed."""
    found = {"python": sys.version.split()[0]}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def shown(figures: Sequence[Figure]) -> None:
    """Print the table."""
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        value = "-" if figure.value is None else f"{figure.value:.3f}"
        verdict = "" if figure.holds is None else ("  holds" if figure.holds else "  DOES NOT HOLD")
        print(f"{figure.name:<{width}}  {value:>10} {figure.unit:<4} {figure.goal}{verdict}")


def report(name: str, figures: Sequence[Figure], packages: Sequence[str]) -> None:
    """Print the table and write the JSON that `--json` names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, default=Path("bench/results") / f"{name}.json")
    path: Path = parser.parse_args().json
    shown(figures)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "name": name,
        "machine": machine(),
        "versions": versions(packages),
        "figures": [asdict(figure) for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
