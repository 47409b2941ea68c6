"""Drawings against sheets of known truth, through a real server: docs/drawings-truth.md has the matching rule.

    python bench/drawings.py [--json FILE] [--split test] [--sheets 20] [--only clean,scan,...] [--show DIR]

cost: time and memory of one A3 sheet. clean: the split as drawn. scan: the same with scan noise and 2 degrees of skew.
pdf: as PDFs of vectors. dxf: as DXF, whose entities are read. real: drawings of others, cut into sheets.
preparing-...: the scans again with a step of preparation. patches-...: the clean sheets with and without overlapping
patches. speed: the clean sheets in the mode `speed`. ensemble-...: reader first, a vote of engines on the same boxes,
and one on clusters of their own boxes. strokes: classes of strokes. tolerance: the surrogate against the simulation.
faults: what is answered where nothing can be read. `--only preparing` is all of them.
Each part has a server of its own, is written when it ends, and takes the place of what was stored of it alone.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from _drawings_cost import cost, cpu_s, is_a3
from _drawings_dxf import dxf
from _drawings_faults import faults
from _drawings_real import real_pages
from _drawings_sheets import Measured, measured, png
from _drawings_strokes import strokes
from _drawings_tolerance import tolerance
from _drawings_votes import PARTS as ENSEMBLES
from _drawings_votes import asked as ensemble_asked
from _drawings_votes import figures as ensemble_figures
from _drawings_votes import reliability
from _parts import Results, measure, parser, understood
from _report import Figure
from rung.lab.readings import Score
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import drawn
from rung.lab.sheets.wear import SCAN, worn
from rung.runtime.client import Client
from rung.runtime.testing.served import served

DPI = 200
PREPARATIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "clahe": {"clahe": True},
    "blur": {"blur": True},
    "deskew": {"deskew": True},
    "all": {"clahe": True, "blur": True, "deskew": True},
}
PATCHES: dict[str, dict[str, Any]] = {"overlapping": {}, "none": {"patch": 0}}
READ = ("clean", "scan", "pdf", "real")
PARTS = (
    "cost",
    *READ,
    "dxf",
    *(f"preparing-{name}" for name in PREPARATIONS),
    *(f"patches-{name}" for name in PATCHES),
    "speed",
    *ENSEMBLES,
    "strokes",
    "tolerance",
    "faults",
)
COST_SHEETS = 4
GOALS = {"clean": (0.94, 0.96, 0.01), "scan": (0.85, None, None), "pdf": (None, None, None), "real": (None, None, None)}
"""Least recall and precision, and the most character error, of dimensions."""
FRAME_GOALS = 0.95, 0.03


def main() -> None:
    given = arguments(sys.argv[1:])
    results = Results(
        name="drawings",
        path=given.json,
        order=PARTS,
        command=f"python bench/drawings.py --split {given.split} --sheets {given.sheets}",
        packages=["onnxruntime", "opencv-python-headless", "ezdxf"],
    )
    measure(results, [(part, partial(figures_of_part, part, given)) for part in given.only])


def arguments(words: list[str]) -> argparse.Namespace:
    """Ends the program, with the reason, where they are not understood."""
    made = parser("drawings", __doc__ or "", PARTS)
    made.add_argument("--show", type=Path, help="a folder for pictures of what was read, for eyes")
    return understood(made, words)


def figures_of_part(part: str, given: argparse.Namespace) -> list[Figure]:
    """One part, on a server of its own, which the other parts have not made grow."""
    if part == "faults":
        return faults()
    with served("--no-console") as server, Client(server.url) as client:
        if part == "cost":
            sheets = filter(is_a3, pages(given.split, given.sheets, worn_too=False))
            return cost(server, client, list(itertools.islice(sheets, COST_SHEETS)))
        if part in ENSEMBLES:
            return ensemble(server, client, part, given)
        figures = asked(client, part, given)
        spent = cpu_s(server)
    return [*figures, Figure(name=f"{part}: processor time of server and workers", value=spent, unit="s")]


def asked(client: Client, part: str, given: argparse.Namespace) -> list[Figure]:
    """What a part comes to that needs nothing of a server but its answers."""
    if part == "tolerance":
        return tolerance(client)
    if part == "dxf":
        return dxf(client, f"{given.split}, dxf", (drawn(given.split, number) for number in range(given.sheets)))
    if part == "strokes":
        return strokes(client, pages(given.split, given.sheets, worn_too=False), given.split)
    return read_part(client, part, given) if part in READ else without(client, part, given)


def read_part(client: Client, part: str, given: argparse.Namespace) -> list[Figure]:
    """Clean sheets, scans or drawings of others, as `analyze` reads them without being told anything."""
    show = given.show / part if given.show else None
    if part == "real":
        found, name = measured(client, real_pages(DPI), show, others_count=False), "drawings of others"
    else:
        sent = (lambda page: pdf(given.split, page)) if part == "pdf" else png
        found = measured(client, pages(given.split, given.sheets, worn_too=part == "scan"), show, as_file=sent)
        name = f"{given.split}, {part}"
    print("\n".join(found.failed + found.faults), file=sys.stderr)
    return figures_of(name, found, part)


def ensemble(server: Any, client: Client, part: str, given: argparse.Namespace) -> list[Figure]:
    """One way to ask engines. Its processor time leaves out the first sheet, with which the models are loaded."""
    name, options, scans = ensemble_asked(part)
    sheets = pages(given.split, given.sheets, worn_too=scans)
    found = measured(client, itertools.islice(sheets, 1), **options)
    before = cpu_s(server)
    rest = measured(client, sheets, **options)
    spent = cpu_s(server) - before
    rest.dimensions.pairs += found.dimensions.pairs
    rest.dimensions.extra += found.dimensions.extra
    return ensemble_figures(f"{given.split}, {name}", rest, spent)


def without(client: Client, part: str, given: argparse.Namespace) -> list[Figure]:
    """What recall and precision become with a step of preparation, without patches, in the mode speed."""
    kind, _, which = part.partition("-")
    if kind == "preparing":
        name, options = f"scan, prepared by {which}", PREPARATIONS[which]
    elif kind == "patches":
        name, options = f"clean, patches: {which}", PATCHES[which]
    else:
        name, options = "clean, mode speed", {"mode": "speed"}
    sheets = pages(given.split, given.sheets, worn_too=kind == "preparing")
    return _brief(client, f"{given.split}, {name}", sheets, options)


def _brief(client: Client, name: str, sheets: Iterator[Page], options: dict[str, Any]) -> list[Figure]:
    found = measured(client, sheets, **options)
    return [
        Figure(name=f"{name}: recall", value=found.dimensions.recall, unit=""),
        Figure(name=f"{name}: precision", value=found.dimensions.precision, unit=""),
        Figure(name=f"{name}: per sheet, median", value=_median(found.seconds), unit="s"),
    ]


def pages(split: str, count: int, *, worn_too: bool) -> Iterator[Page]:
    """The split's first sheets as pictures, one after another."""
    for number in range(count):
        page = drawn(split, number).page(DPI)
        yield worn(page, SCAN, number) if worn_too else page


def pdf(split: str, page: Page) -> bytes:
    """The page's sheet as a PDF of vectors."""
    return drawn(split, int(page.truth.name.rpartition("-")[2])).pdf()


def figures_of(name: str, found: Measured, part: str) -> list[Figure]:
    """What a set of sheets came to."""
    least, precise, error = GOALS[part]
    score, frames = found.dimensions, found.frames
    rows = [
        _least(f"{name}: dimensions read right, of {len(score.pairs)} (recall)", score.recall, least),
        _least(f"{name}: of {_answers(score)} answers, share that is right (precision)", score.precision, precise),
        _most(f"{name}: character error of dimensions", score.character_error, error),
        *reliability(name, score),
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
    if part == "real":  # of dimensions alone is anything known
        rows = [
            row
            for row in rows
            if not any(word in row.name for word in ("frames", "title", "lists", "views", "right, f", "form"))
        ]
    rows += signs_of(name, found, others=part == "real")
    for kind, one in score.by_kind().items():
        rows.append(Figure(name=f"{name}: recall, {kind} ({len(one.pairs)})", value=one.recall, unit=""))
    for kind, hits in answers_by_kind(score).items():
        rows.append(Figure(name=f"{name}: precision, {kind} ({len(hits)} answers)", value=_share(hits), unit=""))
    if found.failed:
        rows.append(Figure(name=f"{name}: sheets that failed", value=len(found.failed), unit="", goal="0", holds=False))
    return rows


def signs_of(name: str, found: Measured, *, others: bool) -> list[Figure]:
    """Signs by label. others: of drawings of others it is not known where signs are, and hardly one has any: what is
    answered is counted."""
    rows: list[Figure] = []
    for label, one in found.signs.items():
        if others:
            rows.append(Figure(name=f"{name}: answered as {label}", value=one.extra, unit=""))
            continue
        rows.append(Figure(name=f"{name}: symbols found, {label} ({one.true})", value=one.recall, unit=""))
        rows.append(Figure(name=f"{name}: symbols, precision, {label}", value=one.precision, unit=""))
        if label in ("surface", "weld"):
            share = _share(one.variants)
            rows.append(Figure(name=f"{name}: symbols found, variant right, {label}", value=share, unit=""))
    return rows


def answers_by_kind(score: Score) -> dict[str, list[bool]]:
    """For each type that answers have, which of them stand in a true text's place and say the same."""
    there = [(pair.found.kind, pair.same) for pair in score.pairs if pair.found is not None]
    there += [(one.kind, False) for one in score.extra]
    return {kind: [same for other, same in there if other == kind] for kind in sorted({kind for kind, _ in there})}


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
