"""Decides what the strokes of a page make together: parts of one class that hang together, and their curves. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rung.apps.drawings.schema import Component, Curve
from rung.models.strokes.pixels import Ints, groups
from rung.runtime.tasks import ClassifyStrokesOutput

SAMPLES = 9
"""Points of a curve that its box is taken from."""


def counts_of(found: ClassifyStrokesOutput) -> dict[str, int]:
    """How many strokes are of each class, those of which there is none too."""
    counts = np.bincount(found.labels, minlength=len(found.classes))
    return dict(zip(found.classes, counts.tolist(), strict=True))


def components_of(found: ClassifyStrokesOutput) -> list[Component]:
    """Strokes of one class that touch each other, directly or by others, the larger box first."""
    part = parts_of(found)
    boxes = _boxes(found, part)
    strokes = np.bincount(part)
    sure = np.bincount(part, weights=_confidences(found)) / np.maximum(strokes, 1)
    kinds = np.zeros(len(boxes), np.int64)
    kinds[part] = found.labels
    size = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    return [
        Component(
            id=f"c{number}",
            class_=found.classes[kinds[place]],
            box=_rounded(boxes[place]),
            strokes=int(strokes[place]),
            confidence=round(float(sure[place]), 4),
        )
        for number, place in enumerate(np.argsort(-size, kind="stable"), 1)
    ]


def curves_of(found: ClassifyStrokesOutput) -> list[Curve]:
    """Every stroke, in the order in which it was traced."""
    sure = _confidences(found)
    return [
        Curve(
            class_=found.classes[label],
            controls=[(round(float(x), 2), round(float(y), 2)) for x, y in controls],
            confidence=round(float(share), 4),
        )
        for label, controls, share in zip(found.labels, found.controls, sure, strict=True)
    ]


def parts_of(found: ClassifyStrokesOutput) -> Ints:
    """[N]: which component each stroke belongs to."""
    links = found.links.astype(np.int64).reshape(-1, 2)
    alike = found.labels[links[:, 0]] == found.labels[links[:, 1]]
    return groups(len(found.labels), links[alike])


def _confidences(found: ClassifyStrokesOutput) -> NDArray[np.float32]:
    """[N]: the net's share of the class that it chose."""
    return np.asarray(found.shares[np.arange(len(found.labels)), found.labels], np.float32)


def points_of(controls: NDArray[np.float32], count: int = SAMPLES) -> NDArray[np.float32]:
    """f32 [N, count, 2]: places along each curve, its ends among them."""
    t = np.linspace(0, 1, count, dtype=np.float32)
    weights = np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], axis=1)
    return np.asarray(np.einsum("sk,nkd->nsd", weights, controls), np.float32)


def _boxes(found: ClassifyStrokesOutput, part: Ints) -> NDArray[np.float32]:
    """f32 [components, 4]."""
    points = points_of(found.controls)
    boxes = np.full((int(part.max(initial=-1)) + 1, 4), np.inf, np.float32)
    boxes[:, 2:] = -np.inf
    np.minimum.at(boxes[:, :2], part, points.min(axis=1))
    np.maximum.at(boxes[:, 2:], part, points.max(axis=1))
    return boxes


def _rounded(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (round(float(v), 1) for v in box)
    return x0, y0, x1, y1
