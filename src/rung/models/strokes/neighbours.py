"""Says which strokes lie beside each other without touching: an addition to the published graph, for isolated parts.

The published method leaves an isolated letter without any neighbour and proposes edges to the nearest k. Here two
strokes are neighbours when no other lies between them: where the regions nearest to each of them meet, as in a Voronoi
diagram, which needs no k and finds what belongs together on either side.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.strokes.pixels import Ints
from rung.models.strokes.tracing import Paths

COARSE: Final = 2
"""Pixels of the drawing to one of the map: gaps are at least as wide as a line."""
FARTHEST: Final = 60.0
"""Pixels (7.6 mm at 200 dpi) between neighbours: wider than a dimension's text stands off its line."""


def neighbours(paths: Paths, width: int, height: int) -> Ints:
    """[E, 2]: pairs of strokes that lie beside each other at most FARTHEST pixels apart, each once, smaller first."""
    if not len(paths.counts):
        return np.empty((0, 2), np.int64)
    region, far = _regions(paths, width // COARSE + 1, height // COARSE + 1)
    across = _meeting(region[:, :-1], region[:, 1:], far[:, :-1], far[:, 1:])
    down = _meeting(region[:-1], region[1:], far[:-1], far[1:])
    pairs = np.concatenate([across, down])
    count = len(paths.counts)
    keys = np.unique(np.minimum(*pairs.T) * count + np.maximum(*pairs.T))
    return np.stack([keys // count, keys % count], axis=1)


def _regions(paths: Paths, width: int, height: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """For each pixel of the map the stroke that is nearest, and how far it is in pixels of the map."""
    stroke = np.full((height, width), -1, np.int32)
    column, row = (paths.points / COARSE).astype(np.int64).T
    stroke[row, column] = paths.owner
    empty = (stroke < 0).astype(np.uint8)
    far, label = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    owner = np.zeros(int(label.max()) + 1, np.int32)
    owner[label[empty == 0]] = stroke[empty == 0]
    return owner[label], far


def _meeting(
    one: NDArray[np.int32], other: NDArray[np.int32], far_one: NDArray[np.float32], far_other: NDArray[np.float32]
) -> Ints:
    """Pairs of regions that meet between pixels of these two halves."""
    border = one != other
    border &= far_one + far_other <= FARTHEST / COARSE
    return np.stack([one[border], other[border]], axis=1).astype(np.int64)
