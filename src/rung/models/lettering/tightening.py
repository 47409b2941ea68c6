"""From where a net saw text to what is written there: the signs, no more and no less.

A net's region is blurred: it loses the lower of two stacked tolerances, a diameter sign, a degree. The signs that
belong to it are looked for in the picture, beside it too; a region without any (a circle, a hatching) is no text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.crops import back, upright
from rung.models.lettering.glyphs import Glyphs, glyphs, ink
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, measured, quad

Boxes = NDArray[np.int32]
Box = tuple[float, float, float, float]

BESIDE: Final = 2.2
"""Heights of the text: how far beside a region its signs are looked for."""
ABOVE: Final = 0.9
WORD_GAP: Final = 0.75
"""Heights of the text: signs that are further apart belong to two texts."""
SPILL: Final = 0.4
"""Heights of the text: how far above or below the line the middle of a stacked figure lies."""
MAIN: Final = 0.6
"""Of the tallest sign: those of this height make the line of the text."""
FULL: Final = 1.15
"""Heights of a region: no main sign in it is taller."""
LOST: Final = 0.35
"""Heights of the text: where a region reaches so far beyond the signs and there is ink, a sign has run into a line."""
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A text by its signs. tall: pixels, of its main signs. lean: mean log of their width over their height."""

    quad: Quad
    tall: float
    lean: float


def tightened(grey: Grey, corners: Quad, gap: float | None = None) -> list[Line]:
    """The texts of a region, read in its direction; lines of a table or a frame part them.

    gap: pixels between signs of one text; None: WORD_GAP.
    """
    centre, width, height, angle = measured(corners)
    for _ in range(ROUNDS):
        cut, matrix = upright(grey, quad(centre, width, height, angle), BESIDE * height, ABOVE * height)
        margin = (cut.shape[1] - width) / 2, (cut.shape[0] - height) / 2
        core = (margin[0], margin[1], cut.shape[1] - margin[0], cut.shape[0] - margin[1])
        tall = _main_height(glyphs(cut, height).boxes, core, height)
        texts = grouped(glyphs(cut, tall), core, tall, gap)
        reach = max((int(boxes[:, 2].max()) for boxes in texts), default=0)
        near = min((int(boxes[:, 0].min()) for boxes in texts), default=cut.shape[1])
        # A text that goes on to the edge of what was looked at may go on beyond it.
        if not texts or (near > WORD_GAP * height and reach < cut.shape[1] - WORD_GAP * height):
            break
        width = max(reach - near, width) + height
    if len(texts) == 1:
        return [_line(texts[0], _whole(texts[0], core, ink(cut), tall), matrix)]
    return [_line(boxes, _around(boxes), matrix) for boxes in texts]


def _around(boxes: Boxes) -> Box:
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _whole(boxes: Boxes, core: Box, mask: Grey, tall: float) -> Box:
    """The box of a text with the ends that it lost: signs that run into a line are no parts of their own."""
    x0, y0, x1, y1 = _around(boxes)
    written = np.flatnonzero(mask[round(y0) : round(y1)].any(axis=0)) + 0.5
    inside = written[(written > core[0]) & (written < core[2])]
    if len(inside) and inside[0] < x0 - LOST * tall:
        x0 = float(inside[0])
    if len(inside) and inside[-1] > x1 + LOST * tall:
        x1 = float(inside[-1])
    return x0, y0, x1, y1


def _line(boxes: Boxes, around: Box, matrix: NDArray[np.float64]) -> Line:
    main = boxes[tallest(boxes)]
    sides = (main[:, 2:] - main[:, :2]).astype(np.float64)
    return Line(
        quad=back(matrix, around),
        tall=float(np.median(sides[:, 1])),
        lean=float(np.log(sides[:, 0] / sides[:, 1]).mean()),
    )


def tallest(boxes: Boxes) -> NDArray[np.bool_]:
    """Which signs make the line: not full stops, not small figures above it."""
    high = boxes[:, 3] - boxes[:, 1]
    return np.asarray(high >= MAIN * high.max())


def grouped(found: Glyphs, core: Box, tall: float, gap: float | None) -> list[Boxes]:
    """The signs of each text that lies in the core x0, y0, x1, y1 of a cut-out, those beside it included."""
    boxes = found.boxes
    texts: list[Boxes] = []
    left = _within(boxes, core)
    while left.any():
        taken = _spread(boxes, _first(boxes, left), found.bars, gap)
        texts.append(boxes[taken])
        left = left & ~taken
    return [text for text in texts if _is_text(text, tall)]


def _within(boxes: Boxes, core: Box) -> NDArray[np.bool_]:
    """Which signs have their middle in the core."""
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    x0, y0, x1, y1 = core
    return np.asarray((x > x0) & (x < x1) & (y > y0) & (y < y1))


def _main_height(boxes: Boxes, core: Box, guess: float) -> float:
    """How tall the main signs of the core are; `guess` where there are none."""
    high = (boxes[:, 3] - boxes[:, 1])[_within(boxes, core)]
    # A sign that a line runs into is taller than the region.
    high = high[high <= FULL * guess]
    if not len(high):
        return guess
    return float(np.median(high[high >= MAIN * high.max()]))


def _first(boxes: Boxes, left: NDArray[np.bool_]) -> int:
    """The tallest sign begins a text."""
    high = np.where(left, boxes[:, 3] - boxes[:, 1], 0)
    return int(high.argmax())


def _spread(boxes: Boxes, first: int, bars: NDArray[np.int32], gap: float | None) -> NDArray[np.bool_]:
    """Which signs belong to the text of one of them: near along the line, not off it, no upright line between."""
    taken = np.zeros(len(boxes), bool)
    taken[first] = True
    while True:
        own = boxes[taken]
        main = own[tallest(own)]
        top, bottom = float(np.median(main[:, 1])), float(np.median(main[:, 3]))
        tall = bottom - top
        start, end = own[:, 0].min(), own[:, 2].max()
        away = np.maximum(boxes[:, 0] - end, start - boxes[:, 2])
        middle = (boxes[:, 1] + boxes[:, 3]) / 2
        high = boxes[:, 3] - boxes[:, 1]
        on_line = (middle > top - SPILL * tall) & (middle < bottom + SPILL * tall) & (high <= 1.5 * tall)
        fits = ~taken & on_line & (away <= (WORD_GAP * tall if gap is None else gap))
        fits &= ~_parted(boxes, (start, end), (top, bottom), bars)
        if not fits.any():
            return taken
        taken |= fits


def _parted(
    boxes: Boxes, span: tuple[int, int], band: tuple[float, float], bars: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Whether an upright line that crosses the whole band stands between each sign and the span x0, x1."""
    parted = np.zeros(len(boxes), bool)
    for x, y0, y1 in bars:
        if y0 <= band[0] and y1 >= band[1]:
            parted |= ((boxes[:, 0] >= x) & (span[1] <= x + 1)) | ((boxes[:, 2] <= x + 1) & (span[0] >= x))
    return parted


def _is_text(boxes: Boxes, tall: float) -> bool:
    """Whether one of them is as tall as a sign of the region may be: else they are dirt, dashes, or a line's rest."""
    return bool((boxes[:, 3] - boxes[:, 1]).max() >= 0.4 * tall)
