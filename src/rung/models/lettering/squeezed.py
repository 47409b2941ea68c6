"""Looks once more, without a net, for short figures that lines cross: signs as tall as a sheet's texts, in a row.

In a chain of dimensions a net sees no text where extension lines run through a figure, or one text where three stand.
What is found here is offered to a reader, and is to be believed only where that is sure: most of it is no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.lettering.glyphs import RULE, Mask, ink, runs
from rung.models.lettering.patches import Grey
from rung.models.lettering.quads import Quad, area, intersection
from rung.models.lettering.tightening import Line

Boxes = NDArray[np.int32]

FEWEST: Final = 6
"""Texts of several signs that say how tall a sheet's texts are."""
SEVERAL: Final = 3
"""Signs of such a text."""
LOWEST, HIGHEST = 0.88, 1.2
"""Heights of the usual text: of a figure."""
NARROWEST, WIDEST = 0.75, 4.5
"""Heights: of a figure of two to five signs."""
BROADEST: Final = 2.6
"""Heights: of signs that touch."""
LEAST: Final = 0.15
"""Heights: the longer side of a piece of a sign."""
SPECK: Final = 3
"""Pixels: fewer are dirt."""
POINT: Final = 0.4
"""Heights: the larger side of a decimal comma at most."""
FOOT: Final = 0.35
"""Heights: how far above the foot of a figure a decimal point begins."""
UPRIGHT: Final = 0.3
"""Heights: a piece that is so tall tells by its top or its bottom where its row stands."""
LEVEL: Final = 0.13
"""Heights: by how much pieces reach out of their row."""
FAR: Final = 5.0
"""Heights: how far from a piece the others of its row are looked for."""
TICK: Final = 0.8
"""Heights: a straight run at 45 degrees that goes so far sideways is none of a figure, which is narrower."""
GAP: Final = 0.7
"""Heights between two figures of a row."""
WIDER: Final = 0.12
"""Heights: a gap that is so much wider than the narrowest of its row may part two figures."""
BESIDE: Final = 0.25
HALF: Final = 0.4
"""Heights: ink so near and so tall beside a row is of the same figure."""
SAME: Final = 0.7
"""Of the area that either covers: the net saw the same place."""


def squeezed(grey: Grey, found: Sequence[Line]) -> list[Quad]:
    """Places of figures beside those found, along both axes of the picture; none where too few texts were found."""
    talls = [line.tall for line in found if line.count >= SEVERAL]
    if len(talls) < FEWEST:
        return []
    tall = float(np.median(talls))
    level = [_corners(*box) for box in rows(grey, tall)]
    lying = rows(np.ascontiguousarray(np.rot90(grey, -1)), tall)
    upright = [_back(box, grey.shape[0]) for box in lying]
    known = [line.quad for line in found]
    starts, ends = np.array([one.min(axis=0) for one in known]), np.array([one.max(axis=0) for one in known])
    kept = []
    for one in (*level, *upright):
        near = np.flatnonzero((starts <= one.max(axis=0)).all(axis=1) & (ends >= one.min(axis=0)).all(axis=1))
        if not any(_same(one, known[int(place)]) for place in near):
            kept.append(one)
    return kept


def rows(grey: Grey, tall: float) -> list[tuple[int, int, int, int]]:
    """x0, y0, x1, y1 of each row of figures that reads to the right."""
    rest = bridged(ink(grey), tall)
    boxes = components(rest)
    stops = points(boxes, tall)
    around = {_around(part) for row in in_line(pieces(boxes, tall), tall) for part in parted(row, tall)}
    return [box for box in sorted(around) if alone(rest, box, tall) and not pointed(box, stops, tall)]


def alone(rest: Mask, box: tuple[int, int, int, int], tall: float) -> bool:
    """Whether nothing as tall as half a sign stands close before or behind: else it may be a piece of a figure."""
    x0, y0, x1, y1 = box
    near = max(round(BESIDE * tall), 3)
    sides = rest[y0:y1, max(x0 - near, 0) : x0], rest[y0:y1, x1 : x1 + near]
    return all(np.count_nonzero(side.any(axis=1)) < HALF * (y1 - y0) for side in sides)


def bridged(mask: Mask, tall: float) -> Mask:
    """The ink without its long straight lines and ticks; where a stroke of a sign crosses a line it goes on."""
    length = max(round(RULE * tall), 3)
    upright, level = runs(mask, 1, length), runs(mask, length, 1)
    lines = cv2.dilate(upright, np.ones((1, 3), np.uint8)) | cv2.dilate(level, np.ones((3, 1), np.uint8))
    rest = mask & ~(lines | cv2.dilate(slanting(mask, tall), np.ones((3, 3), np.uint8)))
    across = max(round(0.3 * tall), 5)
    over = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((1, across), np.uint8)) & upright
    under = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((across, 1), np.uint8)) & level
    joints = cv2.dilate(over, np.ones((1, 3), np.uint8)) | cv2.dilate(under, np.ones((3, 1), np.uint8))
    return np.asarray(rest | (joints & mask), np.uint8)


def slanting(mask: Mask, tall: float) -> Mask:
    """What of the ink belongs to runs at 45 degrees that are wider than a figure: ticks."""
    # An odd length: of an even one no pixel of the rising run is the middle.
    falling = np.eye(2 * max(round(TICK * tall / 2), 1) + 1, dtype=np.uint8)
    rising = np.ascontiguousarray(falling[::-1])
    return np.asarray(
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, falling) | cv2.morphologyEx(mask, cv2.MORPH_OPEN, rising), np.uint8
    )


def components(mask: Mask) -> Boxes:
    """i32 [N, 4] of the connected parts of a mask that are more than dirt, from the left."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    x, y, wide, high, dark = stats[1:].T
    boxes = np.stack((x, y, x + wide, y + high), axis=1)[dark >= SPECK]
    return np.asarray(boxes[np.argsort(boxes[:, 0], kind="stable")], np.int32)


def pieces(boxes: Boxes, tall: float) -> Boxes:
    """Those that may be figures or pieces of some: two lines through a figure leave three, and of two figures that
    touch one is made."""
    wide, high = (boxes[:, 2:] - boxes[:, :2]).T
    fits = (high <= HIGHEST * tall) & (wide <= BROADEST * tall) & (np.maximum(wide, high) >= LEAST * tall)
    return np.asarray(boxes[fits], np.int32)


def points(boxes: Boxes, tall: float) -> Boxes:
    """Those that may be a decimal point or comma."""
    return np.asarray(boxes[(boxes[:, 2:] - boxes[:, :2]).max(axis=1) <= POINT * tall], np.int32)


def pointed(box: tuple[int, int, int, int], stops: Boxes, tall: float) -> bool:
    """Whether a decimal point stands before or behind: then it is a part of a figure with decimals."""
    x0, _, x1, y1 = box
    level = (stops[:, 1] > y1 - FOOT * tall) & (stops[:, 3] < y1 + POINT * tall)
    beside = (stops[:, 2] > x0 - GAP * tall) & (stops[:, 0] < x1 + GAP * tall)
    return bool((level & beside & ((stops[:, 2] <= x0) | (stops[:, 0] >= x1))).any())


def in_line(boxes: Boxes, tall: float) -> Iterator[Boxes]:
    """The rows of pieces that stand close to each other and are together as tall as a figure. boxes: from the left."""
    high = boxes[:, 3] - boxes[:, 1]
    done = set()
    for at in np.flatnonzero(high >= UPRIGHT * tall):
        _, y0, _, y1 = boxes[at]
        whole = high[at] >= LOWEST * tall
        for top, bottom in ((y0, y1),) if whole else ((y0, y0 + tall), (y1 - tall, y1)):
            first, row = _row(boxes, int(at), float(top), float(bottom), tall)
            told = first, len(row), int(row[:, 1].min()), int(row[:, 3].max())
            if told not in done and is_tall(row, tall):
                yield row
            done.add(told)


def _row(boxes: Boxes, at: int, top: float, bottom: float, tall: float) -> tuple[int, Boxes]:
    """The pieces between two heights that stand close to one of them and to each other, and where the first stands."""
    start, end = np.searchsorted(boxes[:, 0], (boxes[at, 0] - FAR * tall, boxes[at, 2] + FAR * tall))
    near = boxes[start:end]
    within = (near[:, 1] >= top - LEVEL * tall) & (near[:, 3] <= bottom + LEVEL * tall)
    own = int(np.count_nonzero(within[: at - start]))
    row = near[within]
    cuts = np.flatnonzero(row[1:, 0] - np.maximum.accumulate(row[:, 2])[:-1] > GAP * tall) + 1
    first, last = np.searchsorted(cuts, own, side="right"), len(cuts)
    begin = int(cuts[first - 1]) if first else 0
    close = int(cuts[first]) if first < last else len(row)
    return int(row[begin, 0]), row[begin:close]


def is_tall(row: Boxes, tall: float) -> bool:
    """Whether pieces are together as tall as a figure."""
    high = int(row[:, 3].max() - row[:, 1].min())
    return LOWEST * tall <= high <= HIGHEST * tall


def parted(row: Boxes, tall: float) -> Iterator[Boxes]:
    """The row as one figure, and every part of it between its wider gaps that is a figure of a chain."""
    gaps = row[1:, 0] - np.maximum.accumulate(row[:, 2])[:-1]
    signs = gaps[gaps >= 1]
    narrow = float(signs.min()) if len(signs) else np.inf
    edges = [0, *(int(at) + 1 for at in np.flatnonzero(gaps > narrow + WIDER * tall)), len(row)]
    for number, start in enumerate(edges):
        for end in edges[number + 1 :]:
            part = row[start:end]
            if is_figure(part, tall) and not any(is_sign(rest, tall) for rest in (row[:start], row[end:])):
                yield part


def is_figure(part: Boxes, tall: float) -> bool:
    """Whether pieces are as large as a figure of several signs."""
    return NARROWEST * tall <= part[:, 2].max() - part[:, 0].min() <= WIDEST * tall and is_tall(part, tall)


def is_sign(part: Boxes, tall: float) -> bool:
    """Whether pieces are as large as one sign, which in a chain of dimensions stands nowhere alone."""
    return bool(len(part)) and is_tall(part, tall) and part[:, 2].max() - part[:, 0].min() < NARROWEST * tall


def _around(row: Boxes) -> tuple[int, int, int, int]:
    (x0, y0), (x1, y1) = row[:, :2].min(axis=0), row[:, 2:].max(axis=0)
    return int(x0), int(y0), int(x1), int(y1)


def _corners(x0: float, y0: float, x1: float, y1: float) -> Quad:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)


def _back(box: tuple[int, int, int, int], height: int) -> Quad:
    """From the picture that was turned by a quarter with the clock, where upright texts are level."""
    x0, y0, x1, y1 = box
    corners = _corners(x0, y0, x1, y1)
    return np.ascontiguousarray(np.column_stack((corners[:, 1], height - corners[:, 0])), np.float32)


def _same(one: Quad, other: Quad) -> bool:
    common = intersection(one, other)
    return common > 0 and common >= SAME * (area(one) + area(other) - common)
