"""Decides which of a page's lines are fields of its title block. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Line, bounds, centre, holds, round_all
from rung.apps.drawings.listed import listed
from rung.apps.drawings.title import Placed, fields_of
from rung.runtime.tasks import Box, Cell, SheetPart

NO_SIZES = ("revision", "scale", "sheet", "quantity", "date")
"""Fields whose values are figures that would pass for sizes."""


def title_of(
    lines: Sequence[Line], parts: Sequence[SheetPart]
) -> tuple[dict[str, schema.TitleField], tuple[Line, ...]]:
    """The fields by name, and the lines that are no dimensions since a label or their form says what they are; what
    the file itself keeps as a dimension is one.

    Where no title block was seen, labels are looked for among all lines. A parts list's are none, wherever it stands.
    """
    blocks = [part for part in parts if part.kind == "title-block"]
    cells = [cell for part in blocks for cell in part.cells]
    read = [line for line in lines if line.guesses and (not blocks or _in_one(line, blocks))]
    theirs = listed(read)
    inside = [line for at, line in enumerate(read) if at not in theirs]
    placed = [Placed(text=line.text, box=bounds(line.polygon), cell=_cell_of(line, cells)) for line in inside]
    found = fields_of(placed, cells={number: _float(cell.box) for number, cell in enumerate(cells)})
    fields = {
        name: _field([inside[place] for place in field.sources], field.text, field.value)
        for name, field in found.items()
        if field.sources
    }
    named = (inside[place] for name in NO_SIZES if name in found for place in found[name].sources)
    return fields, tuple(line for line in named if line.dimension is None)


def _in_one(line: Line, parts: Sequence[SheetPart]) -> bool:
    middle = centre(line.polygon)
    return any(holds(part.polygon, middle) for part in parts)


def _cell_of(line: Line, cells: Sequence[Cell]) -> int | None:
    middle = centre(line.polygon)
    for number, cell in enumerate(cells):
        if holds(cell.polygon or _corners(cell.box), middle):
            return number
    return None


def _corners(box: Box) -> tuple[tuple[float, float], ...]:
    x0, y0, x1, y1 = box
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _float(box: Box) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    return float(x0), float(y0), float(x1), float(y1)


def _field(lines: Sequence[Line], text: str, value: str | None) -> schema.TitleField:
    sure = [line.confidence for line in lines if line.confidence is not None]
    return schema.TitleField(
        text=text,
        value=value,
        polygon=schema.rounded(round_all([line.polygon for line in lines])),
        confidence=min(sure) if len(sure) == len(lines) else None,
        engine=" + ".join(dict.fromkeys(line.engine for line in lines)),
    )
