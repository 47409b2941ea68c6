"""Draws sheets whose parts are known: a border, a title block, a table, frames, a shaft with dimensions."""

from __future__ import annotations

import cv2
import numpy as np

PER_MM = 8.0
DPI = PER_MM * 25.4
WIDE, HIGH = 1680, 1188
"""An A4 sheet's half, lying: 210 x 148.5 mm."""
BORDER = (80, 40, 1640, 1148)
TITLE = (1000, 908, 1640, 1148)
TABLE = (140, 760, 620, 1000)
FRAMES = ((200, 120), (640, 120), (1080, 120))
"""Where the frames' upper left corners stand."""
FRAME_CELLS = (44, 110, 44, 44)
FRAME_HIGH = 56
SHAFT = (300, 380, 900, 700)


def sheet(thick: int = 3) -> np.ndarray:
    """uint8 [H, W] grey."""
    page = np.full((HIGH, WIDE), 255, np.uint8)
    outline(page, BORDER, thick + 2)
    ruled(page, TITLE, rows=5, columns=(0, 200, 640), thick=thick)
    ruled(page, TABLE, rows=4, columns=(0, 160, 480), thick=thick)
    for x, y in FRAMES:
        frame(page, x, y, thick)
    shaft(page, thick)
    return page


def outline(page: np.ndarray, box: tuple[int, int, int, int], thick: int) -> None:
    cv2.rectangle(page, box[:2], box[2:], 0, thick)


def ruled(page: np.ndarray, box: tuple[int, int, int, int], *, rows: int, columns: tuple[int, ...], thick: int) -> None:
    x0, y0, x1, y1 = box
    high = (y1 - y0) // rows
    for row in range(rows + 1):
        cv2.line(page, (x0, y0 + row * high), (x1, y0 + row * high), 0, thick)
    for column in columns:
        cv2.line(page, (x0 + column, y0), (x0 + column, y1), 0, thick)
    for row in range(rows):
        for column in columns[:-1]:
            word(page, x0 + column + 14, y0 + row * high + high * 2 // 3, "SCM 4")


def frame(page: np.ndarray, x: int, y: int, thick: int = 3, *, leader: bool = True) -> None:
    left = x
    for width, sign in zip(FRAME_CELLS, ("O", "0.05", "A", "B"), strict=True):
        outline(page, (left, y, left + width, y + FRAME_HIGH), thick)
        word(page, left + 12, y + 38, sign)
        left += width
    if leader:
        cv2.line(page, (x - 40, y + FRAME_HIGH // 2), (x, y + FRAME_HIGH // 2), 0, 2)


def frame_box(number: int) -> tuple[int, int, int, int]:
    x, y = FRAMES[number]
    return (x, y, x + sum(FRAME_CELLS), y + FRAME_HIGH)


def shaft(page: np.ndarray, thick: int) -> None:
    """Three steps side by side, and below them a chain of dimensions whose lines close cells with figures in them."""
    x0, y0, x1, y1 = SHAFT
    steps, middle, below = (x0, x0 + 150, x0 + 400, x1), (y0 + y1) // 2 - 40, y1 - 20
    for left, right, half in zip(steps[:-1], steps[1:], (70, 120, 90), strict=True):
        outline(page, (left, middle - half, right, middle + half), thick + 1)
        cv2.line(page, (left, below), (right, below), 0, 2)
        word(page, (left + right) // 2 - 20, below - 8, "150")
    for x in steps:
        cv2.line(page, (x, middle + 60), (x, y1), 0, 2)


def stepped(page: np.ndarray) -> tuple[int, int, int, int]:
    """A shaft on a white place, whose extension lines and overall length close cells from step to step; its box."""
    x0, y0, x1, y1 = 260, 220, 960, 740
    page[y0 - 20 : y1 + 20, x0 - 40 : x1 + 40] = 255
    steps = (x0, x0 + 190, x0 + 340, x0 + 490, x1)
    middle, chain = (y0 + y1) // 2 - 100, y1 - 70
    for left, right, half in zip(steps[:-1], steps[1:], (90, 140, 150, 120), strict=True):
        outline(page, (left, middle - half, right, middle + half), 4)
        word(page, (left + right) // 2 - 20, chain - 14, "150")
    word(page, (x0 + x1) // 2 - 30, y1 - 14, "700")
    cv2.line(page, (x0, chain), (x1, chain), 0, 2)
    cv2.line(page, (x0, y1), (x1, y1), 0, 2)
    for x in steps:
        cv2.line(page, (x, middle + 80), (x, chain if x0 < x < x1 else y1), 0, 2)
    return (x0, y0, x1, y1)


def word(page: np.ndarray, x: int, y: int, text: str) -> None:
    cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2, cv2.LINE_AA)


def worn(page: np.ndarray, degrees: float) -> np.ndarray:
    """As a poor scan has it: askew (lines fall to the right), soft, grey, grainy, with dirt."""
    random = np.random.default_rng(5)
    middle = ((WIDE - 1) / 2, (HIGH - 1) / 2)
    turned = cv2.warpAffine(page, cv2.getRotationMatrix2D(middle, -degrees, 1), (WIDE, HIGH), borderValue=255)
    soft = cv2.GaussianBlur(turned, (0, 0), 0.7) * 0.85 + random.normal(10, 10, turned.shape)
    soft[random.random(turned.shape) < 0.0004] = 0
    return np.clip(soft, 0, 255).astype(np.uint8)


def listed(page: np.ndarray) -> tuple[int, int, int, int]:
    """A parts list drawn onto the title block, wall on wall; its box."""
    box = (TITLE[0], TITLE[1] - 240, TITLE[2], TITLE[1])
    cv2.rectangle(page, (box[0] - 20, box[1] - 20), (box[2] - 6, box[3] - 3), 255, -1)
    ruled(page, box, rows=6, columns=(0, 100, 400, 540, 640), thick=3)
    return box
