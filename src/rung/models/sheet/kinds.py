"""Says which grids of cells are feature control frames, tables and the title block, and what is none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rung.models.sheet.contents import content
from rung.models.sheet.grids import WALL_MM, Grid
from rung.models.sheet.rules import Rules
from rung.runtime.tasks import Box, Mask

TALLEST_MM: Final = 16.0
"""A row of a feature control frame: letters of 7 mm in a box of twice their height."""
MOST_ROWS: Final = 4
MOST_CELLS: Final = 6
"""In a row of a frame: characteristic, tolerance, three datums, and one to spare."""
FIRST: Final = (0.6, 2.4)
"""Width of a frame's first cell, in heights of its row: it holds one sign."""
LATER: Final = 4.0
"""Most width of a datum's cell, in heights of its row."""
SECOND: Final = 14.0
"""Most width of the tolerance's cell, in heights of its row."""
LETTERS: Final = 0.28
"""Least height of what stands in a frame's cell, in heights of its row, the first aside: straightness is a line."""
FIGURES: Final = 0.9
"""Width of a tolerance, in its own heights: figures side by side, and no lone arrow as panes of a window have it."""
PAST_MM: Final = 0.8
"""How far past a wall's end is looked, for a line that runs on."""
FILLED_CELLS: Final = 0.3
"""Of a table's cells: so many have to hold something."""
NEAR_MM: Final = 3.0
"""Between a cell's paper and the border's inside: a thick line, or a double one."""
TOUCHED: Final = 0.5
"""Of a table's filled cells: at most so many hold something that runs into their walls, as arrows and centre lines
do."""
FEW: Final = 6
"""Cells. Of fewer none may be so touched: two dimension lines that cross make four."""
OUTLINED: Final = 0.75
"""Of each side of a table's box: so much of it is walls of cells. Of tables it is 0.94 and more; of a shaft with chains
of dimensions below it, whose extension lines make cells of the steps, 0.22."""
TILED: Final = 0.8
"""Of a table's box: so much of it is cells. Steps of a shaft leave corners out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What kinds are told by. ink, rules: of the level sheet. inside: the border's. per_mm: pixels."""

    ink: Mask
    rules: Rules
    inside: Box
    per_mm: float

    def on_border(self, box: Box) -> tuple[bool, bool, bool, bool]:
        """Whether the box's left, upper, right, lower side lies on the border's line."""
        near = NEAR_MM * self.per_mm
        left, upper, right, lower = (abs(one - other) <= near for one, other in zip(box, self.inside, strict=True))
        return left, upper, right, lower


def is_frame(grid: Grid, sheet: Sheet) -> bool:
    """Whether the grid is one feature control frame, of one row or of several.

    1. Every row has two to six cells (a row under a composite's common first cell one less), low enough for one line.
    2. The first is about square, the later ones are short, and each holds something that mostly touches no wall (the
       ring round a modifier may).
    3. No wall between cells runs on above or below: extension lines of a chain of dimensions do.
    4. It does not stand on the border, as tables do.
    """
    heights = [cell.box[3] - cell.box[1] for cell in grid.cells if cell.rows == 1]
    if not heights or grid.rows > MOST_ROWS or max(heights) > TALLEST_MM * sheet.per_mm:
        return False
    return (
        all(_frame_row(grid, number, sheet) for number in range(grid.rows))
        and max(heights) < 1.5 * min(heights)
        and not any(sheet.on_border(grid.box))
        and not runs_on(grid, sheet)
    )


def _frame_row(grid: Grid, number: int, sheet: Sheet) -> bool:
    over = [cell for cell in grid.cells if cell.row <= number < cell.row + cell.rows]
    over.sort(key=lambda cell: cell.column)
    if not 2 <= len(over) <= MOST_CELLS or any(cell.rows > 1 for cell in over[1:]):
        return False
    height = over[1].box[3] - over[1].box[1]
    widths = [(cell.box[2] - cell.box[0]) / height for cell in over]
    if not FIRST[0] <= widths[0] <= FIRST[1] or widths[1] > SECOND or any(width > LATER for width in widths[2:]):
        return False
    held = [one for cell in over if (one := content(sheet.ink, cell.box, sheet.per_mm)) is not None]
    if len(held) < len(over) or held[1].width < FIGURES * held[1].height:
        return False
    clear = [one for one in held if one.touches <= 1]
    return held[0] in clear and len(clear) * 2 >= len(held) and all(one.height >= LETTERS * height for one in clear[1:])


def runs_on(grid: Grid, sheet: Sheet) -> bool:
    """Whether a line between two cells goes on past the grid's upper or lower edge, the border aside."""
    reach = max(round(PAST_MM * sheet.per_mm), 3)
    x0, y0, _, y1 = grid.box
    inner = {cell.box[0] for cell in grid.cells if cell.box[0] > x0 + reach}
    _, above, _, below = sheet.on_border(grid.box)
    past = [*([] if above else [slice(max(y0 - 2 * reach, 0), y0)]), *([] if below else [slice(y1, y1 + 2 * reach)])]
    strips = [(rows, slice(max(x - reach, 0), x)) for x in inner for rows in past]
    # All the way, in the ink as it is: a letter near the wall's end has paper before it.
    return any((sheet.ink[strip] & sheet.rules.standing[strip]).any(axis=1).all() for strip in strips)


def is_table(grid: Grid, sheet: Sheet) -> bool:
    """Whether the grid is a table: rows and columns that fill its box up to all four sides, some cells filled."""
    if len(grid.cells) < 4 or grid.rows < 2 or grid.columns < 2:
        return False
    x0, y0, x1, y1 = grid.box
    held = [content(sheet.ink, cell.box, sheet.per_mm) for cell in grid.cells]
    filled = [one for one in held if one is not None]
    tiled = sum((cell.box[2] - cell.box[0]) * (cell.box[3] - cell.box[1]) for cell in grid.cells)
    return (
        tiled >= TILED * (x1 - x0) * (y1 - y0)
        and _outlined(grid, WALL_MM * sheet.per_mm)
        and len(filled) >= FILLED_CELLS * len(grid.cells)
        and sum(one.touches > 0 for one in filled) <= (TOUCHED * len(filled) if len(grid.cells) >= FEW else 0)
    )


def _outlined(grid: Grid, wall: float) -> bool:
    """Whether cells stand along each whole side of the grid's box. wall: pixels by which edges of one line differ."""
    return all(
        sum(cell.box[high] - cell.box[low] for cell in grid.cells if abs(cell.box[side] - grid.box[side]) <= wall)
        >= OUTLINED * (grid.box[high] - grid.box[low])
        for side, (low, high) in enumerate(((1, 3), (0, 2), (1, 3), (0, 2)))
    )
