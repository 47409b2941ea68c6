"""Places that may be marks of surface finish: two strokes that meet at a foot, 60 degrees apart, one twice as long."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.symbols.places import Place, crop
from rung.runtime.tasks import Box, Mask

TURNS: Final = (0.0, 90.0)
"""Degrees by which marks stand turned: on what lies, and to the left of what stands."""
LEAN: Final = 30.0
"""Degrees of a leg from upright."""
SURE_MM: Final = (0.4, 2.4)
"""Part of both legs that is looked for first."""
HIGH_MM: Final = (2.3, 10.0)
"""Of the short leg's end over the foot."""
LONGER: Final = (1.35, 3.2)
"""The long leg, in short ones."""
BETWEEN_MM: Final = (0.9, 1.2, 1.5)
"""Over the foot there is paper between the legs at one of these: solid ink has no foot."""
BESIDE: Final = 62.0
"""Degrees from upright at which there is paper on both sides of a foot."""
SEEN: Final = (-1.15, 1.75, -0.35, 2.45)
"""Left, right, low, high of what is looked at, in heights of the short leg."""
LONGEST_MM: Final = 26.0
GAP_PX: Final = 2
"""Of paper in a stroke that a scan has broken."""
NEAR: Final = np.array([(x, y) for x in (-2, 0, 2) for y in (-2, 0, 2)], np.float64)
"""Pixels about a foot at which it may truly be."""


def ticks(ink: Mask, per_mm: float) -> Iterator[Place]:
    """Of a level sheet. per_mm: pixels."""
    shrink = 2 if per_mm > 5 else 1
    size = (ink.shape[1] // shrink, ink.shape[0] // shrink)
    small = (cv2.resize(ink, size, interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    wide = cv2.dilate(small, np.ones((3, 3), np.uint8))
    thick = np.asarray(cv2.dilate(ink, np.ones((3, 3), np.uint8)), np.uint8)
    for turn in TURNS:
        feet = _feet(np.asarray(wide, np.uint8), per_mm / shrink, turn) * shrink + (shrink - 1) / 2
        feet = feet[_open(ink, feet, turn, per_mm)]
        for at, short, long in _measured(thick, feet, turn, per_mm):
            yield _tick(ink, thick, at, (short, long), turn, per_mm)


def _way(degrees: float) -> NDArray[np.float64]:
    """A step of one pixel in that direction, y down."""
    return np.array((math.cos(math.radians(degrees)), -math.sin(math.radians(degrees))))


def _feet(ink: Mask, per_mm: float, turn: float) -> NDArray[np.float64]:
    """f64 [N, 2]: where both legs stand, for their first millimetres."""
    steps = np.arange(SURE_MM[0] * per_mm, SURE_MM[1] * per_mm + 0.5)
    legs = np.concatenate([steps[:, None] * _way(turn + 90 + lean) for lean in (LEAN, -LEAN)])
    spots = np.round(legs).astype(int)
    low, high = np.minimum(spots.min(0), 0), np.maximum(spots.max(0), 0)
    kernel = np.zeros((high[1] - low[1] + 1, high[0] - low[0] + 1), np.uint8)
    kernel[spots[:, 1] - low[1], spots[:, 0] - low[0]] = 1
    hits = cv2.erode(ink, kernel, anchor=(int(-low[0]), int(-low[1])), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    _, _, _, middles = cv2.connectedComponentsWithStats(np.asarray(hits, np.uint8), connectivity=8)
    return np.asarray(middles[1:], np.float64)


def _open(ink: Mask, feet: NDArray[np.float64], turn: float, per_mm: float) -> NDArray[np.bool_]:
    """[N]: whether there is paper between the legs, and beside them to the left and the right."""
    found = np.zeros(len(feet), bool)
    beside = np.ones(len(feet), bool)
    for high in BETWEEN_MM:
        found |= ~_inked(ink, feet + _way(turn + 90) * high * per_mm)
    for lean in (-BESIDE, BESIDE):
        spots = [_inked(ink, feet + _way(turn + 90 + lean) * far * per_mm) for far in BETWEEN_MM]
        beside &= np.sum(spots, axis=0) < len(spots)
    return found & beside


def _inked(ink: Mask, spots: NDArray[np.float64]) -> NDArray[np.bool_]:
    """[N]: whether there is ink; none is outside the sheet."""
    x, y = np.round(spots).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < ink.shape[1]) & (y < ink.shape[0])
    return np.asarray(inside & (ink[np.where(inside, y, 0), np.where(inside, x, 0)] > 0))


def _measured(
    ink: Mask, feet: NDArray[np.float64], turn: float, per_mm: float
) -> Iterator[tuple[NDArray[np.float64], float, float]]:
    """Of each foot that may be a mark's: where it stands best, and its short and its long leg, in pixels."""
    spots = (feet[:, None] + NEAR).reshape(-1, 2)
    owner = np.repeat(np.arange(len(feet)), len(NEAR))
    high, upright = HIGH_MM[0] * per_mm, math.cos(math.radians(LEAN))
    for lean in (LEAN, -LEAN):  # most are letters' corners, and end here
        reach = _leg(ink, spots, turn + 90 + lean, high / upright + 2, per_mm)
        spots, owner = spots[reach * upright >= high], owner[reach * upright >= high]
    short, long = (_leg(ink, spots, turn + 90 + lean, LONGEST_MM * per_mm, per_mm) for lean in (LEAN, -LEAN))
    for one in np.unique(owner):
        mine = np.flatnonzero(owner == one)
        best = mine[np.argmax(np.minimum(short[mine], long[mine]))]
        fits = short[best] * upright <= HIGH_MM[1] * per_mm and LONGER[0] <= long[best] / short[best] <= LONGER[1]
        if fits:
            yield spots[best], float(short[best]), float(long[best])


def _tick(
    ink: Mask, thick: Mask, at: NDArray[np.float64], legs: tuple[float, float], turn: float, per_mm: float
) -> Place:
    """The mark that stands there, with the bar that runs from its long leg."""
    short, long = legs
    high = short * math.cos(math.radians(LEAN))
    seen = (SEEN[0] * high, SEEN[1] * high, SEEN[2] * high, SEEN[3] * high)
    left, right = at + _way(turn + 90 + LEAN) * short, at + _way(turn + 90 - LEAN) * long
    bar = right + _way(turn) * _bar(thick, right, turn, per_mm)
    corners = (at, left, right, bar, at + _way(turn + 90 - LEAN) * short)
    return Place(family="tick", box=_round(corners), crops=(crop(ink, (float(at[0]), float(at[1])), turn, seen),))


def _leg(ink: Mask, feet: NDArray[np.float64], degrees: float, most: float, per_mm: float) -> NDArray[np.float64]:
    """[N]: how far ink runs from each foot in about that direction, in pixels."""
    skip = SURE_MM[0] * per_mm
    runs = [_run(ink, feet, degrees + slip, most, skip) for slip in (-2.5, 0.0, 2.5)]
    return np.asarray(np.max(runs, axis=0), np.float64)


def _bar(ink: Mask, end: NDArray[np.float64], turn: float, per_mm: float) -> float:
    """How far a bar runs from the long leg's end, in pixels; 0 for none."""
    ends = np.array([end + _way(turn + 90) * lift for lift in (-3, -1.5, 0, 1.5)])
    long = float(_run(ink, ends, turn, LONGEST_MM * per_mm, per_mm * 0.3).max())
    return long if long > 2 * per_mm else 0.0


def _run(ink: Mask, starts: NDArray[np.float64], degrees: float, most: float, skip: float) -> NDArray[np.float64]:
    """[N]: how far ink runs from each start, in pixels; the first `skip` of them may be paper."""
    steps = np.arange(skip, most)
    spots = (starts[:, None] + steps[:, None] * _way(degrees)).reshape(-1, 2)
    off = ~_inked(ink, spots).reshape(len(starts), len(steps))
    gone = off.copy()
    for shift in range(1, GAP_PX + 1):
        gone[:, :-shift] &= off[:, shift:]
        gone[:, -shift:] = False
    return np.where(gone.any(axis=1), steps[np.argmax(gone, axis=1)], most)


def _round(corners: Sequence[NDArray[np.float64]]) -> Box:
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    return (int(low[0]), int(low[1]), math.ceil(high[0]), math.ceil(high[1]))
