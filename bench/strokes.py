"""Both of our stroke nets on drawings of known truth, in this process, beside the published figures.

    python bench/strokes.py [--json FILE] [--split test] [--sheets 20] [--only clean,scan,real]

`bench/drawings.py --only strokes` asks the served operation, which is answered by the best rung; here are the published
method by itself, the same with scan noise and two degrees of skew, drawings of others, and what each part costs.
Each part is written when it ends, and takes the place of what was stored of it alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from _drawings_real import real_pages
from _parts import Results, measure, parser, understood
from _report import Figure
from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.sheet import Page
from rung.lab.sheets.splits import drawn
from rung.lab.sheets.wear import SCAN, worn
from rung.lab.strokes.figures import PUBLISHED, Confusion, Counts, by_pixels, confusion, headline
from rung.lab.strokes.truth import CLASSES, Labels, true_classes
from rung.models.catalog.strokes import EDGNET, EDGNET_PAPER
from rung.models.edgnet import TRAINED, figures
from rung.models.strokes import drawing
from rung.models.strokes.net import Net
from rung.models.strokes.net_file import read
from rung.runtime.spec import Variant

DPI = 200
GOAL = 0.91
"""Of the strokes of held-out styles, in three classes, by the best rung."""
VARIANTS = (EDGNET, EDGNET_PAPER)
PARTS = ("clean", "scan", "real")


@dataclass(frozen=True, slots=True)
class Judged:
    """One page: what its strokes are, how many pixels each has, what each net says, and the CPU seconds of tracing and
    of the first net."""

    truth: Labels
    pixels: Counts
    answers: Sequence[Labels]
    traced_s: float
    net_s: float


def main() -> None:
    given = understood(parser("strokes", __doc__ or "", PARTS), sys.argv[1:])
    results = Results(
        name="strokes",
        path=given.json,
        order=PARTS,
        command=f"python bench/strokes.py --split {given.split} --sheets {given.sheets}",
        packages=["numpy", "opencv-python-headless", "ezdxf"],
    )
    measure(results, [(part, partial(figures_of_part, part, given)) for part in given.only])


def figures_of_part(part: str, given: argparse.Namespace) -> list[Figure]:
    """What one part comes to; the goal is of the clean sheets."""
    name = "drawings of others" if part == "real" else f"{given.split}, {part}"
    return stroke_figures(name, pages(part, given.split, given.sheets), goal=part == "clean")


def pages(part: str, split: str, count: int) -> Iterator[Page]:
    """The pages of a part, one after another."""
    if part == "real":
        yield from real_pages(DPI)
        return
    for number in range(count):
        page = drawn(split, number).page(DPI)
        yield worn(page, SCAN, number) if part == "scan" else page


def stroke_figures(name: str, pages: Iterable[Page], *, goal: bool) -> list[Figure]:
    """What the nets make of a set of pages."""
    judged = list(_judged(pages, [_net(variant) for variant in VARIANTS]))
    rows = []
    for place, variant in enumerate(VARIANTS):
        found = confusion((page.truth, page.answers[place]) for page in judged)
        rows += _rows(f"{name}: {variant.name}", found, goal=goal and variant is EDGNET)
        long = headline(by_pixels((page.truth, page.answers[place], page.pixels) for page in judged))
        rows += [_figure(f"{name}: {variant.name}: by length, {what}", value) for what, value in long.items()]
    spent = np.median([(page.traced_s, page.net_s) for page in judged], axis=0)
    rows.append(_figure(f"{name}: CPU to trace a sheet's strokes, median", float(spent[0]), "s"))
    rows.append(_figure(f"{name}: CPU of {EDGNET.name}'s net for a sheet, median", float(spent[1]), "s"))
    return rows


def _judged(pages: Iterable[Page], nets: Sequence[Net]) -> Iterator[Judged]:
    for page in pages:
        began = time.process_time()
        strokes = drawing.drawn(page.picture)
        traced, answers, spent = time.process_time() - began, [], []
        for net in nets:
            began = time.process_time()
            shares = net.shares(figures(strokes, net.features), strokes.touching, strokes.beside)
            spent.append(time.process_time() - began)
            answers.append(shares.argmax(axis=1).astype(np.uint8))
        truth = true_classes(strokes.paths, page.labels, LAYERS)
        yield Judged(truth, strokes.paths.counts, answers, traced, spent[0])


def _net(variant: Variant) -> Net:
    return read(TRAINED / str(variant.options["net"]) / "net.safetensors")


def _rows(name: str, found: Confusion, *, goal: bool) -> Iterator[Figure]:
    for what, value in headline(found).items():
        told = f"{name}: strokes right, {what}, of {found.strokes}"
        if what in PUBLISHED:
            told += f" (published on its own data: {PUBLISHED[what]:.2%})"
        wanted = goal and what == "three classes"
        yield Figure(
            name=told,
            value=value,
            unit="",
            goal=f">= {GOAL}" if wanted else "",
            holds=value >= GOAL if wanted else None,
        )
    for kind in CLASSES:
        yield _figure(f"{name}: {kind}, recall", found.recall(kind))
        yield _figure(f"{name}: {kind}, precision", found.precision(kind))


def _figure(name: str, value: float, unit: str = "") -> Figure:
    return Figure(name=name, value=value, unit=unit)


if __name__ == "__main__":
    main()
