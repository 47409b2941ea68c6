"""Benchmarks in parts: each part is written when it ends, so that a run that is cut keeps what it has.

A part that is measured again takes the place of what is stored of it, and of nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from _report import Figure, machine, shown, versions
from rung.lab.sheets.splits import EVERY
from rung.runtime.errors import RungError


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Where a benchmark's figures lie. order: its parts, as they are shown. command: what a part was measured by."""

    name: str
    path: Path
    order: Sequence[str]
    command: str
    packages: Sequence[str]

    def keep(self, part: str, figures: Sequence[Figure]) -> None:
        """Store a part's figures beside those of the others; parts that there are no more are dropped."""
        parts = _stored(self.path)
        parts[part] = {
            "command": f"{self.command} --only {part}",
            "day": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": machine(),
            "versions": versions(self.packages),
            "figures": [asdict(figure) for figure in figures],
        }
        document = {"name": self.name, "parts": {name: parts[name] for name in self.order if name in parts}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        beside.write_text(json.dumps(document, indent=2) + "\n")
        beside.replace(self.path)


def _stored(path: Path) -> dict[str, Any]:
    """The parts in a file; none where there is no such file, or one that is no benchmark in parts."""
    try:
        return dict(json.loads(path.read_text())["parts"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def measure(results: Results, parts: Iterable[tuple[str, Callable[[], list[Figure]]]]) -> None:
    """Each part in turn, printed and stored as it ends.

    A part that cannot be measured is a goal that does not hold, the others are measured nevertheless, and the program
    ends with 1.
    """
    failed = []
    for part, work in parts:
        began = time.perf_counter()
        try:
            figures = work()
        except (Exception, SystemExit) as error:  # whatever it is, it is told, and must not cost the other parts
            failed.append(part)
            figures = [_unmeasured(part, error)]
        figures.append(Figure(name=f"{part}: this part took", value=time.perf_counter() - began, unit="s"))
        shown(figures)
        sys.stdout.flush()
        results.keep(part, figures)
    if failed:
        sys.exit(f"could not measure: {', '.join(failed)}")


def _unmeasured(part: str, error: BaseException) -> Figure:
    if isinstance(error, RungError):
        print(f"{part}: {error.message}", file=sys.stderr)
        said = error.code
    else:
        traceback.print_exception(error)
        said = type(error).__name__
    return Figure(name=f"{part}: {said}", value=None, unit="", goal="measured", holds=False)


def parser(name: str, description: str, order: Sequence[str]) -> argparse.ArgumentParser:
    """What every benchmark of sheets in parts is told."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--json", type=Path, default=Path("bench/results") / f"{name}.json", help="what is merged into")
    made.add_argument("--only", type=lambda text: chosen(text, order), default=list(order), help="parts, with commas")
    made.add_argument("--split", default="test", choices=EVERY)
    made.add_argument("--sheets", type=int, help="the first so many of the split; all unless it is said")
    return made


def understood(made: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Ends the program, with the reason, where they are not understood. `sheets` is a number then."""
    given = made.parse_args(words)
    most = EVERY[given.split].sheets
    given.sheets = most if given.sheets is None else given.sheets
    if not 1 <= given.sheets <= most:
        made.error(f"--sheets {given.sheets}: {given.split} has {most} sheets; give 1 to {most}")
    return given


def chosen(text: str, order: Sequence[str]) -> list[str]:
    """The parts that are named, in the order they are shown; `cut` names `cut-a` and `cut-b` too.

    Raises ArgumentTypeError for a name that there is not.
    """
    names = text.split(",")
    for name in names:
        if not any(_named(part, name) for part in order):
            raise argparse.ArgumentTypeError(f"there is no part {name!r}; there are {', '.join(order)}")
    return [part for part in order if any(_named(part, name) for name in names)]


def _named(part: str, name: str) -> bool:
    return part == name or part.startswith(f"{name}-")
