"""Finds the views of a drawing: where geometry stands together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.sheet.bodies import apart
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
WITHIN: Final = 0.5
"""Of a box without a body: with so much of it in a view's box it is of that view."""


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Ink that stands together. body: whether it has the body of a part."""

    box: Box
    body: bool


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
    long = signs & (stats[:, 2:4].max(axis=1) >= STROKE_MM * per_mm)
    found = [
        cluster
        for cluster in _clusters(clean, long[names].astype(np.uint8) * 255, per_mm)
        if _is_view(cluster, clean, _boxes(stats[long]), per_mm)
    ]
    boxes = _with_strays(found)
    boxes = [box for box in boxes if not any(_holds(other, box) for other in boxes if other != box)]
    return tuple(sorted(boxes, key=lambda box: -_area(box)))


def _with_strays(found: Sequence[_Cluster]) -> list[Box]:
    """The views' boxes. What has no body and lies in another's box by half is of that view: a balloon whose leader
    ends on the face of a part."""
    boxes = [one.box for one in found if one.body]
    for stray in (one.box for one in found if not one.body):
        shares = [_area(_common(stray, box)) for box in boxes]
        place = int(np.argmax(shares)) if shares else 0
        if shares and shares[place] >= WITHIN * _area(stray):
            boxes[place] = _both(boxes[place], stray)
        else:
            boxes.append(stray)
    return boxes


def _boxes(stats: NDArray[np.int32]) -> list[Box]:
    return [(int(x), int(y), int(x + width), int(y + height)) for x, y, width, height, _ in stats]


def _clusters(ink: Mask, lines: Mask, per_mm: float) -> list[_Cluster]:
    """What stands together, seen at a pixel for each millimetre, then measured at the ink itself. lines: ink without
    letters."""
    height, width = ink.shape
    size = (max(round(width / per_mm), 1), max(round(height / per_mm), 1))
    small, strokes = (
        (cv2.resize(one, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8) for one in (ink, lines)
    )
    reach = round(APART_MM) | 1
    joined = cv2.dilate(small, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    _, names, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for name, box in enumerate(_boxes(stats)[1:], start=1):
        mine = (names[_part(box)] == name).astype(np.uint8)
        pieces, body = apart(mine & small[_part(box)], mine & strokes[_part(box)])
        found += [_Cluster(box=_measured(piece, box, ink, per_mm), body=body) for piece in pieces]
    return found


def _measured(piece: Mask, at: Box, ink: Mask, per_mm: float) -> Box:
    """Round the ink of what is seen at a pixel for each millimetre in the box `at` of that picture."""
    height, width = ink.shape
    rows, columns = np.nonzero(piece)
    low = (int((at[0] + columns.min() - 1) * per_mm), int((at[1] + rows.min() - 1) * per_mm))
    high = (int((at[0] + columns.max() + 2) * per_mm), int((at[1] + rows.max() + 2) * per_mm))
    rough = (max(low[0], 0), max(low[1], 0), min(high[0], width), min(high[1], height))
    x, y, wide, tall = cv2.boundingRect(np.ascontiguousarray(ink[_part(rough)]))
    return (rough[0] + x, rough[1] + y, rough[0] + x + wide, rough[1] + y + tall)


def _part(box: Box) -> tuple[slice, slice]:
    return slice(box[1], box[3]), slice(box[0], box[2])


def _is_view(found: _Cluster, ink: Mask, pieces: Sequence[Box], per_mm: float) -> bool:
    box = found.box
    shorter, longer = sorted((box[2] - box[0], box[3] - box[1]))
    if shorter < LEAST_MM[0] * per_mm or longer < LEAST_MM[1] * per_mm:
        return False
    length = int(np.count_nonzero(ink[_part(box)])) / (PEN_MM * per_mm)
    # A body is proof enough; its piece runs on into another's where a figure touches a line of that.
    return length >= LINES_MM * per_mm and (found.body or any(_holds(box, piece) for piece in pieces))


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _common(one: Box, other: Box) -> Box:
    """What two boxes share, of no area where they share nothing."""
    x0, y0 = max(one[0], other[0]), max(one[1], other[1])
    return (x0, y0, max(min(one[2], other[2]), x0), max(min(one[3], other[3]), y0))


def _both(one: Box, other: Box) -> Box:
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
