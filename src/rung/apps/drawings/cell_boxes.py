"""Says in which cells the boxes that a finder of text gave are not the lines that stand there (`cell_rows`). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rung.apps.drawings.lines import Axes, Polygon

CUT: Final = 0.3
"""Of a line's height, that a box may leave off its ends."""
BEYOND: Final = 0.2
"""Of a line's height, that a box may reach above or below it."""
LOW: Final = 0.6
"""Of a line's height: a lower box holds a part of its signs."""


def ill_boxed(lines: Sequence[Polygon], boxes: Sequence[Polygon]) -> bool:
    """Whether the boxes found in a cell are not its lines: one is passed over, cut off, cut in two, or reached into."""
    return any(not _held(line, boxes) for line in lines)


def _held(line: Polygon, boxes: Sequence[Polygon]) -> bool:
    axes = Axes.of(line)
    wide, high = axes.seen(line)[2], axes.height
    mine = [
        (start, top, end, bottom)
        for start, top, end, bottom in map(axes.seen, boxes)
        if 0 <= (top + bottom) / 2 <= high and start < wide and end > 0
    ]
    if len(mine) != 1:
        return False
    start, top, end, bottom = mine[0]
    whole = start <= CUT * high and end >= wide - CUT * high and bottom - top >= LOW * high
    return whole and top >= -BEYOND * high and bottom <= (1 + BEYOND) * high
