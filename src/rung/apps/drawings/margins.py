"""Tells the marks of a sheet's zones (1 to 8 along the border, A to F beside it) from its dimensions. Pure.

Source: ISO 5457: letters and figures in the margin, one a zone, all of a side at one distance from the border.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from rung.apps.drawings.lines import Axes, Line, Polygon, centre, holds

BAND = 0.036
"""Of the border's longer side: 15 mm of an A3 sheet's. Zones lie in it, inside or outside of the border's line."""
LEVEL = 0.7
"""Of a mark's height: how much the distances of one side's marks differ at most."""
FEWEST = 3
"""Marks of one side: two short numbers may stand at the same distance from a border by chance."""
LONGEST = 1
_MARK = re.compile(r"\d{1,2}|[A-Z]")


def marginal(lines: Sequence[Line], borders: Sequence[Polygon]) -> list[bool]:
    """Of each line, whether it is none of the drawing's: a zone's mark, or outside the border. Without a border none
    is."""
    if not borders:
        return [False] * len(lines)
    border = borders[0]
    longest = max(_along(start, end)[1] for start, end in _sides(border))
    marks = {place for start, end in _sides(border) for place in _marks_of(lines, start, end, longest)}
    return [place in marks or not holds(border, centre(line.polygon)) for place, line in enumerate(lines)]


def _sides(border: Polygon) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    yield from itertools.pairwise((*border, border[0]))


def _marks_of(lines: Sequence[Line], start: tuple[float, float], end: tuple[float, float], longest: float) -> list[int]:
    """The places of one side's marks; none where they are too few."""
    side = Axes((start[0], start[1]), *_along(start, end))
    band = BAND * longest
    near = []
    for place, line in enumerate(lines):
        across = side.seen((centre(line.polygon),))[1]
        if abs(across) <= band and _MARK.fullmatch(line.text.strip()):
            near.append((across, place))
    near.sort()
    best: list[tuple[float, int]] = []
    for first in range(len(near)):
        reach = LEVEL * Axes.of(lines[near[first][1]].polygon).height
        group = [one for one in near[first:] if one[0] - near[first][0] <= reach]
        best = max(best, group, key=len)
    if len({lines[place].text.strip() for _, place in best}) < FEWEST:
        return []
    low, high = best[0][0], best[-1][0]
    return [place for place, line in enumerate(lines) if _is_between(line, side, low, high)]


def _is_between(line: Line, side: Axes, low: float, high: float) -> bool:
    """Whether it is as short as a mark, and stands where the marks do: one may be misread."""
    slip = 0.5 * Axes.of(line.polygon).height
    across = side.seen((centre(line.polygon),))[1]
    text = line.text.strip()
    return (len(text) <= LONGEST or bool(_MARK.fullmatch(text))) and low - slip <= across <= high + slip


def _along(start: tuple[float, float], end: tuple[float, float]) -> tuple[tuple[float, float], float]:
    """Unit vector of a side, and its length."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return (dx / length, dy / length), length
