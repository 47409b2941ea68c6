"""Drawings against sheets of known truth, through a real server: docs/drawings-truth.md has the matching rule.

    python bench/drawings.py [--json FILE] [--split test] [--sheets 18] [--only clean,scan,...] [--show DIR]

clean: the split as drawn. scan: the same with scan noise and 2 degrees of skew.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from _drawings_sheets import Measured, measured
from _report import Figure, report
from rung.lab.readings import Score
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import SPLITS, drawn
from rung.lab.sheets.wear import SCAN, worn
from rung.runtime.client import Client
from rung.runtime.testing.served import served

DPI = 200
PARTS = ("clean", "scan")
GOALS = {"clean": (0.94, 0.96, 0.01), "scan": (0.85, None, None)}
"""Least recall and precision, and the most character error, of dimensions."""
FRAME_GOALS = 0.95, 0.03


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--split", default="test")
    parser.add_argument("--sheets", type=int)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--show", type=Path)
    given, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    chosen = given.only.split(",")
    count = given.sheets or SPLITS[given.split].sheets
    figures: list[Figure] = []
    with served("--no-console") as server, Client(server.url) as client:
        for part in (one for one in ("clean", "scan") if one in chosen):
            show = given.show / part if given.show else None
            found = measured(client, pages(given.split, count, worn_too=part == "scan"), show)
            figures += figures_of(f"{given.split}, {part}", found, part)
            print("\n".join(found.failed + found.faults), file=sys.stderr)
    report("drawings", figures, ["onnxruntime", "opencv-python-headless", "ezdxf"])


def pages(split: str, count: int, *, worn_too: bool) -> Iterator[Page]:
    """The split's first sheets as pictures, one after another."""
    for number in range(count):
        page = drawn(split, number).page(DPI)
        yield worn(page, SCAN, number) if worn_too else page


def figures_of(name: str, found: Measured, part: str) -> list[Figure]:
    """What a set of sheets came to."""
    least, precise, error = GOALS[part]
    score, frames = found.dimensions, found.frames
    rows = [
        _least(f"{name}: dimensions read right, of {len(score.pairs)} (recall)", score.recall, least),
        _least(f"{name}: of {_answers(score)} answers, share that is right (precision)", score.precision, precise),
        _most(f"{name}: character error of dimensions", score.character_error, error),
        Figure(name=f"{name}: dimensions located", value=score.located, unit=""),
        Figure(name=f"{name}: of those read right, figures understood right", value=_share(found.meant), unit=""),
        Figure(name=f"{name}: basic and reference dimensions, form right", value=_share(found.forms), unit=""),
        _least(f"{name}: frames found, of {len(frames.pairs)}", frames.located, FRAME_GOALS[0] if precise else None),
        _most(f"{name}: character error of frames", frames.character_error, FRAME_GOALS[1] if precise else None),
        Figure(name=f"{name}: frames read right", value=frames.recall, unit=""),
        Figure(name=f"{name}: title block, fields right of {len(found.fields)}", value=_share(found.fields), unit=""),
        Figure(name=f"{name}: parts lists, cells right of {len(found.cells.pairs)}", value=found.cells.recall, unit=""),
        Figure(name=f"{name}: views found, of {len(found.views)}", value=_share(found.views), unit=""),
        Figure(name=f"{name}: views that hold no part", value=found.views_extra, unit=""),
        Figure(name=f"{name}: per sheet, median", value=_median(found.seconds), unit="s"),
    ]
    for kind, one in score.by_kind().items():
        rows.append(Figure(name=f"{name}: recall, {kind} ({len(one.pairs)})", value=one.recall, unit=""))
    if found.failed:
        rows.append(Figure(name=f"{name}: sheets that failed", value=len(found.failed), unit="", goal="0", holds=False))
    return rows


def _answers(score: Score) -> int:
    return sum(pair.found is not None for pair in score.pairs) + len(score.extra)


def _least(name: str, value: float | None, goal: float | None) -> Figure:
    if goal is None:
        return Figure(name=name, value=value, unit="")
    return Figure(name=name, value=value, unit="", goal=f">= {goal}", holds=value is not None and value >= goal)


def _most(name: str, value: float | None, goal: float | None) -> Figure:
    if goal is None:
        return Figure(name=name, value=value, unit="")
    return Figure(name=name, value=value, unit="", goal=f"< {goal}", holds=value is not None and value < goal)


def _share(hits: list[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


if __name__ == "__main__":
    main()
