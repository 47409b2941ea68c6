"""What a place on a level sheet is that may be a sign, and how it is cut out to be looked at. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Box, Mask

SIDE: Final = 28
"""Pixels of a crop's sides."""
Family = Literal["tick", "ring", "joint"]
Crop = NDArray[np.float32]
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """family: how it was found, and so which signs it may be. box: round the sign's strokes, in pixels.

    crops: f32 [28, 28] each, 0 paper to 1 ink: the sign as it would look upright, at one size; of a weld one for each
    side of its line on which something stands.
    """

    family: Family
    box: Box
    crops: tuple[Crop, ...] = field(repr=False)


def crop(ink: Mask, origin: Spot, degrees: float, window: tuple[float, float, float, float]) -> Crop:
    """What lies in a window about a point, shrunk evenly to a square.

    degrees: by which the sign is turned against the clock as seen. window: left, right, low, high in pixels of the
    sheet, in the sign's own frame, y up.
    """
    left, right, low, high = window
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    wide, tall = (right - left) / SIDE, (high - low) / SIDE
    # from the crop's pixel (column, row) to the sheet's (x, y), y down
    u0, v0 = left + wide / 2, high - tall / 2
    matrix = np.array(
        (
            (wide * cosine, tall * sine, origin[0] + u0 * cosine - v0 * sine),
            (-wide * sine, tall * cosine, origin[1] - u0 * sine - v0 * cosine),
        )
    )
    reach = math.ceil(max(abs(left), abs(right)) + max(abs(low), abs(high))) + 4
    x0, y0 = max(int(origin[0]) - reach, 0), max(int(origin[1]) - reach, 0)
    near = ink[y0 : y0 + 2 * reach, x0 : x0 + 2 * reach]
    if not near.size:
        return np.zeros((SIDE, SIDE), np.float32)
    matrix[:, 2] -= (x0, y0)
    soft = cv2.GaussianBlur(near, (0, 0), max(wide, tall) * 0.4)
    made = cv2.warpAffine(soft, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(made, np.float32) * np.float32(1 / 255)
