"""Keeps the lines of a page that are not yet part of another, and tells which stand near one. Pure.

A page has thousands of lines, and each is asked for its neighbours several times on the server's own loop: to look at
all of them each time took half a minute for a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rung.apps.drawings.lines import Axes, Line, Polygon, bounds, centre, covered
from rung.models.notation import clean

GONE = (np.inf, np.inf, -np.inf, -np.inf)


class Nearby:
    """Lines by place, from 0 on."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = dict(enumerate(lines))
        self._axes = {place: Axes.of(line.polygon) for place, line in self._lines.items()}
        self._texts = {place: clean(line.text) for place, line in self._lines.items()}
        self._boxes = np.array([bounds(line.polygon) for line in lines], np.float64).reshape(-1, 4)

    def __contains__(self, place: int) -> bool:
        return place in self._lines

    def __iter__(self) -> Iterator[int]:
        return iter(self._lines)

    def __getitem__(self, place: int) -> Line:
        return self._lines[place]

    def axes(self, place: int) -> Axes:
        """Its own coordinates."""
        return self._axes[place]

    def text(self, place: int) -> str:
        """Its likeliest text with one sign for each meaning."""
        return self._texts[place]

    def put(self, place: int, line: Line) -> None:
        """Another line in the place of one that is there."""
        self._lines[place] = line
        self._axes[place], self._texts[place] = Axes.of(line.polygon), clean(line.text)
        self._boxes[place] = bounds(line.polygon)

    def take(self, place: int) -> Line:
        """The line, which is no longer here."""
        self._boxes[place] = GONE
        return self._lines.pop(place)

    def around(self, place: int, reach: float) -> list[int]:
        """The other lines whose upright boxes are no farther than `reach` pixels from that line's, by place."""
        x0, y0, x1, y1 = self._boxes[place]
        theirs = self._boxes.T
        near = (theirs[0] <= x1 + reach) & (theirs[2] >= x0 - reach)
        near &= (theirs[1] <= y1 + reach) & (theirs[3] >= y0 - reach)
        return [int(other) for other in np.flatnonzero(near) if other != place]


def all_covered(polygons: Sequence[Polygon], others: Sequence[Polygon]) -> list[bool]:
    """For each polygon as `covered` has it: whether its centre lies in one of the others, or theirs in it."""
    if not polygons or not others:
        return [False] * len(polygons)
    boxes = np.array([bounds(one) for one in others]).T
    middles = np.array([centre(one) for one in others]).T
    told = []
    for polygon in polygons:
        (x, y), (x0, y0, x1, y1) = centre(polygon), bounds(polygon)
        near = (boxes[0] <= x) & (x <= boxes[2]) & (boxes[1] <= y) & (y <= boxes[3])
        near |= (x0 <= middles[0]) & (middles[0] <= x1) & (y0 <= middles[1]) & (middles[1] <= y1)
        told.append(covered(polygon, [others[int(place)] for place in np.flatnonzero(near)]))
    return told
