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
RULE: Final = 1.65
"""Heights of the text: a straight run of ink that is longer is a line of the drawing and no stroke of a sign."""
TALLEST: Final = 1.6
"""Heights of the text: of a sign, a letter in a ring and stacked figures that touch included."""
WIDEST: Final = 4.0
"""Heights of the text: of signs that touch each other."""
SPECK: Final = 0.07
"""Heights of the text: the least side of what is more than dirt; a full stop has 0.1."""

FLAT: Final = 0.5
DASH: Final = 0.9
"""Heights of the text: what is flatter and wider is no minus sign but the stub of a line, or an arrow's head."""
SPARSE: Final = 0.2
"""Share of its box that a slanting line darkens; a sign darkens more, and so do signs that touch."""
UNDER: Final = 0.5
"""Heights of the text: how far under a plus the bar lies at most that makes it a plus-minus."""
AS_WIDE: Final = 0.2
"""Heights of the text: by how much the ends of that bar may differ from those of the plus."""
TOUCH: Final = 2
"""Pixels between a line and what belongs to it."""
SLIM: Final = 0.5
ON_RULE: Final = 0.25
"""Heights of the text: a figure that stands on a line has its middle further from it, an arrow's head has not."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """boxes: i32 [N, 4], x0 y0 x1 y1 of each sign, in pixels of the cut-out. doubtful: which may be parts of an arrow
    or a ring, beside a line, or of a sign that the line crosses. bars, rules: i32 [M, 4], the same of upright and of
    level lines. rest: the ink that belongs to no straight line."""

    boxes: NDArray[np.int32]
    doubtful: NDArray[np.bool_]
    bars: NDArray[np.int32]
    rules: NDArray[np.int32]
    rest: Mask


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
    upright, level = runs(mask, 1, length), runs(mask, length, 1)
    # A line's edge fades over one pixel more than its straight runs.
    rest = mask & ~cv2.dilate(upright, np.ones((1, 3), np.uint8)) & ~cv2.dilate(level, np.ones((3, 1), np.uint8))
    bars, rules = _boxes(upright), _boxes(level)
    signs = _signs(rest, rules, tall)
    on_rule = _on_a_rule(signs, rules, tall)
    signs = signs[~on_rule | _under_a_sign(signs, ~on_rule, tall)]
    return Glyphs(boxes=signs, doubtful=_along_lines(signs, bars, rules), bars=bars, rules=rules, rest=rest)


def _along_lines(boxes: NDArray[np.int32], bars: NDArray[np.int32], rules: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which are halves of an arrow's head that lie along a line, or quarters of a ring with two centre lines."""
    wide, high = (boxes[:, 2:] - boxes[:, :2]).T
    at_bar, at_rule = _touch(boxes, bars), _touch(boxes[:, [1, 0, 3, 2]], rules[:, [1, 0, 3, 2]])
    slim = (at_bar & (wide <= SLIM * high)) | (at_rule & (high <= SLIM * wide))
    return np.asarray(slim | (at_bar & at_rule))


def _touch(boxes: NDArray[np.int32], bars: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which lie beside an upright line that is at least as long."""
    beside = (boxes[:, 2, None] >= bars[:, 0] - TOUCH) & (boxes[:, 0, None] <= bars[:, 2] + TOUCH)
    along = (boxes[:, 1, None] >= bars[:, 1] - TOUCH) & (boxes[:, 3, None] <= bars[:, 3] + TOUCH)
    return np.asarray((beside & along).any(axis=1))


def _on_a_rule(boxes: NDArray[np.int32], rules: NDArray[np.int32], tall: float) -> NDArray[np.bool_]:
    """Which have a level line through their middle: they are its arrows, or what crosses it."""
    middle = (boxes[:, 1] + boxes[:, 3])[:, None] / 2
    through = (middle > rules[:, 1] - ON_RULE * tall) & (middle < rules[:, 3] + ON_RULE * tall)
    beside = (boxes[:, 2, None] >= rules[:, 0]) & (boxes[:, 0, None] <= rules[:, 2])
    return np.asarray((through & beside).any(axis=1))


def _parts(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """x0 y0 x1 y1 of each connected part, and its pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_16U)
    x, y, wide, high, dark = stats[1:].T
    return np.stack((x, y, x + wide, y + high), axis=1).astype(np.int32), dark


def _boxes(mask: Mask) -> NDArray[np.int32]:
    return _parts(mask)[0]


def _signs(mask: Mask, rules: NDArray[np.int32], tall: float) -> NDArray[np.int32]:
    boxes, dark = _parts(mask)
    wide, high = (boxes[:, 2:] - boxes[:, :2]).T
    rows, columns = mask.shape
    whole = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < columns) & (boxes[:, 3] < rows)
    fits = (high <= TALLEST * tall) & (wide <= WIDEST * tall) & (np.maximum(wide, high) >= max(SPECK * tall, 2))
    stub = (high < FLAT * tall) & (wide > DASH * tall)
    sparse = dark < SPARSE * wide * high
    leader = sparse & ((wide > 1.1 * tall) | _meets(boxes[:, 1], boxes, rules[:, 3], rules))
    leader |= sparse & _meets(boxes[:, 3], boxes, rules[:, 1], rules)
    stub &= ~_under_a_sign(boxes, fits & ~stub, tall)
    return np.asarray(boxes[whole & fits & ~stub & ~leader], np.int32)


def _under_a_sign(boxes: NDArray[np.int32], signs: NDArray[np.bool_], tall: float) -> NDArray[np.bool_]:
    """Which lie close under a sign and are as wide: the bar of a plus-minus."""
    x0, y0, x1, _ = (boxes[:, side, None] for side in range(4))
    above = boxes[signs]
    close = np.abs(y0 - above[:, 3]) <= UNDER * tall
    as_wide = (np.abs(x0 - above[:, 0]) <= AS_WIDE * tall) & (np.abs(x1 - above[:, 2]) <= AS_WIDE * tall)
    return np.asarray((close & as_wide).any(axis=1))


def _meets(
    ends: NDArray[np.int32], boxes: NDArray[np.int32], lines: NDArray[np.int32], rules: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which begin or end at a level line: legs of a surface symbol, below its bar and above it.

    ends: the upper or the lower edge of each box. lines: the edge of each level line that faces it.
    """
    near = np.abs(ends[:, None] - lines) <= TOUCH
    beside = (boxes[:, 2, None] >= rules[:, 0] - TOUCH) & (boxes[:, 0, None] <= rules[:, 2] + TOUCH)
    return np.asarray((near & beside).any(axis=1))
