"""Marks to pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.lab.sheets.ink import Corners, Mark, Points

MM = 25.4
FINE = 3
"""Pixels are drawn this many times as fine and averaged, so that line widths have fractions."""
SHIFT = 4
MOST_FINE_PIXELS = 160_000_000
"""A0 at 200 dpi is drawn without that: it would take gigabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which part of a drawing a picture shows. left, top: its upper left corner, in drawing units, y up.

    width, height: in pixels; scale: pixels per drawing unit; pen: pixels per millimetre of a pen's width.
    """

    left: float
    top: float
    width: int
    height: int
    scale: float
    pen: float


def paper_view(paper_mm: tuple[float, float], dpi: float) -> View:
    """Of a sheet that is drawn in millimetres of paper, its lower left corner at the origin."""
    scale = dpi / MM
    width, height = (round(side * scale) for side in paper_mm)
    return View(left=0.0, top=paper_mm[1], width=width, height=height, scale=scale, pen=scale)


def picture_of(marks: Sequence[Mark], view: View) -> NDArray[np.uint8]:
    """Black ink on white, u8 [H, W]."""
    fine = FINE if view.width * view.height * FINE**2 <= MOST_FINE_PIXELS else 1
    canvas = np.full((view.height * fine, view.width * fine), 255, np.uint8)
    for mark in marks:
        _draw(canvas, mark, view, fine, 0)
    return canvas if fine == 1 else cv2.resize(canvas, (view.width, view.height), interpolation=cv2.INTER_AREA)


def labels_of(marks: Sequence[Mark], view: View, label: Callable[[Mark], int]) -> NDArray[np.uint8]:
    """What each pixel is of, u8 [H, W]: 0 paper, else the mark's label; later marks lie over earlier ones."""
    canvas = np.zeros((view.height, view.width), np.uint8)
    for mark in marks:
        _draw(canvas, mark, view, 1, label(mark))
    return canvas


def to_pixels(polygon: Corners, view: View) -> Corners:
    """Corners in pixels of the picture; its top left pixel reaches from 0 to 1."""
    return tuple(((x - view.left) * view.scale, (view.top - y) * view.scale) for x, y in polygon)


def _draw(canvas: NDArray[np.uint8], mark: Mark, view: View, fine: int, shade: int) -> None:
    lines = [_fixed(line, view, fine) for line in mark.lines]
    if mark.filled:
        cv2.fillPoly(canvas, lines, shade, cv2.LINE_8, SHIFT)
    else:
        cv2.polylines(canvas, lines, False, shade, max(1, round(mark.width_mm * view.pen * fine)), cv2.LINE_8, SHIFT)


def _fixed(line: Points, view: View, fine: int) -> NDArray[np.int32]:
    """cv2 counts from the middle of the first pixel, in sixteenths."""
    flipped: Points = np.column_stack((line[:, 0] - view.left, view.top - line[:, 1])) * view.scale * fine - 0.5
    fixed: NDArray[np.int32] = np.round(flipped * 2**SHIFT).astype(np.int32)
    return fixed
