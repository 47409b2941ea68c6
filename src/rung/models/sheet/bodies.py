"""Tells the bodies of two parts apart whose dimensions and signs nearly touch, and what belongs to which of them.

All planes here are u8 [H, W], 1 where there is ink, at a pixel for each millimetre.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Mask

LEAST: Final = 12
"""Shorter side of a body. A row of dimensions with what its lines close is none."""
FACE: Final = 250
"""Pixels of a body: a large balloon has 160."""
LINE: Final = 5
"""What is no wider is a line, or two side by side, and joins no bodies: a centre line may run through two views."""
BETWEEN: Final = 6
"""Of paper between two bodies at most that are of one view: dimensions may stand so far off, or a part that is shown
taken apart."""
GROWN: Final = (2, 3, 4, 6, 9, 14, 20, 40)
"""Distances at which what is no body joins what it is nearest to: letters their leader, and not what is across from
their other end."""
Names = NDArray[np.int32]


def bodies(lines: Mask) -> Names:
    """i32 [H, W]: 0, or the number of the body that is there, from 1. lines: ink without letters.

    A body is what lines close all round, and is wide in both directions.
    """
    edged = cv2.copyMakeBorder(lines, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0)
    edged = cv2.morphologyEx(edged, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    cv2.floodFill(edged, None, (0, 0), 2)
    closed = (edged[2:-2, 2:-2] != 2).astype(np.uint8)
    wide = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _disc(LINE), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    _, names, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    large = (stats[:, 2:4].min(axis=1) >= LEAST) & (stats[:, cv2.CC_STAT_AREA] >= FACE)
    large &= np.arange(len(stats)) > 0  # the paper
    near = cv2.dilate(large[names].astype(np.uint8), _disc(BETWEEN + 1))
    together = cv2.connectedComponents(near, connectivity=8)[1]
    return np.where(large[names], together, 0).astype(np.int32)


def apart(ink: Mask, lines: Mask) -> tuple[list[Mask], bool]:
    """(the ink, in as many planes as it has bodies, but at least in one; whether it has any)."""
    found = bodies(lines)
    count = int(found.max(initial=0))
    if count < 2:
        return [ink], count > 0
    names = _shared(ink, found)
    return [np.asarray((names == number) & (ink > 0), np.uint8) for number in range(1, count + 1)], True


def _shared(ink: Mask, found: Names) -> Names:
    """Of every pixel of ink whose it is: the body's number. What hangs together stays together, unless it runs into
    several bodies: that is cut where the way to two of them is as far."""
    count, pieces = cv2.connectedComponents(cv2.dilate(ink, np.ones((3, 3), np.uint8)), connectivity=8)
    touched = np.zeros((count, int(found.max()) + 1), np.bool_)
    np.logical_or.at(touched, (pieces[found > 0], found[found > 0]), True)
    owner = np.where(touched.sum(axis=1) == 1, np.argmax(touched, axis=1), 0)
    several = (touched.sum(axis=1) > 1)[pieces] & (ink > 0)
    names = np.where(ink > 0, owner[pieces], 0)
    names = np.where(found > 0, found, np.where(several, _nearest(found)[0], names)).astype(np.int32)
    for reach in GROWN:
        nearest, far = _nearest(names)
        spots = np.flatnonzero((names == 0) & (ink > 0) & (far <= reach))
        spots = spots[np.argsort(far.flat[spots], kind="stable")]
        joining, first = np.unique(pieces.flat[spots], return_index=True)
        owner = np.zeros(count, np.int64)
        owner[joining] = nearest.flat[spots[first]]
        names = np.where((names == 0) & (ink > 0), owner[pieces], names).astype(np.int32)
    return np.where(names > 0, names, _nearest(names)[0])


def _nearest(names: Names) -> tuple[Names, NDArray[np.float32]]:
    """([H, W] the nearest name, how far away it is)."""
    paper = (names == 0).astype(np.uint8)
    far, spots = cv2.distanceTransformWithLabels(paper, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    held = np.zeros(int(spots.max()) + 1, np.int32)
    np.maximum.at(held, spots[names > 0], names[names > 0])  # each spot has one
    return held[spots], np.asarray(far, np.float32)


def _disc(size: int) -> Mask:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
