"""From the regions of a net to the lines of text of a sheet, each once and in its reading direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rung.models.lettering.angles import along_axis, off_axis, skew
from rung.models.lettering.pairing import paired
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, area, intersection, measured, quad, turned
from rung.models.lettering.regions import Region
from rung.models.lettering.tightening import Line, looseness, tightened

SAME: Final = 0.6
"""Of the smaller one's area: two boxes that share more are of one text."""
SHORT: Final = 1.4
"""Widths over heights: the shape of a shorter region does not tell in which direction it reads."""
LYING: Final = 0.15
"""Mean log of width over height: signs lie on their side where it is more; figures have -0.5, a lone M has 0."""
SURE: Final = 3.0
"""Degrees from an axis of the sheet within which a region lies along it."""
UNSURE: Final = 25.0
"""Degrees within which it may, where its shape says little."""
LONG: Final = 4.0
"""Widths over heights: the angle of a longer region is exact."""
SEVERAL: Final = 1.7
"""Heights of its signs: a taller region holds two lines."""
TURN: Final = 3.0
"""Degrees by which the angle of a short region is mended."""
FEWER: Final = 0.6
ENOUGH: Final = 0.8
"""Of the signs that are found in a region as it lies: so many have to be found along the axis."""
LEVEL: Final = 2.0
"""Degrees: feet of signs that stand level fall by less, rounded to pixels as they are."""
WORD: Final = 3
"""Signs: a box of so many is a text, and tells how tall texts are."""
SMALLEST: Final = 0.4
"""Of the usual height: of labels in a title block it is 0.5."""
LARGEST: Final = 4.0
"""Of the usual height: of a title it is 2."""
LOOSEST: Final = 2.2
"""Heights of its signs: a box of limits that stand one above the other has 2.1."""
ALONG: Final = 1.0
"""Degrees: what is further off the axes of its sheet slants."""
SLANTED: Final = 0.7
"""What the area of a slanting text counts for."""
STILL: Final = 0.5
"""Degrees: of less skew a sheet's lines are steps of one pixel, and its texts are better copied than turned."""


def lines(grey: Grey, regions: Sequence[Region], gap: float | None = None) -> list[tuple[Line, float]]:
    """Each text with its score (0..1), from the top down. gap: pixels between signs that are still of one text; None:
    by their height."""
    askew = skew([region.quad for region in regions])
    askew = 0.0 if abs(askew) < STILL else askew
    found = []
    for region in regions:
        for line in righted(grey, region.quad, along_axis(region.quad, askew), gap):
            found.append((line, region.score))
    kept = paired(once(sizeable(found), askew))
    return sorted(kept, key=lambda one: (float(one[0].quad[:, 1].min()), float(one[0].quad[:, 0].min())))


def righted(grey: Grey, corners: Quad, axis: Quad, gap: float | None = None) -> list[Line]:
    """The texts of a region, read as their signs stand.

    corners: as the net saw it. axis: the same along the nearest axis of the sheet. A short region, or one of two lines,
    says little of its direction: of those that it may have, the one is taken in which its signs stand in line.
    """
    _, width, height, angle = measured(corners)
    off = abs(off_axis(angle - measured(axis)[3]))
    best = tightened(grey, axis if off <= SURE else corners, gap)
    tall = max((line.tall for line in best), default=height)
    if SURE < off <= UNSURE:
        along = tightened(grey, axis, gap)
        if level(along, best):
            best = along
        elif width < LONG * height or height > SEVERAL * tall:
            best = better(best, along)
    if width <= SHORT * height and (not best or any(line.lean > LYING for line in best)):
        other = tightened(grey, turned(axis, 1 if measured(axis)[3] < 45 else -1), gap)
        if other and all(line.lean < LYING for line in other):
            return other
    if best and width < LONG * height and off_axis_of(best[0], axis) > SURE:
        return slanted(grey, best, corners, gap)
    return best


def off_axis_of(line: Line, axis: Quad) -> float:
    """Degrees between a text and the nearest axis of its sheet."""
    return abs(off_axis(measured(line.quad)[3] - measured(axis)[3]))


def slanted(grey: Grey, best: list[Line], corners: Quad, gap: float | None) -> list[Line]:
    """The texts of a short region that lies at an angle of its own, which its shape tells by some degrees only."""
    centre, width, height, angle = measured(corners)
    for step in (2 * TURN, TURN):
        for turn in (-step, step):
            other = tightened(grey, quad(centre, width, height, angle + turn), gap)
            if better(other, best) is other and looseness(other) < looseness(best):
                best = other
        angle = measured(best[0].quad)[3]
    return best


def level(along: list[Line], best: list[Line]) -> bool:
    """Whether a region's main signs stand level along the sheet's axis, one alone as it does: a region that holds
    stacked deviations is lopsided, and looks turned. best: the same region, read as it lies."""
    many, others = (sum(line.count for line in lines) for lines in (along, best))
    slopes = [line.slope for line in along]
    return many >= ENOUGH * others and bool(slopes) and all(one is None or abs(one) <= LEVEL for one in slopes)


def better(one: list[Line], other: list[Line]) -> list[Line]:
    """The one of two ways to read a region in which its signs stand in line; many more signs go before that."""
    many, others = (sum(line.count for line in lines) for lines in (one, other))
    if others < FEWER * many:
        return one
    return other if many < FEWER * others or looseness(other) <= looseness(one) else one


def sizeable(found: Sequence[tuple[Line, float]]) -> list[tuple[Line, float]]:
    """Without those that are much smaller than the sheet's texts (arrows), much larger (outlines), or much taller than
    their own signs."""
    usual = [line.tall for line, _ in found if line.count >= WORD]
    middle = float(np.median(usual)) if usual else 0.0
    kept = [one for one in found if measured(one[0].quad)[2] <= LOOSEST * one[0].tall]
    return [one for one in kept if not usual or SMALLEST * middle <= one[0].tall <= LARGEST * middle]


def once(found: Sequence[tuple[Line, float]], askew: float = 0.0) -> list[tuple[Line, float]]:
    """Without those that lie in a larger one. askew: degrees of the sheet; a text that does not lie along it has to be
    so much larger: from a lone deviation a slanting box may grow over the whole of its dimension."""

    def size(line: Line) -> float:
        slants = abs(off_axis(measured(line.quad)[3] - askew)) > ALONG
        return area(line.quad) * (SLANTED if slants else 1.0)

    kept: list[tuple[Line, float]] = []
    for one in sorted(found, key=lambda one: size(one[0]), reverse=True):
        own = area(one[0].quad)
        if all(intersection(one[0].quad, other[0].quad) < SAME * own for other in kept):
            kept.append(one)
    return kept
