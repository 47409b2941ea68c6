"""Finds what stands boxed by itself: datum letters on their triangles, and basic dimensions."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models.sheet.contents import Content, content
from rung.models.sheet.grids import Grid
from rung.models.sheet.kinds import Sheet
from rung.models.sheet.walls import own_walls
from rung.runtime.tasks import Box, Mask

TALLEST_MM: Final = 16.0
"""Shorter side of a box round one line of letters."""
FILLS: Final = (0.25, 0.9)
"""Of the box's shorter side: what stands in it is so high, or wide where it is turned."""
SPARE: Final = 2.0
"""Paper beside the letters in a box, on both ends together, in its shorter sides."""
SQUARE: Final = 1.6
"""Longer side of a datum's box, in its shorter sides."""
STEM_MM: Final = 14.0
"""How far from its box a datum's triangle stands at most."""
SOLID_MM: Final = 0.9
"""Side of a square that fits into a datum's triangle, and into no arrowhead and no line."""


def datum(grid: Grid, sheet: Sheet) -> Box | None:
    """Round a letter's box and the triangle that it stands at; None for what is no datum."""
    if len(grid.cells) > 1:
        return None
    shorter, longer = sorted((grid.box[2] - grid.box[0], grid.box[3] - grid.box[1]))
    held = content(sheet.ink, grid.box, sheet.per_mm)
    if shorter > TALLEST_MM * sheet.per_mm or longer > SQUARE * shorter or held is None or held.touches:
        return None
    triangle = _triangle(grid.box, sheet) if _filled(held, shorter) else None
    return None if triangle is None else _round((grid.box, triangle))


def by_itself(paper: Box, sheet: Sheet) -> Box | None:
    """The box round a text that is boxed by itself, also where other lines cross or adjoin it; None where `paper`, a
    rectangle between lines, is no such box. What stands in it touches no wall, but for letters along one of them."""
    walls = own_walls(paper, sheet.ink, sheet.per_mm)
    held = content(sheet.ink, paper, sheet.per_mm)
    if walls is None or held is None:
        return None
    wide, tall = walls[2] - walls[0], walls[3] - walls[1]
    shorter, longer = sorted((wide, tall))
    spare = longer - (held.width if wide >= tall else held.height)
    if shorter > TALLEST_MM * sheet.per_mm or spare > SPARE * shorter or not _filled(held, shorter):
        return None
    # Where a line crosses the box the letters may stand as near to it as they like.
    touched = [one and wall == side for one, wall, side in zip(held.sides, walls, paper, strict=True)]
    beside, along = (touched[0::2], touched[1::2]) if wide >= tall else (touched[1::2], touched[0::2])
    return None if any(beside) or all(along) else walls


def _filled(held: Content, shorter: int) -> bool:
    """Whether what stands in a box is one line of letters. shorter: the box's shorter side, in pixels."""
    return FILLS[0] * shorter <= min(held.height, held.width * 3) and min(held.width, held.height) <= FILLS[1] * shorter


def _triangle(box: Box, sheet: Sheet) -> Box | None:
    """Box round the solid ink that hangs together with the box's wall; None where there is none."""
    reach, wall = round(STEM_MM * sheet.per_mm), round(sheet.per_mm)
    left, top = max(box[0] - reach, 0), max(box[1] - reach, 0)
    around = sheet.ink[top : box[3] + reach, left : box[2] + reach].copy()
    inner = np.s_[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
    around[inner] = 0
    solid = _solid(around, sheet.per_mm)
    found = None
    for x, y, width, height in solid:
        spot = (left + x, top + y, left + x + width, top + y + height)
        # The stem runs straight from the middle of a wall.
        if _beside(spot, box, wall * 2) and _stem(around, (x, y, width, height), inner):
            found = spot
            break
    return found


def _solid(ink: Mask, per_mm: float) -> list[tuple[int, int, int, int]]:
    side = max(round(SOLID_MM * per_mm), 3)
    core = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    return [(int(x), int(y), int(width), int(height)) for x, y, width, height, _ in stats[1:]]


def _beside(spot: Box, box: Box, slack: int) -> bool:
    """Whether the spot's middle lies within the box's width or within its height, so that the stem is straight."""
    x, y = (spot[0] + spot[2]) / 2, (spot[1] + spot[3]) / 2
    return box[0] - slack <= x <= box[2] + slack or box[1] - slack <= y <= box[3] + slack


def _stem(ink: Mask, spot: tuple[int, int, int, int], inner: tuple[slice, slice]) -> bool:
    """Whether ink joins the spot with the wall around `inner`."""
    _, names = cv2.connectedComponents(ink, connectivity=8)
    x, y, width, height = spot
    rows, columns = inner
    ring = np.zeros_like(ink, bool)
    ring[max(rows.start - 2, 0) : rows.stop + 2, max(columns.start - 2, 0) : columns.stop + 2] = True
    at = names[y : y + height, x : x + width]
    return bool(set(np.unique(names[ring])) & set(np.unique(at)) - {0})


def _round(boxes: tuple[Box, Box]) -> Box:
    one, other = boxes
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
