"""The classes of strokes that `segment` answers, against the entities whose ink they run along."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from _drawings_sheets import png
from _report import Figure
from rung.lab.sheets.pen import LAYERS
from rung.lab.sheets.sheet import Page
from rung.lab.strokes.figures import PUBLISHED, Confusion, confusion, headline
from rung.lab.strokes.truth import CLASSES, OF_LAYER, UNKNOWN, Labels
from rung.runtime.client import Client

GOAL = 0.91
SAMPLES = 25
"""Points along each curve at which its entity is looked up."""


def strokes(client: Client, pages: Iterable[Page], name: str) -> list[Figure]:
    """Accuracy over all strokes of the pages, as the paper counts it."""
    found = confusion(_pairs(client, pages))
    rows = [
        Figure(
            name=f"{name}: strokes of three classes right, of {found.strokes}",
            value=headline(found)["three classes"],
            unit="",
            goal=f">= {GOAL} (paper {PUBLISHED['three classes']} on its own)",
            holds=headline(found)["three classes"] >= GOAL,
        )
    ]
    for key in ("text / non-text", "contour / other"):
        rows.append(
            Figure(name=f"{name}: strokes, {key} (paper {PUBLISHED[key]})", value=headline(found)[key], unit="")
        )
    rows.append(Figure(name=f"{name}: strokes, our four classes", value=headline(found)["four classes"], unit=""))
    return rows + [_recall(name, found, one) for one in CLASSES]


def _recall(name: str, found: Confusion, one: str) -> Figure:
    return Figure(name=f"{name}: strokes that are {one}, found", value=found.recall(one), unit="")


def _pairs(client: Client, pages: Iterable[Page]) -> Iterable[tuple[Labels, Labels]]:
    for page in pages:
        reply = client.run("drawings", "segment", file=png(page), dpi=round(page.dpi), strokes=True)
        curves = reply.output["pages"][0]["strokes"]
        controls = np.array([curve["controls"] for curve in curves], np.float64).reshape(-1, 4, 2)
        answer = np.array([CLASSES.index(curve["class"]) for curve in curves], np.uint8)
        yield along(controls, page.labels), answer


def along(controls: np.ndarray, labels: Labels) -> Labels:
    """Each curve's class by most of the inked pixels on or beside its points; UNKNOWN where there are none."""
    table = np.full(256, len(CLASSES), np.uint8)
    table[1 : len(LAYERS) + 1] = [CLASSES.index(OF_LAYER[layer]) for layer in LAYERS]
    t = np.linspace(0, 1, SAMPLES)
    weights = np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], axis=1)
    points = np.round(np.einsum("sk,nkd->nsd", weights, controls)).astype(int)
    votes = np.zeros((len(controls), len(CLASSES) + 1), int)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            rows = np.clip(points[..., 1] + dy, 0, labels.shape[0] - 1)
            columns = np.clip(points[..., 0] + dx, 0, labels.shape[1] - 1)
            for sample in range(SAMPLES):
                near = table[labels[rows[:, sample], columns[:, sample]]]
                np.add.at(votes, (np.arange(len(controls)), near), 5 if dx == dy == 0 else 1)
    inked = votes[:, :-1]
    return np.where(inked.any(axis=1), inked.argmax(axis=1), UNKNOWN).astype(np.uint8)
