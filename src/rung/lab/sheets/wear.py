"""What a scanner and a picture format do to a page, with the truth moved along."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.lab.sheets.sheet import Page
from rung.lab.sheets.truth import Polygon, placed

PAPER, FILL = 255, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """skew_deg: turned about the middle, against the clock. blur_px: sigma of the lens. noise: sigma in shades of 255.

    specks: dark dots per megapixel. paper: shade of white; ink: shade of black. jpeg: quality, 0 for none. The picture
    keeps its size: what skew turns out of it is lost, as on a scanner's glass.
    """

    skew_deg: float = 0.0
    blur_px: float = 0.0
    noise: float = 0.0
    specks: float = 0.0
    paper: int = 255
    ink: int = 0
    jpeg: int = 0


SCAN = Wear(skew_deg=2.0, blur_px=0.7, noise=9.0, specks=12.0, paper=243, ink=38, jpeg=80)
"""The scan of the issue's second figure: noise, and two degrees of skew."""


def worn(page: Page, wear: Wear, seed: int) -> Page:
    """The page after that; the same seed gives the same noise."""
    height, width = page.picture.shape
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), wear.skew_deg, 1.0)
    picture, labels = page.picture, page.labels
    if wear.skew_deg:
        picture = _turned(picture, turn, PAPER, cv2.INTER_LINEAR)
        labels = _turned(labels, turn, FILL, cv2.INTER_NEAREST)
    picture = _scanned(picture, wear, np.random.default_rng(seed))
    truth = placed(page.truth, lambda polygon: _moved(polygon, wear.skew_deg, width, height), page.dpi)
    return Page(picture=picture, truth=truth, labels=labels, dpi=page.dpi)


def _turned(picture: NDArray[np.uint8], turn: NDArray[np.float64], fill: int, how: int) -> NDArray[np.uint8]:
    height, width = picture.shape
    made: NDArray[np.uint8] = cv2.warpAffine(
        picture, turn, (width, height), flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=fill
    )
    return made


def _moved(polygon: Polygon, degrees: float, width: int, height: int) -> Polygon:
    """Against the clock on a picture whose y runs down."""
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    x0, y0 = width / 2, height / 2
    return tuple((x0 + (x - x0) * cos + (y - y0) * sin, y0 - (x - x0) * sin + (y - y0) * cos) for x, y in polygon)


def _scanned(picture: NDArray[np.uint8], wear: Wear, rng: np.random.Generator) -> NDArray[np.uint8]:
    shades = wear.ink + picture.astype(np.float32) * ((wear.paper - wear.ink) / 255)
    count = int(wear.specks * picture.size / 1e6)
    if count:
        rows, columns = rng.integers(0, picture.shape[0], count), rng.integers(0, picture.shape[1], count)
        for row, column, size in zip(rows, columns, rng.integers(1, 3, count), strict=True):
            cv2.circle(shades, (int(column), int(row)), int(size) - 1, float(wear.ink + 40), -1)
    if wear.blur_px:
        shades = cv2.GaussianBlur(shades, (0, 0), wear.blur_px)
    if wear.noise:
        shades = shades + rng.normal(0.0, wear.noise, picture.shape).astype(np.float32)
    made: NDArray[np.uint8] = np.clip(np.round(shades), 0, 255).astype(np.uint8)
    if wear.jpeg:
        _, data = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, wear.jpeg])
        made = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    return made
