"""Joins rectangles that share walls into grids, and numbers their cells by row and column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rung.runtime.tasks import Box, Cell

WALL_MM: Final = 1.3
"""Between the paper of two neighbours: a thick line, or a double one."""
SHARED: Final = 0.6
"""Of the shorter of two neighbours' sides: so much of it has to be wall to both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Cells that hang together by their walls. box: round all of them, inside the outermost walls."""

    box: Box
    cells: tuple[Cell, ...]

    @property
    def rows(self) -> int:
        """How many there are."""
        return max(cell.row + cell.rows for cell in self.cells)

    @property
    def columns(self) -> int:
        """How many there are."""
        return max(cell.column + cell.columns for cell in self.cells)

    def row(self, number: int) -> tuple[Cell, ...]:
        """The cells that begin in that row, from the left."""
        return tuple(cell for cell in self.cells if cell.row == number)


def grids(boxes: Sequence[Box], per_mm: float) -> tuple[Grid, ...]:
    """The largest first; a rectangle without neighbours is a grid of one cell."""
    wall = WALL_MM * per_mm
    groups: dict[int, list[Box]] = {}
    for number, box in zip(_joined(np.array(boxes, np.float64).reshape(-1, 4), wall), boxes, strict=True):
        groups.setdefault(int(number), []).append(box)
    made = (grid(group, wall) for group in groups.values())
    return tuple(sorted(made, key=lambda one: -_area(one.box)))


def grid(boxes: Sequence[Box], wall: float) -> Grid:
    """The boxes as cells of one grid. wall: pixels within which two edges are the same one."""
    columns = _starts([box[0] for box in boxes], wall)
    rows = _starts([box[1] for box in boxes], wall)
    cells = []
    for box in boxes:
        column, row = _place(columns, box[0]), _place(rows, box[1])
        cells.append(
            Cell(
                box=box,
                row=row,
                column=column,
                rows=max(_place(rows, box[3] - wall) - row + 1, 1),
                columns=max(_place(columns, box[2] - wall) - column + 1, 1),
            )
        )
    edges = np.array(boxes)
    low, high = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    return Grid(
        box=(int(low[0]), int(low[1]), int(high[0]), int(high[1])),
        cells=tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))),
    )


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _starts(edges: Sequence[int], wall: float) -> list[float]:
    """The edges without repetition, ascending: those within a wall of the one before are the same."""
    kept: list[float] = []
    for edge in sorted(edges):
        if not kept or edge - kept[-1] > wall:
            kept.append(edge)
    return kept


def _place(starts: Sequence[float], edge: float) -> int:
    """The last start at or before the edge, as nearly as a pixel's rounding says."""
    return max(int(np.searchsorted(np.array(starts), edge + 1e-6, side="right")) - 1, 0)


def _joined(boxes: NDArray[np.float64], wall: float) -> NDArray[np.int64]:
    """For each box the number of its group: neighbours across a wall are of one."""
    names = np.arange(len(boxes))
    if not len(boxes):
        return names
    pairs = np.argwhere(_beside(boxes, wall, 0) | _beside(boxes, wall, 1))
    changed = True
    while changed:  # each pass carries the least name one neighbour further at least
        before = names.copy()
        for one, other in pairs:
            names[one] = names[other] = min(names[one], names[other])
        changed = not np.array_equal(before, names)
    return names


def _beside(boxes: NDArray[np.float64], wall: float, axis: int) -> NDArray[np.bool_]:
    """[N, N]: whether the second begins, along that axis, where the first ends, with enough of a wall in common."""
    other = 1 - axis
    gap = boxes[None, :, axis] - boxes[:, None, axis + 2]
    low = np.maximum(boxes[:, None, other], boxes[None, :, other])
    high = np.minimum(boxes[:, None, other + 2], boxes[None, :, other + 2])
    sides = boxes[:, other + 2] - boxes[:, other]
    shorter = np.minimum(sides[:, None], sides[None, :])
    return np.asarray((gap >= -2) & (gap <= wall) & (high - low >= SHARED * shorter), np.bool_)
