"""Says which figures of a DXF are no dimensions, as the file keeps its dimensions as such and these are none. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations
from typing import Final

from rung.apps.drawings.lines import Axes, Line
from rung.apps.drawings.symbols import SIZE

BARE: Final = re.compile(r"\d+(?:[.,]\d+)?")
BESIDE: Final = 8.0
"""Heights of its letters: so near the other size of a weld stands, the weld's sign between them."""
LEVEL: Final = 0.5
"""Heights that they may differ by."""


def loose(lines: Sequence[Line]) -> list[bool]:
    """Of each line, whether it is a bare figure that no dimension entity prints, or a weld's size beside such a one.

    Where such figures are no fewer than the dimensions, the dimensions were taken apart, and they may be what is left.
    """
    kept = sum(line.dimension is not None for line in lines)
    bare = [line.dimension is None and line.engine == "dxf" and bool(BARE.fullmatch(line.text)) for line in lines]
    if sum(bare) >= kept:
        return [False] * len(lines)
    sizes = [place for place, line in enumerate(lines) if line.dimension is None and SIZE.fullmatch(line.text)]
    for one, other in permutations(sizes, 2):
        if BARE.fullmatch(lines[one].text) and _beside(lines[one], lines[other]):
            bare[other] = True
    return bare


def _beside(one: Line, other: Line) -> bool:
    """Whether they stand in one line, near enough to be sizes of one weld."""
    axes = Axes.of(one.polygon)
    start, top, end, bottom = axes.seen(other.polygon)
    width = axes.seen(one.polygon)[2]
    off = max(start - width, -end)
    return off <= BESIDE * axes.height and abs((top + bottom) / 2 - axes.height / 2) <= LEVEL * axes.height
