"""Texts in a stroke font that every machine has, with their quads, for tests of finding and reading."""

import cv2
import numpy as np

from rung.models.lettering.quads import Quad, axes, quad

FONT = cv2.FONT_HERSHEY_SIMPLEX


def paper(width: int, height: int) -> np.ndarray:
    return np.full((height, width), 255, np.uint8)


def tile(text: str, tall: int = 24) -> np.ndarray:
    """Black on white, cut to its signs; a capital is `tall` pixels high."""
    scale = tall / 21.0
    (width, height), base = cv2.getTextSize(text, FONT, scale, 2)
    picture = paper(width + 20, height + base + 20)
    cv2.putText(picture, text, (10, height + 10), FONT, scale, 0, 2, cv2.LINE_AA)
    rows, columns = (np.flatnonzero((picture < 160).any(axis=axis)) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def stacked(main: str, upper: str, lower: str, tall: int = 24) -> np.ndarray:
    small = round(tall * 0.65)
    left, above, below = tile(main, tall), tile(upper, small), tile(lower, small)
    gap = 5
    height = above.shape[0] + below.shape[0] + gap
    whole = paper(left.shape[1] + gap + max(above.shape[1], below.shape[1]), height)
    top = (height - left.shape[0]) // 2
    whole[top : top + left.shape[0], : left.shape[1]] = left
    begin = left.shape[1] + gap
    whole[: above.shape[0], begin : begin + above.shape[1]] = above
    whole[-below.shape[0] :, begin : begin + below.shape[1]] = below
    return whole


def put(picture: np.ndarray, text: np.ndarray, centre: tuple[float, float], angle: float) -> Quad:
    """Lays a tile on the picture at an angle, in place, and says where it lies."""
    height, width = text.shape
    along, down = axes(angle)
    start = np.array(centre) - along * width / 2 - down * height / 2
    matrix = np.column_stack((along, down, start))
    size = (picture.shape[1], picture.shape[0])
    np.minimum(picture, cv2.warpAffine(text, matrix, size, borderValue=255), out=picture)
    return quad(centre, width, height, angle)
