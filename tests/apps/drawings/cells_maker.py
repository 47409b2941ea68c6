"""Frames and tables as a layout finds them, and their cells as a reader reads them."""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.drawings.lines import Guess, Line
from rung.runtime.tasks import Cell, PartKind, SheetPart

WIDE, HIGH = 100, 40

Said = str | tuple[tuple[str, float], ...]
"""What a cell reads as: one certain text, or readings with their confidences."""


def cell(row: int, column: int, *, rows: int = 1, columns: int = 1, empty: bool = False) -> Cell:
    x, y = column * WIDE, row * HIGH
    box = (x, y, x + columns * WIDE, y + rows * HIGH)
    corners = ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]))
    return Cell(
        box=box, row=row, column=column, rows=rows, columns=columns, polygon=corners, content=() if empty else corners
    )


def part(kind: PartKind, cells: Sequence[Cell]) -> SheetPart:
    x1, y1 = max(one.box[2] for one in cells), max(one.box[3] for one in cells)
    return SheetPart(kind=kind, polygon=((0, 0), (x1, 0), (x1, y1), (0, y1)), cells=tuple(cells))


def row_part(count: int, rows: int = 1) -> SheetPart:
    return part("frame", [cell(row, column) for row in range(rows) for column in range(count)])


def line(said: Said, place: Cell) -> Line:
    readings = ((said, 0.9),) if isinstance(said, str) else said
    return Line(
        polygon=place.polygon,
        guesses=tuple(Guess(text=text, confidence=sure, engine="toy") for text, sure in readings if text),
        reason="" if any(text for text, _ in readings) else "a blot",
    )


def read(of: SheetPart, *said: Said) -> list[Line]:
    filled = [one for one in of.cells if one.content]
    return [line(text, place) for text, place in zip(said, filled, strict=True)]
