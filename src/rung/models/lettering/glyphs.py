"""Tells the signs of a text from the lines around it, in a cut-out that reads to the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.patches import Grey

Mask = NDArray[np.uint8]
LEVELS: Final = (90, 200)
"""Of grey: the threshold between ink and paper is looked for between these."""
RULE: Final = 1.8
"""Heights of the text: a straight run of ink that is longer is a line of the drawing and no stroke of a sign."""
TALLEST: Final = 1.45
"""Heights of the text: of a sign, brackets and stacked figures that touch included."""
WIDEST: Final = 4.0
"""Heights of the text: of signs that touch each other."""
SPECK: Final = 0.07
"""Heights of the text: the least side of what is more than dirt; a full stop has 0.1."""

ON_RULE: Final = 0.25
"""Heights of the text: a figure that stands on a line has its middle further from it, an arrow's head has not."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """boxes: i32 [N, 4], x0 y0 x1 y1 of each sign, in pixels of the cut-out. bars: i32 [M, 3], x y0 y1 of upright
    lines."""

    boxes: NDArray[np.int32]
    bars: NDArray[np.int32]


def ink(cut: Grey) -> Mask:
    """255 where there is ink."""
    level = cv2.threshold(cut, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0]
    return np.where(cut < np.clip(level, *LEVELS), np.uint8(255), np.uint8(0))


def runs(mask: Mask, across: int, down: int) -> Mask:
    """What of the ink belongs to straight runs of that many pixels."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((down, across), np.uint8)), np.uint8)


def glyphs(cut: Grey, tall: float) -> Glyphs:
    """The signs in a cut-out whose text is about `tall` pixels high. What the edge cuts through is no sign."""
    mask = ink(cut)
    length = max(round(RULE * tall), 3)
    upright = runs(mask, 1, length)
    level = runs(mask, length, 1)
    signs = _signs(mask & ~upright & ~level, tall)
    return Glyphs(boxes=signs[~_on_a_rule(signs, _boxes(level), tall)], bars=_boxes(upright)[:, [0, 1, 3]])


def _on_a_rule(boxes: NDArray[np.int32], rules: NDArray[np.int32], tall: float) -> NDArray[np.bool_]:
    """Which have a level line through their middle: they are its arrows, or what crosses it."""
    middle = (boxes[:, 1] + boxes[:, 3])[:, None] / 2
    through = (middle > rules[:, 1] - ON_RULE * tall) & (middle < rules[:, 3] + ON_RULE * tall)
    beside = (boxes[:, 2, None] >= rules[:, 0]) & (boxes[:, 0, None] <= rules[:, 2])
    return np.asarray((through & beside).any(axis=1))


def _boxes(mask: Mask) -> NDArray[np.int32]:
    """x0 y0 x1 y1 of each connected part."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_16U)
    x, y, wide, high, _ = stats[1:].T
    return np.stack((x, y, x + wide, y + high), axis=1).astype(np.int32)


def _signs(mask: Mask, tall: float) -> NDArray[np.int32]:
    boxes = _boxes(mask)
    wide, high = (boxes[:, 2:] - boxes[:, :2]).T
    rows, columns = mask.shape
    whole = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < columns) & (boxes[:, 3] < rows)
    fits = (high <= TALLEST * tall) & (wide <= WIDEST * tall) & (np.maximum(wide, high) >= max(SPECK * tall, 2))
    # The stub of a line, or an arrow's head: longer than a minus sign.
    flat = (high < 0.45 * tall) & (wide > 1.1 * tall)
    return np.asarray(boxes[whole & fits & ~flat], np.int32)
