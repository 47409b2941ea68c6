"""Decides whether the file's own texts are all that stands in a cell of a frame. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rung.apps.drawings.lines import Axes, Guess, Line, centre, holds
from rung.models.notation.frame import CellKind, cell_automaton, clean_cell
from rung.runtime.tasks import Cell

COVERED: Final = 0.8
"""Of the width of a cell's ink: what the texts leave uncovered is a sign that the file draws with strokes."""


def whole_in(cell: Cell, place: int, lines: Sequence[Line]) -> Line | None:
    """What the file itself says in the cell, as one line; None where it says nothing, not all, or what cannot stand
    there. place: of the cell in its frame, from 0."""
    if not cell.content:
        return None
    axes = Axes.of(cell.content)
    inside = sorted(
        (line for line in lines if line.guesses and holds(cell.polygon or cell.content, centre(line.polygon))),
        key=lambda line: axes.seen(line.polygon)[0],
    )
    text = clean_cell("".join(line.text for line in inside))
    kinds: tuple[CellKind, ...] = ("characteristic",) if place == 0 else ("characteristic", "tolerance", "datum")
    if not any(cell_automaton(kind).matches(text) for kind in kinds):
        return None
    wide = axes.seen(cell.content)[2]
    covered = sum(min(end, wide) - max(start, 0.0) for start, _, end, _ in (axes.seen(one.polygon) for one in inside))
    if covered < COVERED * wide:
        return None
    guess = Guess(text=text, confidence=min(line.confidence or 0.0 for line in inside), engine=inside[0].engine)
    return Line(polygon=cell.content, guesses=(guess,))
