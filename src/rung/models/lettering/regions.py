"""From a map of where text is to boxes: the post-processing of DB (Liao and others, differentiable binarization, 2020).

The net is taught a shrunken core of each text, so that neighbours stay apart; a region is grown back by its area times
a ratio over its outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, measured, of_points, quad

THRESHOLD: Final = 0.3
"""Of the map: above it a pixel is text. As PP-OCR has it."""
LEAST_SIDE: Final = 3.0
"""Pixels of the map: a smaller region is noise."""


@dataclass(frozen=True, slots=True)
class Region:
    """A text as the net saw it. score: the map's mean inside, 0..1."""

    quad: Quad
    score: float


def regions(seen: Grey, scale: float, least_score: float, unclip: float) -> list[Region]:
    """The regions of a map 0..255 that score at least so much, in pixels of a picture `1 / scale` as large."""
    mask = (seen > THRESHOLD * 255).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        core = of_points(outline.reshape(-1, 2).astype(np.float32))
        centre, width, height, angle = measured(core)
        if height < LEAST_SIDE:
            continue
        score = mean_inside(seen, core)
        if score >= least_score:
            grow = 2 * (width * height * unclip) / (2 * (width + height))
            # The outline runs through the middles of pixels, half a pixel from their edges.
            middle = (centre[0] + 0.5, centre[1] + 0.5)
            full = quad(middle, width + 1 + grow, height + 1 + grow, angle)
            found.append(Region(quad=full / np.float32(scale), score=score))
    return found


def mean_inside(seen: Grey, corners: Quad) -> float:
    """Mean of a map 0..255 inside a quad, as 0..1."""
    x0, y0 = np.floor(corners.min(axis=0)).astype(int).clip(0)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = seen[y0:y1, x0:x1]
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(corners - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(part, inside)[0]) / 255.0
