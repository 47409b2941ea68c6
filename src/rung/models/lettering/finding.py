"""From the regions of a net to the lines of text of a sheet, each once and in its reading direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rung.models.lettering.angles import settled, skew
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, area, intersection, measured, turned
from rung.models.lettering.regions import Region
from rung.models.lettering.tightening import Line, tightened

SAME: Final = 0.6
"""Of the smaller one's area: two boxes that share more are of one text."""
SHORT: Final = 1.8
"""Widths over heights: the shape of a shorter region does not tell in which direction it reads."""
LYING: Final = 0.15
"""Mean log of width over height: signs lie on their side where it is more; figures have -0.5, a lone M has 0."""
STILL: Final = 0.5
"""Degrees: of less skew a sheet's lines are steps of one pixel, and its texts are better copied than turned."""


def lines(grey: Grey, regions: Sequence[Region], gap: float | None = None) -> list[tuple[Line, float]]:
    """Each text with its score (0..1), from the top down. gap: pixels between signs that are still of one text; None:
    by their height."""
    askew = skew([region.quad for region in regions])
    askew = 0.0 if abs(askew) < STILL else askew
    found = []
    for region in regions:
        for line in righted(grey, settled(region.quad, askew), gap):
            found.append((line, region.score))
    kept = once(found)
    return sorted(kept, key=lambda one: (float(one[0].quad[:, 1].min()), float(one[0].quad[:, 0].min())))


def righted(grey: Grey, corners: Quad, gap: float | None = None) -> list[Line]:
    """The texts of a region, read as their signs stand: a short one may read across the longer side of its region."""
    found = tightened(grey, corners, gap)
    _, width, height, _ = measured(corners)
    if width > SHORT * height or not any(line.lean > LYING for line in found):
        return found
    other = tightened(grey, turned(corners, 1 if measured(corners)[3] < 45 else -1), gap)
    return other if other and all(line.lean < LYING for line in other) else found


def once(found: Sequence[tuple[Line, float]]) -> list[tuple[Line, float]]:
    """Without those that lie in a larger one."""
    kept: list[tuple[Line, float]] = []
    for one in sorted(found, key=lambda one: area(one[0].quad), reverse=True):
        own = area(one[0].quad)
        if all(intersection(one[0].quad, other[0].quad) < SAME * own for other in kept):
            kept.append(one)
    return kept
