"""Places that may be welding symbols: a lying line that an oblique leader ends at, and what stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from rung.models.symbols.places import Crop, Place, crop
from rung.runtime.tasks import Box, Mask

LONG_MM: Final = (7.0, 90.0)
"""Of a reference line."""
THICK_MM: Final = 0.6
"""Of any thin line: strokes of large letters are thicker."""
LEADER: Final = (20, 80)
"""Degrees between a leader and the line carried on."""
LOOKED_MM: Final = (2.2, 2.8, 3.4, 4.4, 5.6)
"""How far from the line's end its leader is looked for: past a circle for all round, and past a tail's fork."""
FORKED_MM: Final = (1.4, 2.0, 2.6)
"""How far from it a fork is."""
UPRIGHT_MM: Final = 2.6
"""Of a stroke that stands on the line's far end: a reference line is no side of a rectangle."""
SOLID: Final = 0.5
"""Of all that is looked at about a line's end: more ink is no stroke."""
APART_MM: Final = (0.7, 3.4)
"""Between the reference line and its identification line."""
DASHED: Final = 0.45
"""Of the reference line's length that an identification line inks at least."""
REACH_MM: Final = 9.0
"""How far above a line signs are looked for."""
TALL_MM: Final = (2.0, 8.0)
WIDE_MM: Final = 10.0
CLOSE_MM: Final = 3.4
"""Between strokes that stand on a line as one sign."""
RAGGED: Final = 3
"""Pixels by which a line's ink may be thicker than it was taken for."""
RIM: Final = 0.3
"""Of a row along the line: with more ink it is the line's own."""
TOUCHING: Final = 2
"""Pixels over a line in which a sign's strokes begin; letters keep more paper."""
FLAG_MM: Final = (4.0, 12.0)
"""Height of a site flag's staff."""
FLAG_WIDE: Final = 0.45
"""A flag, in its staff's height."""
FORK_MM: Final = 2.6
"""Of a tail, beyond the line and to both sides of it."""
KNEE_MM: Final = 0.8
"""Of the line at its ends on which no sign stands."""


@dataclass(frozen=True, slots=True)
class _Line:
    """Ends and rows, in pixels."""

    x0: int
    y0: int
    x1: int
    y1: int


def joints(ink: Mask, lying: Mask, per_mm: float) -> Iterator[Place]:
    """Of a level sheet. lying: its ruled lines that lie. per_mm: pixels."""
    thick = np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(lying, connectivity=8)
    for x, y, width, height, _ in stats[1:]:
        if not LONG_MM[0] <= width / per_mm <= LONG_MM[1] or height > THICK_MM * per_mm:
            continue
        line = _Line(int(x), int(y), int(x + width), int(y + height))
        away = _led(thick, line, per_mm)
        if away:
            found = _joint(ink, line, per_mm)
            if found is not None:
                yield replace(found, box=_both(found.box, _ends(thick, line, away, per_mm)))


def _led(ink: Mask, line: _Line, per_mm: float) -> int:
    """At which of the line's ends a leader ends: -1 the left, 1 the right, 0 neither. It is one oblique stroke, up or
    down; a tail's fork has both."""
    y = (line.y0 + line.y1) / 2
    for x, away in ((line.x0, -1), (line.x1, 1)):
        ups = [_oblique(ink, x, y, away, up, LOOKED_MM, per_mm) for up in (1, -1)]
        if sum(ups) == 1 and not _goes_on(ink, x, y, away, per_mm):
            far = line.x1 if away < 0 else line.x0
            return 0 if any(_stands(ink, far, y, up, per_mm) for up in (1, -1)) else away
    return 0


def _stands(ink: Mask, x: int, y: float, up: int, per_mm: float) -> bool:
    """Whether a stroke stands on the line's end, or hangs from it."""
    reach, row = round(UPRIGHT_MM * per_mm), round(y)
    rows = slice(max(row - reach, 0), row) if up > 0 else slice(row + 1, row + 1 + reach)
    columns = ink[rows, max(x - 4, 0) : x + 5]
    return bool(columns.size and columns.all(axis=0).any())


def _ends(ink: Mask, line: _Line, away: int, per_mm: float) -> Box:
    """Round what the line's ends carry: a flag's staff and a circle at the leader's, a tail's fork at the other."""
    y = (line.y0 + line.y1) / 2
    knee, tail = (line.x0, line.x1) if away < 0 else (line.x1, line.x0)
    box: Box = (line.x0, line.y0, line.x1, line.y1)
    column = ink[max(line.y0 - round(FLAG_MM[1] * per_mm), 0) : line.y0, max(knee - 2, 0) : knee + 3].max(axis=1)[::-1]
    staff = int(np.argmin(column)) if not column.all() else len(column)
    if staff >= FLAG_MM[0] * per_mm:
        wide = round(staff * FLAG_WIDE)
        box = _both(
            box, (knee - wide if away < 0 else knee, line.y0 - staff, knee if away < 0 else knee + wide, line.y1)
        )
    if all(_oblique(ink, tail, y, -away, up, FORKED_MM, per_mm) for up in (1, -1)):
        reach = round(FORK_MM * per_mm)
        box = _both(
            box, (min(tail, tail - away * reach), line.y0 - reach, max(tail, tail - away * reach), line.y1 + reach)
        )
    return box


def _oblique(ink: Mask, x: float, y: float, away: int, up: int, looked: tuple[float, ...], per_mm: float) -> bool:
    """Whether one stroke runs from the line's end past all these distances."""
    angles = np.radians(np.arange(LEADER[0], LEADER[1] + 1, 2.0))
    across = np.round(x + away * np.outer(looked, np.cos(angles)) * per_mm).astype(int)
    down = np.round(y - up * np.outer(looked, np.sin(angles)) * per_mm).astype(int)
    if across.min() < 0 or down.min() < 0 or across.max() >= ink.shape[1] or down.max() >= ink.shape[0]:
        return False
    on = ink[down, across] > 0
    return bool(on.all(axis=0).any() and on.mean() < SOLID)


def _goes_on(ink: Mask, x: float, y: float, away: int, per_mm: float) -> bool:
    row = round(y)
    spots = [round(x + away * far * per_mm) for far in LOOKED_MM[:3]]
    return all(0 <= spot < ink.shape[1] and ink[row, spot] for spot in spots)


def _joint(ink: Mask, line: _Line, per_mm: float) -> Place | None:
    """What stands on the line, above and below; None for nothing."""
    crops: list[Crop] = []
    box: Box = (line.x0, line.y0, line.x1, line.y1)
    for up in (1, -1):
        edge = _edge(ink, line, up, per_mm)
        box = _both(box, (line.x0, min(edge, line.y0), line.x1, max(edge, line.y1)))
        standing = _standing(ink, line, edge, up, per_mm)
        if any(not _fits(sign, per_mm) for sign in standing):
            return None
        for sign in standing:
            box = _both(box, sign)
            crops.append(_cut(ink, sign, edge, up))
    return Place(family="joint", box=box, crops=tuple(crops)) if crops else None


def _edge(ink: Mask, line: _Line, up: int, per_mm: float) -> int:
    """The row past the ink of the line, or of its identification line on that side."""
    near, far = (round(gap * per_mm) for gap in APART_MM)
    first = line.y0 - 1 if up > 0 else line.y1
    rows = [first - up * step for step in range(near, far + 1)]
    rows = [row for row in rows if 0 <= row < ink.shape[0]]
    inked = [np.count_nonzero(ink[row, line.x0 : line.x1]) / (line.x1 - line.x0) for row in rows]
    dashed = [row for row, share in zip(rows, inked, strict=True) if share >= DASHED]
    edge = first
    if dashed:
        edge = dashed[-1] if abs(dashed[-1] - dashed[0]) <= THICK_MM * per_mm else dashed[0]
        edge -= up
    for _ in range(RAGGED):  # a line's ragged rim is no sign
        if 0 < edge < ink.shape[0] - 1 and np.count_nonzero(ink[edge, line.x0 : line.x1]) > RIM * (line.x1 - line.x0):
            edge -= up
    return edge


def _standing(ink: Mask, line: _Line, edge: int, up: int, per_mm: float) -> list[Box]:
    """The boxes of what touches the line on that side, strokes that stand close as one."""
    reach, trim = round(REACH_MM * per_mm), round(KNEE_MM * per_mm)
    low, high = (max(edge - reach, 0), edge + 1) if up > 0 else (edge, min(edge + reach, ink.shape[0]))
    left, right = line.x0 + trim, line.x1 - trim
    strip = np.ascontiguousarray(ink[low:high, left:right])
    if not strip.size:
        return []
    _, names, stats, _ = cv2.connectedComponentsWithStats(strip, connectivity=8)
    foot = names[-TOUCHING:] if up > 0 else names[:TOUCHING]
    boxes = [stats[name, :4] for name in np.unique(foot) if name and stats[name, 3] >= TALL_MM[0] * per_mm]
    found: list[Box] = []
    for x, y, wide, tall in sorted(tuple(int(side) for side in box) for box in boxes):
        box = (left + x, low + y, left + x + wide, low + y + tall)
        if found and box[0] - found[-1][2] <= CLOSE_MM * per_mm:
            found[-1] = _both(found[-1], box)
        else:
            found.append(box)
    return found


def _fits(box: Box, per_mm: float) -> bool:
    """Whether a sign may be so large: what is larger and touches the line says that it is no reference line."""
    return box[3] - box[1] <= TALL_MM[1] * per_mm and box[2] - box[0] <= WIDE_MM * per_mm


def _cut(ink: Mask, sign: Box, edge: int, up: int) -> Crop:
    """Always standing: what hangs is turned over."""
    tall, middle = sign[3] - sign[1], (sign[0] + sign[2]) / 2
    half = 0.95 * max(tall, (sign[2] - sign[0]) / 1.2)
    low, high = sorted((-0.2 * half * up, 1.7 * half * up))
    made = crop(ink, (middle, edge), 0.0, (-half, half, low, high))
    return made if up > 0 else np.ascontiguousarray(made[::-1])


def _both(one: Box, other: Box) -> Box:
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
