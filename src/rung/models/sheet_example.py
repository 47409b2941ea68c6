"""Makes a plain sheet as an input for the tasks that read drawings: what their workers are warmed up and measured with.

A border, a plate with a hole, dimension lines, and strokes where figures would stand: enough for a finder to look at
everything, nothing that a reader is judged by. Imports the standard library and numpy only, as `examples` does.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rung.runtime.tasks import Pixels, TextBox

_EVERY: Final = 400
"""Pixels between two figures: an A3 sheet at 200 dpi has some forty."""
_TALL: Final = 24
_WIDE: Final = 96


def sheet(width: int, height: int) -> Pixels:
    """uint8 [H, W, 3]: black lines on white."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    for inset in (0.02, 0.2):
        _outline(pixels, round(width * inset), round(height * inset))
    for box in figures(width, height):
        (left, top), _, (right, bottom), _ = box.polygon
        for x in range(round(left), round(right), _TALL):
            pixels[round(top) : round(bottom), x : x + 4] = 0
    return pixels


def figures(width: int, height: int) -> tuple[TextBox, ...]:
    """Where the sheet has figures: at least one, each in the picture."""
    wide, tall = min(_WIDE, width), min(_TALL, height)
    places = [(x, y) for y in range(0, height - tall + 1, _EVERY) for x in range(0, width - wide + 1, _EVERY)]
    return tuple(
        TextBox(polygon=((x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)), alphabet="dimension")
        for x, y in places
    )


def _outline(pixels: Pixels, across: int, down: int) -> None:
    height, width = pixels.shape[:2]
    thick = max(height // 500, 1)
    for rows, columns in (
        (slice(down, down + thick), slice(across, width - across)),
        (slice(height - down - thick, height - down), slice(across, width - across)),
        (slice(down, height - down), slice(across, across + thick)),
        (slice(down, height - down), slice(width - across - thick, width - across)),
    ):
        pixels[rows, columns] = 0
