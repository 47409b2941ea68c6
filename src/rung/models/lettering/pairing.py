"""Joins the two limits of a size, which stand one above the other in letters of one height, to one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from rung.models.lettering.quads import axes, measured, quad
from rung.models.lettering.tightening import Line

Scored = tuple[Line, float]

ALIKE: Final = 0.85
"""Usual height of signs of the lower over that of the higher: of two limits."""
CLOSE: Final = 0.45
"""Heights: rows of a note or of a title block stand further apart."""
COMMON: Final = 0.75
"""Of the shorter one's width, which lies below the other."""
FIGURES: Final = 3
"""Signs: a limit has as many."""
TURN: Final = 3.0
"""Degrees between the two at most."""


def paired(found: Sequence[Scored]) -> list[Scored]:
    """Two rows and no third one near them are one text, at the place of the upper one."""
    mates = [
        [other for other in range(len(found)) if _below(found[one][0], found[other][0])] for one in range(len(found))
    ]
    uppers = {one: below[0] for one, below in enumerate(mates) if len(below) == 1}
    pairs = {one: other for one, other in uppers.items() if other not in uppers and one not in uppers.values()}
    lower = set(pairs.values())
    return [
        (_joined(one[0], found[pairs[place]][0]), min(one[1], found[pairs[place]][1])) if place in pairs else one
        for place, one in enumerate(found)
        if place not in lower
    ]


def _below(one: Line, other: Line) -> bool:
    """Whether `other` stands close below `one`, in its direction."""
    if one is other or min(one.count, other.count) < FIGURES:
        return False
    if min(one.usual, other.usual) < ALIKE * max(one.usual, other.usual):
        return False
    centre, width, height, angle = measured(one.quad)
    middle, wide, high, turned = measured(other.quad)
    if abs(turned - angle) > TURN:
        return False
    along, down = axes(angle)
    away = np.subtract(middle, centre)
    gap = float(away @ down) - (height + high) / 2
    common = (width + wide) / 2 - abs(float(away @ along))
    return float(away @ down) > 0 and abs(gap) <= CLOSE * one.tall and common >= COMMON * min(width, wide)


def _joined(one: Line, other: Line) -> Line:
    """The smallest box around both, in the direction of the first."""
    centre, _, _, angle = measured(one.quad)
    corners = np.concatenate((one.quad, other.quad)) - np.array(centre, np.float32)
    along, down = axes(angle)
    across, below = corners @ along, corners @ down
    middle = np.array(centre) + along * (across.min() + across.max()) / 2 + down * (below.min() + below.max()) / 2
    box = quad((float(middle[0]), float(middle[1])), float(np.ptp(across)), float(np.ptp(below)), angle)
    return replace(one, quad=box, count=one.count + other.count)
