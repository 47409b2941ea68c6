"""Finds a sheet's ruled lines, and the rectangles that they close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rung.runtime.tasks import Box, Mask

SHORTEST_MM: Final = 2.4
"""Of a ruled line. A frame for letters of 1.8 mm is 3.5 mm high; strokes of letters that are longer touch no wall."""
GAP_MM: Final = 0.4
"""Of paper in a line that a scan has broken."""
SIDE_MM: Final = 1.8
"""Of a cell, inside its walls."""
FILLED: Final = 0.93
"""Of its own box: what encloses less is no rectangle."""
RAGGED: Final = 2
"""Pixels that a scan's walls may stand out by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """uint8 [H, W] each, 255 on ruled lines: those that lie, those that stand."""

    lying: Mask
    standing: Mask

    def both(self) -> Mask:
        """The lines of both directions."""
        return np.asarray(self.lying | self.standing, np.uint8)


def rules(ink: Mask, per_mm: float) -> Rules:
    """The lines of a level sheet. per_mm: pixels."""
    shortest, gap = max(round(SHORTEST_MM * per_mm), 5), max(round(GAP_MM * per_mm), 2)
    return Rules(lying=_along(ink, shortest, gap, lies=True), standing=_along(ink, shortest, gap, lies=False))


def _along(ink: Mask, shortest: int, gap: int, *, lies: bool) -> Mask:
    closing, opening = ((gap, 1), (shortest, 1)) if lies else ((1, gap), (1, shortest))
    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(closing[::-1], np.uint8))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones(opening[::-1], np.uint8)), np.uint8)


def rectangles(found: Rules, per_mm: float) -> tuple[Box, ...]:
    """What the lines close on all sides: the paper inside the walls, x0 y0 x1 y1, from the top down."""
    # Where a corner's lines miss each other by two pixels it is closed still; what that takes of the paper is none,
    # since the outline of a hole runs over the wall's own pixels.
    walls = cv2.dilate(found.both(), np.ones((3, 3), np.uint8))
    outlines, tree = cv2.findContours(walls, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    least = SIDE_MM * per_mm
    boxes: list[Box] = []
    for outline, (_, _, _, parent) in zip(outlines, tree[0] if tree is not None else (), strict=True):
        x, y, width, height = cv2.boundingRect(outline)
        if parent < 0 or width < least or height < least:
            continue
        if cv2.contourArea(outline) >= FILLED * (width - 1 - RAGGED) * (height - 1 - RAGGED):
            boxes.append((x, y, x + width, y + height))
    return tuple(sorted(boxes, key=lambda box: (box[1], box[0])))
