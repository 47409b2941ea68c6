"""Says what each traced stroke truly is: by the entity whose ink it runs along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.tracing import Paths

CLASSES: Final = ("contour", "text", "dimension", "other")
OF_LAYER: Final[Mapping[str, str]] = {
    "contour": "contour",
    "hidden": "contour",
    "text": "text",
    "dimension": "dimension",
    "centre": "other",
    "hatch": "other",
    "table": "other",
    "border": "other",
    "symbol": "other",
}
"""A drawing's layers in our classes: hidden edges are the part's outline too."""
UNKNOWN: Final = 255

Labels = NDArray[np.uint8]


def true_classes(paths: Paths, layers: Labels, names: Sequence[str]) -> Labels:
    """uint8 [N]: each path's place in CLASSES, or UNKNOWN where it runs along no entity (dust, a stain).

    layers: uint8 [H, W], 0 for paper, 1 + the place in `names` for a layer's ink. The class that most of a path's
    pixels lie on is its own; of equals the one that comes first. Where no pixel lies on ink, the next one may.
    """
    table = np.zeros(256, np.uint8)
    table[1 : len(names) + 1] = [1 + CLASSES.index(OF_LAYER[name]) for name in names]
    classes = table[layers]
    found = _most(paths, classes)
    wide = _most(paths, cv2.dilate(classes, np.ones((3, 3), np.uint8)))
    return np.where(found == UNKNOWN, wide, found)


def _most(paths: Paths, classes: Labels) -> Labels:
    column, row = paths.points.astype(np.int64).T
    on = classes[row, column].astype(np.int64)
    width = len(CLASSES) + 1
    votes = np.bincount(paths.owner * width + on, minlength=len(paths.counts) * width).reshape(-1, width)[:, 1:]
    return np.where(votes.any(axis=1), votes.argmax(axis=1), UNKNOWN).astype(np.uint8)
