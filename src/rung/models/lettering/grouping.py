"""Which signs of a cut-out belong to one text, and which only stand beside it: arrows, stubs, marks."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.glyphs import TALLEST, Glyphs

Boxes = NDArray[np.int32]
Box = tuple[float, float, float, float]
Flags = NDArray[np.bool_]

WORD_GAP: Final = 0.6
"""Heights of the text: signs that are further apart belong to two texts."""
SIGN_GAP: Final = 0.3
"""The same for what may be a sign that a line crosses."""
CELL_GAP: Final = 0.45
"""Heights of the text: with less between them, two signs on both sides of an upright line are of one text, which the
line crosses: a cell keeps its texts further from its lines."""
LINE_GAP: Final = 1.4
"""The same inside a region: a net that saw one text across the gap knows better."""
SPILL: Final = 0.3
"""Heights of the text: how far above or below the line the middle of a stacked figure lies."""
MAIN: Final = 0.8
"""Of the tallest sign: those of this height make the line of the text; a stacked figure has 0.5 to 0.7."""
FULL: Final = 1.15
"""Heights of a region: no main sign in it is taller."""
STOP: Final = 0.4
"""Heights of the text: of a full stop or a comma, which may hang below the line."""
BAR: Final = 0.2
"""Width over height: an upright bar is thinner; so is a figure 1, which says nothing that the others do not."""
AMID: Final = 0.15
"""Share of a box's side: how far from its middle a line runs that runs through it."""
FEW: Final = 4
"""Signs: an upright line may run through the gap of a longer text."""
LOW: Final = 0.8
"""Heights of the text: an arrow's head beside it is lower."""
APART: Final = 0.28
"""Heights of the text: an arrow keeps further from it than signs from each other."""
CENTRAL: Final = 0.22
"""Heights of the text: how far from its middle the middle of an arrow lies."""


def main_height(boxes: Boxes, core: Box, guess: float) -> float:
    """How tall the main signs of the core are; `guess` where there are none.

    Passed over, where there are others: what is taller than the region (a sign that a line runs into), upright bars of
    a frame, and the ring or box around another sign.
    """
    seen = boxes[within(boxes, core)]
    wide, high = (seen[:, 2:] - seen[:, :2]).T
    fits = high <= FULL * guess
    if not fits.any():
        return guess
    plain = fits & (wide > BAR * high) & ~_around_others(seen)
    high = high[plain if plain.any() else fits]
    return float(np.median(high[high >= MAIN * high.max()]))


def _around_others(boxes: Boxes) -> Flags:
    """Which signs have another one inside."""
    starts = (boxes[:, None, :2] < boxes[None, :, :2]).all(axis=2)
    ends = (boxes[:, None, 2:] > boxes[None, :, 2:]).all(axis=2)
    return np.asarray(np.any(starts & ends, axis=1))


def within(boxes: Boxes, core: Box) -> Flags:
    """Which signs have their middle in the core x0, y0, x1, y1."""
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    x0, y0, x1, y1 = core
    return np.asarray((x > x0) & (x < x1) & (y > y0) & (y < y1))


def main(boxes: Boxes) -> Flags:
    """Which signs make the line: not full stops, not stacked figures."""
    high = boxes[:, 3] - boxes[:, 1]
    return np.asarray(high >= MAIN * high.max())


def grouped(found: Glyphs, core: Box, tall: float, gap: float | None) -> list[Boxes]:
    """The signs of each text that lies in the core of a cut-out, those beside it included, by their place in it.

    gap: pixels between signs that are still of one text; None: WORD_GAP.
    """
    boxes, texts = found.boxes, []
    inside = within(boxes, core)
    left = inside & ~found.doubtful
    while left.any():
        first = int(np.where(left, boxes[:, 3] - boxes[:, 1], 0).argmax())
        taken = _spread(found, first, inside, gap)
        left &= ~taken
        text = trimmed(boxes[taken])
        # Else they are dirt, dashes, or what is left of a line.
        if (text[:, 3] - text[:, 1]).max() >= 0.4 * tall and not _crossed(text, found):
            texts.append(text)
    return texts


def _crossed(text: Boxes, found: Glyphs) -> bool:
    """Whether a straight line runs through the middle: of an arrow's head, of a hole with its centre lines."""
    (x0, y0), (x1, y1) = text[:, :2].min(axis=0), text[:, 2:].max(axis=0)
    wide, high = x1 - x0, y1 - y0
    through = _amid(found.rules[:, [1, 3]], y0, high) & _covers(found.rules[:, [0, 2]], x0, x1)
    upright = _amid(found.bars[:, [0, 2]], x0, wide) & _covers(found.bars[:, [1, 3]], y0, y1)
    return bool(through.any() or (len(text) <= FEW and upright.any()))


def _amid(sides: Boxes, start: int, length: int) -> Flags:
    """Which of the spans [N, 2] have their middle in the middle of a length."""
    return np.asarray(np.abs(sides.mean(axis=1) - start - length / 2) < AMID * length)


def _covers(sides: Boxes, start: int, end: int) -> Flags:
    """Which of the spans [N, 2] cover most of another and go on beyond it."""
    common = np.minimum(sides[:, 1], end) - np.maximum(sides[:, 0], start)
    return np.asarray((common > 0.6 * (end - start)) & (sides[:, 1] - sides[:, 0] > 1.2 * (end - start)))


def _spread(found: Glyphs, first: int, inside: Flags, gap: float | None) -> Flags:
    """Which signs belong to the text of one of them: near along the line, not off it, no upright line between.

    inside: those that the net saw.
    """
    boxes = found.boxes
    taken = np.zeros(len(boxes), bool)
    taken[first] = True
    while True:
        own = boxes[taken]
        line = own[main(own)]
        band = float(np.median(line[:, 1])), float(np.median(line[:, 3]))
        tall = band[1] - band[0]
        span = int(own[:, 0].min()), int(own[:, 2].max())
        away = np.maximum(boxes[:, 0] - span[1], span[0] - boxes[:, 2])
        near = away <= (np.where(inside, LINE_GAP, WORD_GAP) * tall if gap is None else gap)
        near &= ~found.doubtful | (away <= SIGN_GAP * tall)
        fits = ~taken & near & _on_line(boxes, band, line) & ~_parted(boxes, span, band, found.bars)
        if not fits.any():
            return taken
        taken |= fits


def _on_line(boxes: Boxes, band: tuple[float, float], line: Boxes) -> Flags:
    """Which signs stand on the line y0, y1 of some main signs, or are small figures stacked behind them."""
    tall = band[1] - band[0]
    high = boxes[:, 3] - boxes[:, 1]
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    near = (middle > band[0] - SPILL * tall) & (middle < band[1] + SPILL * tall) & (high <= TALLEST * tall)
    common = np.minimum(boxes[:, 3], band[1]) - np.maximum(boxes[:, 1], band[0])
    within = common >= 0.6 * np.minimum(high, tall)
    behind = boxes[:, 0] >= line[:, 2].max() - 0.1 * tall
    stop = (high < STOP * tall) & (np.abs(boxes[:, 1] - band[1]) < STOP * tall)
    return np.asarray((near & (within | ((high < MAIN * tall) & behind))) | stop)


def _parted(boxes: Boxes, span: tuple[int, int], band: tuple[float, float], bars: NDArray[np.int32]) -> Flags:
    """Whether an upright line that crosses the whole band stands between each sign and the span x0, x1."""
    parted = np.zeros(len(boxes), bool)
    for x0, y0, x1, y1 in bars:
        if y0 <= band[0] and y1 >= band[1]:
            x = (x0 + x1) / 2
            parted |= ((boxes[:, 0] >= x) & (span[1] <= x)) | ((boxes[:, 2] <= x) & (span[0] >= x))
    away = np.maximum(boxes[:, 0] - span[1], span[0] - boxes[:, 2])
    return parted & (away >= CELL_GAP * (band[1] - band[0]))


def trimmed(boxes: Boxes) -> Boxes:
    """Without the arrows, stubs and dashes of lines at its ends: low, at half height, and away from the rest."""
    boxes = boxes[np.argsort(boxes[:, 0], kind="stable")]
    line = boxes[main(boxes)]
    top, bottom = float(np.median(line[:, 1])), float(np.median(line[:, 3]))
    tall = bottom - top
    middle = (boxes[:, 1] + boxes[:, 3] - top - bottom) / 2
    low = (boxes[:, 3] - boxes[:, 1] < LOW * tall) & (np.abs(middle) < CENTRAL * tall)
    ends = np.maximum.accumulate(boxes[:, 2])
    apart = boxes[1:, 0] - ends[:-1] > APART * tall
    first = _leading(low, apart)
    last = len(boxes) - _leading(low[::-1], apart[::-1])
    return boxes[first:last] if first < last else boxes


def _leading(low: Flags, apart: Flags) -> int:
    """How many of the first are low, up to the last gap among them."""
    many = int(low.argmin()) if not low.all() else 0
    gaps = np.flatnonzero(apart[:many])
    return int(gaps[-1]) + 1 if len(gaps) else 0
