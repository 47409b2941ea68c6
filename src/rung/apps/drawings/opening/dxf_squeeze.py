"""Narrows texts whose font is not here to the cell that they stand in: another font's letters may be wider. Pure.

Drawn as they come they run over the walls, and a feature control frame is no longer seen as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from rung.apps.drawings.opening.dxf_ink import Points, Stroke

GAP: Final = 0.2
"""Of a text's height, kept between it and a wall."""
LEAST: Final = 0.4
"""Of its width: a text that would come out narrower stands in no cell."""
SQUARE: Final = 0.03
"""Cosine of the angle between a wall and the text's line, at most."""
REACHES: Final = 0.05
"""Of the text's height, by which a wall may end short of its letters."""


class Walls:
    """The straight lines that are not of letters."""

    def __init__(self, strokes: Iterable[Stroke]) -> None:
        lines = [line for stroke in strokes if stroke.width_mm is not None for line in stroke.lines if len(line) > 1]
        starts, ends = [line[:-1] for line in lines], [line[1:] for line in lines]
        self._start = np.concatenate(starts) if lines else np.zeros((0, 2))
        self._end = np.concatenate(ends) if lines else np.zeros((0, 2))

    def squeezed(self, corners: Points, letters: Sequence[Stroke]) -> tuple[Points, list[Stroke]]:
        """A text's corners (top left, top right, bottom right, bottom left) and its strokes between the walls that it
        runs over; as they are where it runs over none."""
        across, down = corners[1] - corners[0], corners[3] - corners[0]
        width, height = float(np.linalg.norm(across)), float(np.linalg.norm(down))
        if not width or not height:
            return corners, [*letters]
        along = across / width
        left, right = self._room(corners[0], along, down / height, width, height)
        if (left, right) == (0.0, width) or right - left < LEAST * width:
            return corners, [*letters]

        def moved(points: Points) -> Points:
            at = (points - corners[0]) @ along
            return points + np.outer(left + at * (right - left) / width - at, along)

        return moved(corners), [Stroke([moved(line) for line in one.lines], one.width_mm) for one in letters]

    def _room(self, origin: Points, along: Points, below: Points, width: float, height: float) -> tuple[float, float]:
        """From where to where the text may reach along its line, from its beginning."""
        starts, ends = self._start - origin, self._end - origin
        ahead = np.stack((starts @ along, ends @ along))
        under = np.stack((starts @ below, ends @ below))
        length = np.linalg.norm(ends - starts, axis=1)
        stands = np.abs(ahead[1] - ahead[0]) <= SQUARE * length
        spare = REACHES * height
        stands &= (under.min(axis=0) <= spare) & (under.max(axis=0) >= height - spare) & (length > 0)
        places = ahead.mean(axis=0)[stands]
        before = places[(places > 0) & (places < width / 2)]
        after = places[(places >= width / 2) & (places < width)]
        left = float(before.max()) + GAP * height if len(before) else 0.0
        return left, float(after.min()) - GAP * height if len(after) else width
