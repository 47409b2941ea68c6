"""Decides which figures of a second look are believed, beside or instead of what was read before. Pure.

A second look offers places where signs of a figure's height stand in a row. Most are pieces of what was read already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rung.apps.drawings.lines import Line, Polygon, bounds, centre, covered, holds

Box = tuple[float, float, float, float]
SURE: Final = 0.9
"""Of confidence: 378 of 379 figures of the sheets `chains` that were read so surely in their true place were right."""
_FIGURE = re.compile(r"[1-9]\d{1,4}")


def taken_in(lines: Sequence[Line], tried: Sequence[Line]) -> list[Line]:
    """The lines with those of a second look that are sure: where nothing was read, or a piece of the same figure."""
    sure = [line for line in tried if _FIGURE.fullmatch(line.text) and (line.confidence or 0.0) >= SURE]
    kept = [(bounds(line.polygon), line) for line in lines]
    for line in sorted(sure, key=lambda one: -len(one.text)):
        box = bounds(line.polygon)
        near = [one for around, one in kept if _meet(around, box) and _overlap(one.polygon, line.polygon)]
        if all(_is_piece(one, line) for one in near):
            gone = {id(one) for one in near}
            kept = [(around, one) for around, one in kept if id(one) not in gone] + [(box, line)]
    return [line for _, line in kept]


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes along the axes share anything: a page of a thousand texts has few that do."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _overlap(one: Polygon, other: Polygon) -> bool:
    """Whether they share more than an edge: two neighbours of a chain share none."""
    corners = any(holds(other, corner) for corner in one) or any(holds(one, corner) for corner in other)
    return corners or covered(one, [other])


def _is_piece(one: Line, figure: Line) -> bool:
    """Whether a line is some signs of that figure and no more, or nothing that could be read."""
    if not holds(figure.polygon, centre(one.polygon)):
        return False
    said = one.text.strip()
    return not one.guesses or (len(said) < len(figure.text) and said in figure.text)
