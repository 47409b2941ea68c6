"""How many strokes of drawings of known truth are classified rightly, by each of our nets, beside the published."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from _report import Figure
from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.sheet import Page
from rung.lab.strokes.figures import PUBLISHED, Confusion, confusion, headline
from rung.lab.strokes.truth import CLASSES, Labels, true_classes
from rung.models.catalog.strokes import EDGNET, EDGNET_PAPER
from rung.models.edgnet import TRAINED, figures
from rung.models.strokes.drawing import drawn
from rung.models.strokes.net import Net
from rung.models.strokes.net_file import read
from rung.runtime.spec import Variant

GOAL = 0.91
"""Of the strokes of held-out styles, in three classes, by the best rung."""
VARIANTS = (EDGNET, EDGNET_PAPER)


@dataclass(frozen=True, slots=True)
class Judged:
    """One page: what its strokes are, what each net says, and the CPU seconds of tracing and of the first net."""

    truth: Labels
    answers: Sequence[Labels]
    traced_s: float
    net_s: float


def stroke_figures(name: str, pages: Iterable[Page]) -> list[Figure]:
    """What the nets make of a set of pages."""
    judged = list(_judged(pages, [_net(variant) for variant in VARIANTS]))
    rows = []
    for place, variant in enumerate(VARIANTS):
        found = confusion((page.truth, page.answers[place]) for page in judged)
        rows += _rows(f"{name}: {variant.name}", found, goal=variant is EDGNET)
    if judged:
        rows.append(
            _figure(f"{name}: CPU to trace a sheet, median", float(np.median([p.traced_s for p in judged])), "s")
        )
        rows.append(
            _figure(f"{name}: CPU of {EDGNET.name}'s net, median", float(np.median([p.net_s for p in judged])), "s")
        )
    return rows


def _judged(pages: Iterable[Page], nets: Sequence[Net]) -> Iterator[Judged]:
    for page in pages:
        began = time.process_time()
        strokes = drawn(page.picture)
        traced, answers, spent = time.process_time() - began, [], []
        for net in nets:
            began = time.process_time()
            shares = net.shares(figures(strokes, net.features), strokes.touching, strokes.beside)
            spent.append(time.process_time() - began)
            answers.append(shares.argmax(axis=1).astype(np.uint8))
        yield Judged(true_classes(strokes.paths, page.labels, LAYERS), answers, traced, spent[0])


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
