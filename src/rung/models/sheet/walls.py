"""Tells a box that was drawn by itself from a rectangle that other lines happen to close, also where lines cross it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Box, Mask

THICK_MM: Final = 1.0
"""Of a wall at most."""
SLACK: Final = 2
"""Pixels by which two corners of one side may differ, and of paper that a wall may be broken by."""
PAST_MM: Final = 0.8
"""A line goes on past a corner if it has ink for so long."""
WIDER: Final = 1.0
"""How far the walls may stand beyond the lines that cross the box, in its shorter side."""
EDGE: Final = 2
"""Pixels of a wall at its outer edge: a line that crosses the box stands hardly nearer to it."""
Plane = NDArray[np.bool_]


def own_walls(paper: Box, ink: Mask, per_mm: float) -> Box | None:
    """The paper inside the walls of the box that `paper` is, or is the middle of; None where it is no box by itself.

    paper: a rectangle between lines, as `rectangles` gives it. A box by itself ends at its four corners; the walls of
    other rectangles run on, as extension lines past a dimension line. Of a box that extension lines cross, `paper` is
    what lies between these: two of its sides are the box's own, and are followed to their ends. One of these may lie on
    a line that runs on, as a part's edge.
    """
    x0, y0, x1, y1 = paper
    reach = round(WIDER * min(x1 - x0, y1 - y0)) + round(THICK_MM * per_mm)
    left, top, spare = x0 - reach, y0 - reach, reach + round(PAST_MM * per_mm)
    if min(left, top) < 0 or x1 + reach > ink.shape[1] or y1 + reach > len(ink):
        return None
    near = ink[max(y0 - spare, 0) : y1 + spare, max(x0 - spare, 0) : x1 + spare] > 0
    here = x0 - max(x0 - spare, 0), y0 - max(y0 - spare, 0)
    inside = (*here, here[0] + x1 - x0, here[1] + y1 - y0)
    ways = ((inside, near), ((inside[1], inside[0], inside[3], inside[2]), near.T))
    for closed in (2, 1):  # a box that is crossed near its end would pass for one on a part's edge
        for turned, (box, plane) in enumerate(ways):
            found = _between(box, plane, closed, reach, per_mm)
            if found is not None:
                x0, y0, x1, y1 = (found[1], found[0], found[3], found[2]) if turned else found
                x, y = paper[0] - here[0], paper[1] - here[1]
                return (x0 + x, y0 + y, x1 + x, y1 + y)
    return None


def _between(paper: Box, ink: Plane, closed: int, reach: int, per_mm: float) -> Box | None:
    """As `own_walls`, the upper and the lower side taken for the box's own. closed: how many of these end with the box.

    reach: pixels beyond `paper` at most.
    """
    x0, y0, x1, y1 = paper
    walls = _any(ink[y0 - 2 : y0], 0), _any(ink[y1 : y1 + 2], 0)
    ends = [(_run(wall[x0 - reach : x0][::-1]), _run(wall[x1 : x1 + reach])) for wall in walls]
    ends = [one for one in ends if max(one) < reach]
    left, right = [one for one, _ in ends], [one for _, one in ends]
    if len(ends) < closed or min(*left, *right) < 1 or max(np.ptp(left), np.ptp(right)) > SLACK:
        return None
    outer = x0 - min(left), x1 + min(right)
    past = round((PAST_MM + THICK_MM) * per_mm)
    for columns in (slice(outer[0], outer[0] + EDGE), slice(outer[1] - EDGE, outer[1])):
        wall = _any(ink[:, columns], 1)
        if not wall[y0:y1].all() or max(_run(wall[:y0][::-1]), _run(wall[y1:])) >= past:
            return None
    inner = _run(_all(ink[y0:y1, outer[0] : x0])), _run(_all(ink[y0:y1, x1 : outer[1]])[::-1])
    return (outer[0] + inner[0], y0, outer[1] - inner[1], y1)


def _any(ink: Plane, axis: int) -> Plane:
    """Where along the other axis there is ink."""
    return np.asarray(ink.any(axis=axis), np.bool_)


def _all(ink: Plane) -> Plane:
    """Which columns are all ink."""
    return np.asarray(ink.all(axis=0), np.bool_)


def _run(line: Plane) -> int:
    """How far ink runs from the line's beginning, over gaps of up to SLACK pixels."""
    inked = np.flatnonzero(line)
    if not len(inked) or inked[0] > SLACK:
        return 0
    gaps = np.flatnonzero(np.diff(inked) > SLACK + 1)
    return int(inked[gaps[0]] if len(gaps) else inked[-1]) + 1
