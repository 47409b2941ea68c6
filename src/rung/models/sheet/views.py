"""Finds the views of a drawing: where geometry stands together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Box, Mask

APART_MM: Final = 9.0
"""Of paper between two views at least; what is nearer belongs together."""
LEAST_MM: Final = (8.0, 15.0)
"""Shorter and longer side of a view."""
STROKE_MM: Final = 8.0
"""A view has one connected piece of ink at least so large; notes have none."""
LINES_MM: Final = 50.0
"""Length of all lines of a view, by its ink; a leader has less."""
PEN_MM: Final = 0.3
"""Width that a line is taken to have for that."""
SPECK_MM: Final = 0.4
"""Side of a square of ink that is dirt."""


def views(ink: Mask, taken: Sequence[Box], inside: Box, per_mm: float) -> tuple[Box, ...]:
    """Boxes round the views, the largest first. taken: parts of the sheet that are something else."""
    left = np.zeros_like(ink)
    x0, y0, x1, y1 = inside
    left[y0:y1, x0:x1] = ink[y0:y1, x0:x1]
    for box in taken:
        left[box[1] : box[3], box[0] : box[2]] = 0
    _, names, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
    signs = stats[:, cv2.CC_STAT_AREA] >= (SPECK_MM * per_mm) ** 2
    signs[0] = False  # the paper
    clean = signs[names].astype(np.uint8) * 255
    pieces = _boxes(stats[signs & (stats[:, 2:4].max(axis=1) >= STROKE_MM * per_mm)])
    found = [box for box in _clusters(clean, per_mm) if _is_view(box, clean, pieces, per_mm)]
    found = [box for box in found if not any(_holds(other, box) for other in found if other != box)]
    return tuple(sorted(found, key=lambda box: -(box[2] - box[0]) * (box[3] - box[1])))


def _boxes(stats: NDArray[np.int32]) -> list[Box]:
    return [(int(x), int(y), int(x + width), int(y + height)) for x, y, width, height, _ in stats]


def _clusters(ink: Mask, per_mm: float) -> list[Box]:
    """Boxes of the ink that stands together: seen at a pixel for each millimetre, then measured at the ink itself."""
    height, width = ink.shape
    size = (max(round(width / per_mm), 1), max(round(height / per_mm), 1))
    small = (cv2.resize(ink, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    reach = round(APART_MM) | 1
    joined = cv2.dilate(small, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    _, names, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes = []
    for name, box in enumerate(_boxes(stats)[1:], start=1):
        rows, columns = np.nonzero((names[box[1] : box[3], box[0] : box[2]] == name) & (small[_part(box)] > 0))
        low = (int((box[0] + columns.min() - 1) * per_mm), int((box[1] + rows.min() - 1) * per_mm))
        high = (int((box[0] + columns.max() + 2) * per_mm), int((box[1] + rows.max() + 2) * per_mm))
        rough = (max(low[0], 0), max(low[1], 0), min(high[0], width), min(high[1], height))
        x, y, wide, high_ = cv2.boundingRect(np.ascontiguousarray(ink[_part(rough)]))
        boxes.append((rough[0] + x, rough[1] + y, rough[0] + x + wide, rough[1] + y + high_))
    return boxes


def _part(box: Box) -> tuple[slice, slice]:
    return slice(box[1], box[3]), slice(box[0], box[2])


def _is_view(box: Box, ink: Mask, pieces: Sequence[Box], per_mm: float) -> bool:
    shorter, longer = sorted((box[2] - box[0], box[3] - box[1]))
    if shorter < LEAST_MM[0] * per_mm or longer < LEAST_MM[1] * per_mm:
        return False
    length = int(np.count_nonzero(ink[_part(box)])) / (PEN_MM * per_mm)
    return length >= LINES_MM * per_mm and any(_holds(box, piece) for piece in pieces)


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
