"""Looks into cells: what ink stands there, and whether it touches the walls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Box, Mask

RIM_MM: Final = 0.3
"""Of a cell's paper along its walls, where a wall's ragged edge may stand."""
SPECK_MM: Final = 0.25
"""Side of a square of ink that is dirt and no sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """box: round the ink inside the rim, in pixels of the sheet. touches: places at which ink runs into a wall.

    sides: whether it does into the left, upper, right, lower one.
    """

    box: Box
    touches: int
    sides: tuple[bool, bool, bool, bool]

    @property
    def width(self) -> int:
        """In pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        """In pixels."""
        return self.box[3] - self.box[1]


def content(ink: Mask, cell: Box, per_mm: float) -> Content | None:
    """What stands in the cell; None for an empty one."""
    rim = max(round(RIM_MM * per_mm), 2)
    x0, y0, x1, y1 = (cell[0] + rim, cell[1] + rim, cell[2] - rim, cell[3] - rim)
    if x1 - x0 < 3 or y1 - y0 < 3:
        return None
    inside = np.ascontiguousarray(ink[y0:y1, x0:x1])
    _, names, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    signs = stats[:, cv2.CC_STAT_AREA] >= max((SPECK_MM * per_mm) ** 2, 2)
    signs[0] = False  # the paper
    if not signs.any():
        return None
    parts = stats[signs]
    left, top = parts[:, 0].min(), parts[:, 1].min()
    right, bottom = (parts[:, 0] + parts[:, 2]).max(), (parts[:, 1] + parts[:, 3]).max()
    box = (int(x0 + left), int(y0 + top), int(x0 + right), int(y0 + bottom))
    touched = (box[0] <= x0, box[1] <= y0, box[2] >= x1, box[3] >= y1)
    return Content(box=box, touches=_runs(signs[names]), sides=touched)


def _runs(inside: NDArray[np.bool_]) -> int:
    """Separate stretches of ink along the outermost pixels, once round."""
    ring = np.concatenate((inside[0], inside[1:, -1], inside[-1, -2::-1], inside[-2:0:-1, 0]))
    return int(np.count_nonzero(ring & ~np.roll(ring, 1)))
