"""Places that may be balloons: circles with something in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from rung.models.symbols.places import Place, crop
from rung.runtime.tasks import Mask

ACROSS_MM: Final = (4.0, 20.0)
"""Of a balloon."""
ROUND: Final = (0.93, 1.04)
"""What an outline encloses, of the ellipse in its box."""
LOPSIDED: Final = 0.07
"""Sides of a circle's box may differ by so much, and two pixels."""
NEAREST: Final = 0.85
"""Radii from a circle's middle at which its outline lies everywhere: a quarter of a disc fills its box as well."""
SEEN: Final = 1.7
"""Radii about the middle that are looked at: its leader is among them."""


def rings(ink: Mask, per_mm: float) -> Iterator[Place]:
    """Circles of a level sheet that enclose paper. per_mm: pixels."""
    outlines, tree = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    least, most = (side * per_mm for side in ACROSS_MM)
    for outline, (_, _, _, parent) in zip(outlines, tree[0] if tree is not None else (), strict=True):
        if parent < 0 or len(outline) < 12:
            continue
        x, y, width, height = cv2.boundingRect(outline)
        if not least <= min(width, height) or max(width, height) > most:
            continue
        if abs(width - height) > LOPSIDED * width + 2:
            continue
        ellipse = math.pi / 4 * (width - 1) * (height - 1)
        if not ROUND[0] <= cv2.contourArea(outline) / ellipse <= ROUND[1]:
            continue
        middle, half = (x + (width - 1) / 2, y + (height - 1) / 2), (width + height) / 4
        far = np.hypot(*(outline.reshape(-1, 2) - middle).T)
        if far.min() < NEAREST * half - 1:
            continue
        inner = ink[y + round(half * 0.6) : y + round(half * 1.4), x + round(half * 0.4) : x + round(half * 1.6)]
        if np.count_nonzero(inner):
            reach = half * SEEN
            yield Place(
                family="ring",
                box=(x - 1, y - 1, x + width + 1, y + height + 1),
                crops=(crop(ink, middle, 0.0, (-reach, reach, -reach, reach)),),
            )
