"""Decides which cells of tables hold one sign or two, and what is made of a reading of them. Pure.

Finders of text pass over a lone figure, and readers of words make words of it; the reader of frames was made for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rung.apps.drawings.frames import between_walls
from rung.apps.drawings.lines import Axes, Guess, Line, centre, holds
from rung.models.notation.frame import clean_cell
from rung.runtime.tasks import Cell, SheetPart, TextBox

WIDEST: Final = 1.7
"""Width of a short text, in its own heights: two figures."""
TALLEST: Final = 0.75
"""Of a cell's height: what is higher is more than one line."""
SURE: Final = 0.5
"""Of confidence: with less a reading counts as none."""
_SAID = re.compile(r"\d{1,3}|[A-Z]")


def short_cells(parts: Sequence[SheetPart], lines: Sequence[Line]) -> list[Cell]:
    """The cells of the parts in which a figure or two stand, or a letter. lines: found on the page: a label with its
    value below it is together no wider than two figures."""
    short = [cell for part in parts for cell in part.cells if cell.content and _is_short(cell)]
    return [cell for cell in short if not _is_labelled(cell, lines)]


def _is_labelled(cell: Cell, lines: Sequence[Line]) -> bool:
    walls = between_walls(cell)
    return sum(holds(walls, centre(line.polygon)) for line in lines) > 1


def _is_short(cell: Cell) -> bool:
    content = Axes.of(cell.content)
    wide = content.seen(cell.content)[2]
    return wide <= WIDEST * content.height and content.height <= TALLEST * (cell.box[3] - cell.box[1])


def boxes_of(cells: Sequence[Cell]) -> tuple[TextBox, ...]:
    """What is to be read, one box for each."""
    return tuple(TextBox(polygon=between_walls(cell), alphabet="frame") for cell in cells)


def settled(lines: Sequence[Line], cells: Sequence[Cell], read: Sequence[Line]) -> list[Line]:
    """The page's lines with those of short cells put in place of what was found there before; a cell in which nothing
    was read for certain keeps what it had. read: one for each cell."""
    known = [(cell, guess) for cell, line in zip(cells, read, strict=True) for guess in _believed(line)]
    kept = [line for line in lines if not any(holds(between_walls(cell), centre(line.polygon)) for cell, _ in known)]
    return [*kept, *(Line(polygon=cell.content, guesses=(guess,)) for cell, guess in known)]


def _believed(line: Line) -> Iterator[Guess]:
    """Its likeliest reading, where that is a figure or a letter."""
    for guess in line.guesses[:1]:
        text = clean_cell(guess.text)
        if _SAID.fullmatch(text) and (guess.confidence or 0.0) >= SURE:
            yield Guess(text=text, confidence=guess.confidence, engine=guess.engine)
