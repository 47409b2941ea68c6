"""Puts the lines that were read in a table into its cells. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Line, Polygon, bounds, centre, holds
from rung.runtime.tasks import Cell, SheetPart


def table_of(part: SheetPart, lines: Sequence[Line], id: str) -> schema.Table:
    """The table with its texts. lines: of the page; those whose middle lies in a cell are that cell's."""
    standing = in_cells(part, lines)
    return schema.Table(
        id=id,
        polygon=schema.rounded(part.polygon),
        rows=max((cell.row + cell.rows for cell in part.cells), default=0),
        columns=max((cell.column + cell.columns for cell in part.cells), default=0),
        cells=[_cell(cell, standing[place]) for place, cell in enumerate(part.cells)],
    )


def unread_of(part: SheetPart, lines: Sequence[Line]) -> list[schema.Unread]:
    """Its cells in which something stands and nothing was read, and why."""
    standing = in_cells(part, lines)
    return [
        schema.Unread(polygon=schema.rounded(cell.content), reason=_why(standing[place], cell))
        for place, cell in enumerate(part.cells)
        if cell.content and not any(line.guesses for line in standing[place])
    ]


def in_cells(part: SheetPart, lines: Sequence[Line]) -> dict[int, list[Line]]:
    """The lines of each cell, by the cell's place, from the top down and from the left."""
    standing: dict[int, list[Line]] = {place: [] for place in range(len(part.cells))}
    inside = [line for line in lines if holds(part.polygon, centre(line.polygon))]
    for line in inside:
        middle = centre(line.polygon)
        place = next((place for place, cell in enumerate(part.cells) if holds(_polygon(cell), middle)), None)
        if place is not None:
            standing[place].append(line)
    for held in standing.values():
        held.sort(key=_reading_order)
    return standing


def _reading_order(line: Line) -> tuple[float, float]:
    """By rows half as high as the line, so that two pieces of one row stand side by side."""
    x0, y0, _, y1 = bounds(line.polygon)
    return round((y0 + y1) / max(y1 - y0, 1.0)), x0


def _cell(cell: Cell, lines: Sequence[Line]) -> schema.TableCell:
    read = [line for line in lines if line.guesses]
    sure = [line.confidence for line in read if line.confidence is not None]
    return schema.TableCell(
        row=cell.row,
        column=cell.column,
        rows=cell.rows,
        columns=cell.columns,
        box=_box(cell),
        text="\n".join(line.text for line in read),
        confidence=min(sure) if sure and len(sure) == len(read) else None,
        engine=" + ".join(dict.fromkeys(line.engine for line in read)),
    )


def _why(lines: Sequence[Line], cell: Cell) -> str:
    said = next((line.reason for line in lines if line.reason), "no text was found in it")
    return f"row {cell.row + 1}, column {cell.column + 1} of a table: {said}"


def _polygon(cell: Cell) -> Polygon:
    x0, y0, x1, y1 = cell.box
    return cell.polygon or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _box(cell: Cell) -> schema.BoxOut:
    x0, y0, x1, y1 = cell.box
    return (float(x0), float(y0), float(x1), float(y1))
