"""Runs the drills: one line for each, and exit status 1 when a promise is broken.

`python -m drills [NUMBERS...] [--long] [--json FILE] [--mutate]`
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from drills.all import DRILLS
from drills.drill import Drill, Figures, Mutation, Stage, Tally
from drills.report import Row, document, joined, page
from drills.source import changed

_HEAD = ("", "what", "rounds", "faults", "jobs", "lost", "doubled", "wrong", "orphans", "fds", "segments", "recover s")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m drills", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, help="of the drills; none: all")
    parser.add_argument("--long", action="store_true", help="the long form, whose figures stand in the documentation")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--page", type=Path, help="where the documentation page goes (of the figures just counted)")
    parser.add_argument("--source", default="", help="a folder to stand before the installed rung")
    parser.add_argument("--mutate", action="store_true", help="change one line of our code: every drill must fail")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every house is closed on the way out
    chosen = [drill for drill in DRILLS if not given.numbers or drill.number in given.numbers]
    print(_line(_HEAD), flush=True)
    rows = [_row(drill, long=given.long, mutate=given.mutate, source=given.source) for drill in chosen]
    found = document(rows, long=given.long)
    if given.json:
        if given.numbers and given.json.exists():  # a part that is run anew takes its rows' place
            found = joined(json.loads(given.json.read_text()), found)
        given.json.write_text(json.dumps(found, indent=2) + "\n")
    if given.page:
        given.page.write_text(page(found, DRILLS))
    for row in rows:
        for note in row.figures.notes:
            if note.startswith("late: "):
                print(f"{row.drill.number:2} {note} (not counted in the short form)")
    bad = [row for row in rows if row.figures.holds == given.mutate]
    for row in bad:
        print(f"\n{row.drill.number} {row.drill.title}")
        print("\n".join(f"  {sentence}" for sentence in _why(row, mutate=given.mutate)))
    sys.exit(1 if bad else 0)


def _why(row: Row, *, mutate: bool) -> Sequence[str]:
    if mutate:
        return ["the mutation was not noticed"]
    counts = ", ".join(f"{name} {n}" for name, n in row.figures.counts.items() if n)
    return [
        *row.figures.broken[:10],
        *([counts] if counts else []),
        *([] if row.figures.faults else ["no fault happened"]),
    ]


def _row(drill: Drill, *, long: bool, mutate: bool, source: str) -> Row:
    began = time.monotonic()
    if mutate:
        with TemporaryDirectory(prefix="drill-source-") as folder:
            figures = _figures(drill, long=long, source=_mutated(drill.mutation, source, folder))
    else:
        figures = _figures(drill, long=long, source=source)
    row = Row(drill=drill, figures=figures, seconds=time.monotonic() - began)
    word = "holds" if figures.holds else "BROKEN"
    if mutate:
        word = "NOT NOTICED" if figures.holds else "noticed"
    print(_line(cells(row)), f"{word} ({row.seconds:.0f} s)", flush=True)
    return row


def _mutated(mutation: Mutation, source: str, folder: str) -> str:
    return changed(source, Path(folder), mutation.file, mutation.old, mutation.new)


def _figures(drill: Drill, *, long: bool, source: str) -> Figures:
    tally = Tally(timed=long or bool(source))
    stage = Stage(rounds=drill.long if long else drill.short, long=long, source=source)
    try:
        drill.run(stage, tally)
    except Exception as error:  # a drill that cannot go on has not shown what it promised
        traceback.print_exc(file=sys.stderr)
        last = (str(error).strip().splitlines() or [""])[-1]
        tally.broken.append(f"the drill ended with {type(error).__name__}: {last[:300]}")
    return tally.figures()


def cells(row: Row) -> tuple[str, ...]:
    """The row of the table."""
    f = row.figures
    recover = f"{median(f.recover_s):.2f} / {max(f.recover_s):.2f}" if f.recover_s else ""
    counts = (f.rounds, f.faults, f.accepted, f.lost, f.doubled, f.wrong, f.orphans, f.descriptors, f.segments)
    return (str(row.drill.number), row.drill.title, *(str(count) for count in counts), recover)


def _line(values: Sequence[str]) -> str:
    widths = (2, 44, 6, 6, 6, 4, 7, 5, 7, 4, 8, 13)
    return "  ".join(
        f"{v:<{w}}" if i in (1, 11) else f"{v:>{w}}" for i, (v, w) in enumerate(zip(values, widths, strict=True))
    )
