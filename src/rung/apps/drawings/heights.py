"""Tells stray signs from short dimensions by their height: a sheet's dimensions are lettered in one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rung.apps.drawings.lines import Axes, Line
from rung.apps.drawings.opening.sheets import LAYER
from rung.apps.drawings.schema import Dimension
from rung.models import notation

FEWEST = 4
"""Dimensions of three signs or more, in one row, that say how high a sheet's letters are."""
LOWEST, HIGHEST = 0.78, 1.45
"""Of their median height: a figure of a stacked deviation, or a piece of a letter, is lower."""
BROADEST = 1.3
"""Width of one sign over its height."""
HIGHEST_TURNED = 1.2
"""Of the median height, for one sign whose box lies on its side: a section's letter, which is higher than a dimension's
figures, is read as a figure when it does."""

LEGIBLE_PX = 20
"""Height of a found figure, its margin included. On generated sheets of 200 dpi it is 27 and more; at 16 and 14 pixels
(100 dpi) and 18 (130 dpi) a tenth to a half of the answers was wrong, at 21 none (`validation`, sheets 1 and 8)."""


def hardly_legible(dimensions: Sequence[Dimension]) -> float | None:
    """The usual height, in pixels, of the figures that were read in the picture where it is less than they need."""
    seen = [one for one in dimensions if one.engine not in LAYER.values() and "/" not in one.text]
    if len(seen) < FEWEST:
        return None
    usual = median(Axes.of(tuple(one.polygon)).height for one in seen)
    return usual if usual < LEGIBLE_PX else None


def strays(lines: Sequence[Line], places: Sequence[int]) -> list[int]:
    """Of the places of short lines, those that are too high, too low or too broad to be dimensions of this sheet."""
    known = [line for line in lines if len(line.text) > 2 and "/" not in line.text and notation.parse(line.text)]
    if len(known) < FEWEST:
        return []
    usual = median(Axes.of(line.polygon).height for line in known)
    return [place for place in places if _is_stray(lines[place], usual)]


def _is_stray(line: Line, usual: float) -> bool:
    axes = Axes.of(line.polygon)
    start, _, end, _ = axes.seen(line.polygon)
    width, height = end - start, axes.height
    if len(line.text) == 1 and width > BROADEST * height:  # one sign is higher than broad: a finder takes it for turned
        return not LOWEST <= width / usual <= HIGHEST_TURNED
    return width > BROADEST * len(line.text) * height or not LOWEST <= height / usual <= HIGHEST
