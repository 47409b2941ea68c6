"""The layout of a sheet by geometry: a border, tables, frames, signs and views are what lines make of them."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models.pictures import decode
from rung.models.sheet.ink import grey, ink
from rung.models.sheet.parts import Part, parts
from rung.models.sheet.skew import Turn, level, skew
from rung.runtime.model import Call
from rung.runtime.tasks import Box, Cell, LayoutInput, LayoutOutput, PartKind, Polygon, SheetPart

KINDS: Final[tuple[PartKind, ...]] = ("border", "title-block", "table", "frame", "view", "symbol")
PER_MM: Final = 8.0
"""Pixels for a millimetre at which a sheet is looked at, at most: 203 dpi. Walls are told apart as well as at more."""
A3_MM: Final = 420.0
"""Longer side that a sheet is taken to have where nobody says its resolution."""


def find(input: LayoutInput, call: Call[LayoutInput]) -> LayoutOutput:
    """The parts of the sheet, the larger first. A sheet that lies askew by up to three degrees is set level first."""
    picture = input.picture
    longer = max(picture.width, picture.height)
    if input.dpi is None:
        call.warn("nobody says how many dots per inch the picture has: it is taken for an A3 sheet's")
    per_mm = longer / A3_MM if input.dpi is None else input.dpi / 25.4
    shrink = min(PER_MM / per_mm, 1.0)
    call.check()
    plane = grey(decode(picture))
    if shrink < 1:
        plane = np.asarray(cv2.resize(plane, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    call.check()
    degrees = skew(ink(plane))
    plane, turn = level(plane, degrees)
    found = parts(ink(plane), per_mm * shrink)
    factor = picture.width / plane.shape[1]
    return LayoutOutput(
        parts=tuple(sorted((_placed(part, turn, factor) for part in found), key=lambda part: -_area(part.polygon))),
        kinds=KINDS,
        width=picture.width,
        height=picture.height,
    )


def _placed(part: Part, turn: Turn, factor: float) -> SheetPart:
    """In pixels of the picture as it came."""
    return SheetPart(
        kind=part.kind,
        polygon=_polygon(part.box, turn, factor),
        label=part.label,
        variant=part.variant,
        score=part.score,
        cells=tuple(_cell(cell, held, turn, factor) for cell, held in zip(part.cells, part.contents, strict=True)),
    )


def _cell(cell: Cell, held: Box | None, turn: Turn, factor: float) -> Cell:
    polygon = _polygon(cell.box, turn, factor)
    x, y = [corner[0] for corner in polygon], [corner[1] for corner in polygon]
    return Cell(
        box=(round(min(x)), round(min(y)), round(max(x)), round(max(y))),
        row=cell.row,
        column=cell.column,
        rows=cell.rows,
        columns=cell.columns,
        polygon=polygon,
        content=() if held is None else _polygon(held, turn, factor),
    )


def _polygon(box: Box, turn: Turn, factor: float) -> Polygon:
    x0, y0, x1, y1 = box
    corners = turn.back(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    return tuple((x * factor, y * factor) for x, y in corners)


def _area(polygon: Polygon) -> float:
    return float(cv2.contourArea(np.array(polygon, np.float32)))
