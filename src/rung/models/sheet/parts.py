"""Says what the parts of a level sheet are, from its ink alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rung.models.sheet.borders import border
from rung.models.sheet.boxed import by_itself, datum
from rung.models.sheet.contents import content
from rung.models.sheet.grids import WALL_MM, Grid, grids
from rung.models.sheet.kinds import Sheet, is_frame, is_table, runs_on
from rung.models.sheet.lists import apart, side_by_side
from rung.models.sheet.rules import rectangles, rules
from rung.models.sheet.views import views
from rung.models.symbols.finding import symbols
from rung.models.symbols.sorting import sorter
from rung.runtime.tasks import Box, Cell, Mask, PartKind

LARGEST: Final = 0.4
"""Of the drawing's area: a rectangle larger than this is no cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """As SheetPart, in pixels of the level sheet. contents: of each cell the box round its ink, or None."""

    kind: PartKind
    box: Box
    label: str = ""
    variant: str = ""
    score: float | None = None
    cells: tuple[Cell, ...] = ()
    contents: tuple[Box | None, ...] = ()


def parts(ink: Mask, per_mm: float) -> tuple[Part, ...]:
    """The border, then tables, frames and symbols, then views. ink: 255 where there is ink. per_mm: pixels."""
    found = rules(ink, per_mm)
    edge = border(found, per_mm)
    inside = edge.inside if edge else (0, 0, ink.shape[1], ink.shape[0])
    boxes = [box for box in rectangles(found, per_mm) if _is_cell(box, inside)]
    sheet = Sheet(ink=ink, rules=found, inside=inside, per_mm=per_mm)
    made: list[Part] = [Part(kind="border", box=edge.outline)] if edge else []
    wall = WALL_MM * per_mm
    all_grids = [piece for grid in grids(boxes, per_mm) for piece in side_by_side(grid, wall)]
    frames = [grid for grid in all_grids if is_frame(grid, sheet)]
    others = [grid for grid in all_grids if grid not in frames and not runs_on(grid, sheet)]
    pieces = [piece for grid in others for piece in apart(grid, wall)]
    tables = [piece for piece in pieces if is_table(piece, sheet)]
    title = title_block(tables, sheet, bordered=edge is not None)
    made += [_part("title-block" if grid is title else "table", grid, sheet) for grid in tables]
    made += [_part("frame", grid, sheet) for grid in frames]
    made += [part for grid in all_grids if (part := _datum(grid, sheet)) is not None]
    made += _boxed(boxes, made, sheet)
    taken = [_walled(part.box, per_mm) for part in made if part.kind not in ("border", "symbol")]
    made += _signs(ink, found.lying, taken, per_mm)
    made += [Part(kind="view", box=box) for box in views(ink, taken, _inset(inside, per_mm), per_mm)]
    return tuple(made)


def _signs(ink: Mask, lying: Mask, taken: Sequence[Box], per_mm: float) -> list[Part]:
    """Marks of surface finish, balloons and welds, outside of tables and frames."""
    return [
        Part(kind="symbol", box=one.box, label=one.label, variant=one.variant, score=round(one.score, 3))
        for one in symbols(ink, lying, taken, per_mm, sorter())
    ]


def title_block(tables: Sequence[Grid], sheet: Sheet, *, bordered: bool) -> Grid | None:
    """Of the tables the largest that stands on the border's lower line, one in the right corner before others.

    On a sheet without a border: the largest in its lower half. None where there is no such table.
    """
    if not bordered:
        middle = (sheet.inside[1] + sheet.inside[3]) / 2
        return next((grid for grid in tables if grid.box[1] > middle), None)
    standing = [grid for grid in tables if sheet.on_border(grid.box)[3]]
    corner = [grid for grid in standing if sheet.on_border(grid.box)[2]]
    return next(iter(corner or standing), None)


def _is_cell(box: Box, inside: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    area = (box[2] - box[0]) * (box[3] - box[1])
    whole = (inside[2] - inside[0]) * (inside[3] - inside[1])
    return inside[0] < x < inside[2] and inside[1] < y < inside[3] and area <= LARGEST * whole


def _part(kind: PartKind, grid: Grid, sheet: Sheet) -> Part:
    held = (content(sheet.ink, cell.box, sheet.per_mm) for cell in grid.cells)
    return Part(
        kind=kind, box=grid.box, cells=grid.cells, contents=tuple(None if one is None else one.box for one in held)
    )


def _datum(grid: Grid, sheet: Sheet) -> Part | None:
    box = datum(grid, sheet)
    if box is None:
        return None
    held = content(sheet.ink, grid.box, sheet.per_mm)
    return Part(kind="symbol", label="datum", box=box, cells=grid.cells, contents=(held.box if held else None,))


def _boxed(boxes: Sequence[Box], made: Sequence[Part], sheet: Sheet) -> list[Part]:
    """Texts boxed by themselves, also where other lines cross the box or adjoin it."""
    known = {cell.box for part in made for cell in part.cells}
    found = [(box, by_itself(box, sheet)) for box in boxes if box not in known]
    return [
        Part(
            kind="symbol",
            label="boxed",
            box=walls,
            cells=(Cell(box=walls, row=0, column=0),),
            contents=(held.box if (held := content(sheet.ink, box, sheet.per_mm)) else None,),
        )
        for box, walls in found
        if walls is not None
    ]


def _walled(box: Box, per_mm: float) -> Box:
    """With the outer walls, and a little more for what is ragged."""
    wall = round(per_mm)
    return (max(box[0] - wall, 0), max(box[1] - wall, 0), box[2] + wall, box[3] + wall)


def _inset(box: Box, per_mm: float) -> Box:
    wall = round(per_mm / 2)
    return (box[0] + wall, box[1] + wall, box[2] - wall, box[3] - wall)
