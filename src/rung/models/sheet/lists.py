"""Takes apart what only stands together: a list and the title block that it was drawn onto, frames side by side."""

from __future__ import annotations

from typing import Final

from rung.models.sheet.grids import Grid, grid
from rung.runtime.tasks import Cell

LEAST: Final = (3, 3)
"""Rows and columns of a list. Rows of a title block are rarely so alike."""

WIDER: Final = 3
"""Pixels by which the wall between two frames is wider than those inside them: it is two lines and paper between."""

Band = tuple[Cell, ...]


def side_by_side(row: Grid, wall: float) -> tuple[Grid, ...]:
    """A grid of one row as the frames that were drawn beside each other, nearly touching; itself where it is one."""
    if row.rows > 1 or len(row.cells) < 2:
        return (row,)
    gaps = [after.box[0] - before.box[2] for before, after in zip(row.cells, row.cells[1:], strict=False)]
    cuts = [place for place, gap in enumerate(gaps, 1) if gap >= min(gaps) + WIDER]
    pieces = [row.cells[start:end] for start, end in zip([0, *cuts], [*cuts, len(row.cells)], strict=True)]
    return tuple(grid([cell.box for cell in piece], wall) for piece in pieces)


def apart(whole: Grid, wall: float) -> tuple[Grid, ...]:
    """The grid as the grids that it is made of, from the top down: a list whose rows all have the same columns, and
    what is below or above it. wall: as `grid` has it."""
    bands = _bands(whole)
    edges = [_columns(band) for band in bands]
    count = _alike(edges)
    below = _alike(edges[::-1])
    if _is_list(edges, count) and count < len(bands):
        pieces = [bands[:count], bands[count:]]
    elif _is_list(edges[::-1], below) and below < len(bands) and below > len(bands) / 2:
        pieces = [bands[:-below], bands[-below:]]
    else:
        return (whole,)
    return tuple(grid([cell.box for band in piece for cell in band], wall) for piece in pieces)


def _bands(whole: Grid) -> list[Band]:
    """The cells between two lines that no cell crosses, from the top down."""
    cuts = [row for row in range(whole.rows) if not any(cell.row < row < cell.row + cell.rows for cell in whole.cells)]
    bands = [
        tuple(cell for cell in whole.cells if start <= cell.row < end)
        for start, end in zip(cuts, [*cuts[1:], whole.rows], strict=True)
    ]
    return [band for band in bands if band]


def _columns(band: Band) -> tuple[tuple[int, int], ...]:
    """Where the cells of a band of one row begin, and over how many columns; nothing for a band of more rows."""
    if len({cell.row for cell in band}) > 1:
        return ()
    return tuple((cell.column, cell.columns) for cell in band)


def _alike(edges: list[tuple[tuple[int, int], ...]]) -> int:
    """How many bands from the first on have its columns."""
    return next((number for number, one in enumerate(edges) if one != edges[0]), len(edges))


def _is_list(edges: list[tuple[tuple[int, int], ...]], count: int) -> bool:
    return count >= LEAST[0] and len(edges[0]) >= LEAST[1]
