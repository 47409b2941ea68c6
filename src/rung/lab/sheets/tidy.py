"""Takes back what a designer would not leave: dimensions whose text another line or text crosses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.lab.sheets.ink import Mark, ink_polygons
from rung.lab.sheets.truth import Polygon

PX_MM = 5.0
"""Pixels per millimetre of the pictures in which crossings are looked for."""
SPARE_MM = 0.35
"""Paper that text keeps around itself."""
Canvas = NDArray[np.uint8]


def struck(
    marks: Sequence[Mark],
    units: Sequence[tuple[str, ...]],
    kept: Mapping[str, Polygon],
    paper_mm: tuple[float, float],
    spare_mm: float = SPARE_MM,
) -> set[str]:
    """Handles of the units that have to go, so that no text is crossed. Earlier units stay before later ones.

    kept: what nothing else may cross, as a feature control frame, by the handle of an entity of it.
    spare_mm: paper that text keeps around itself.
    Hatching of a section, which stops at text in a drawing, counts as a line like any other.
    """
    by_handle: dict[str, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_handle[mark.handle].append(mark)
    inks = ink_polygons(marks)
    shape = (int(paper_mm[1] * PX_MM) + 1, int(paper_mm[0] * PX_MM) + 1)
    lines, letters = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    bound = {handle for unit in units for handle in unit}
    still = [handle for handle in by_handle if handle not in bound]
    _add(lines, letters, by_handle, inks, still, paper_mm[1], spare_mm)
    gone: set[str] = set()
    for unit in units:
        own_lines, own_letters = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        _add(own_lines, own_letters, by_handle, inks, unit, paper_mm[1], spare_mm)
        area = own_letters.copy()
        for box in (kept[handle] for handle in unit if handle in kept):
            cv2.fillPoly(area, [_pixels(np.array(box), paper_mm[1])], 1)
        crossed = _clash(own_letters, own_lines) or _clash(own_lines, letters)
        if crossed or _clash(area, lines | letters):
            gone.update(unit)
        else:
            lines |= own_lines
            letters |= area
    return gone


def _clash(one: Canvas, other: Canvas) -> bool:
    return bool((one & other).any())


def _add(
    lines: Canvas,
    letters: Canvas,
    marks: dict[str, list[Mark]],
    inks: dict[str, Polygon],
    handles: Sequence[str],
    height_mm: float,
    spare_mm: float,
) -> None:
    for handle in handles:
        for mark in marks.get(handle, ()):
            if mark.angle is None:
                for line in mark.lines:
                    cv2.polylines(lines, [_pixels(line, height_mm)], False, 1)
        if handle in inks:
            cv2.fillPoly(letters, [_pixels(np.array(spread(inks[handle], spare_mm)), height_mm)], 1)


def _pixels(points: NDArray[np.float64], height_mm: float) -> NDArray[np.int32]:
    return np.round(np.column_stack((points[:, 0], height_mm - points[:, 1])) * PX_MM).astype(np.int32)


def spread(polygon: Polygon, by: float) -> Polygon:
    """A rectangle's corners, each moved outward by so much along both sides."""
    a, b, _, d = (np.array(corner) for corner in polygon)
    along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9) * by
    down = (d - a) / max(float(np.linalg.norm(d - a)), 1e-9) * by
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    moved = (np.array(c) + s * along + t * down for c, (s, t) in zip(polygon, signs, strict=True))
    return tuple((float(x), float(y)) for x, y in moved)
