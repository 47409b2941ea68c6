"""Decides what feature control frames say, from what was read in each of their cells. Pure.

A frame is believed as a whole: of the readings of its cells the likeliest ones are taken that make a frame together.
Where none do, the frame is told with the cell at which it fails.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Axes, Guess, Line, Polygon, round_all
from rung.models import notation
from rung.models.notation.frame import CellKind, cell_automaton, clean_cell
from rung.models.notation.symbols import CHARACTERISTICS
from rung.runtime.tasks import Cell, SheetPart, TextBox

KINDS: Final[tuple[CellKind, ...]] = ("characteristic", "tolerance", "datum")
"""Of a row's cells; all the later ones are datums."""
MOST_GUESSES: Final = 4
"""Readings of one cell that are tried with those of the others: five cells make a thousand frames at most."""
BESIDE: Final = 0.12
"""Of a cell's height: paper that is read at either side of what stands in it."""
UNSURE: Final = 0.5
"""Taken for a reading whose engine has no confidence, where readings are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A cell of one row. guesses: likeliest first, none where nothing was read; reason: why."""

    polygon: Polygon
    guesses: tuple[Guess, ...]
    reason: str = ""


Row = tuple[_Cell, ...]


def boxes_of(part: SheetPart) -> tuple[TextBox, ...]:
    """What is to be read of a frame: a box for each cell in which something stands, in the cells' order."""
    return tuple(TextBox(polygon=between_walls(cell), alphabet="frame") for cell in part.cells if cell.content)


def between_walls(cell: Cell) -> Polygon:
    """As high as the cell and only as wide as what stands in it: what a scan leaves of a wall at the side of a figure
    reads as a figure."""
    axes = Axes.of(_polygon(cell))
    start, _, end, _ = axes.seen(cell.content)
    margin = BESIDE * axes.height
    wide = axes.seen(_polygon(cell))[2]
    return axes.placed(max(start - margin, 0.0), 0.0, min(end + margin, wide), axes.height)


def is_frame(part: SheetPart, lines: Sequence[Line]) -> bool:
    """Whether it may be one by what was read: False for rows that are ruled like one, of which none begins with a
    characteristic: a small table. A single row is always one, with a fault where it has to be.

    lines: one for each of `boxes_of`.
    """
    rows = [row for _, _, row in _rows(part, lines)]
    return len(rows) == 1 or any(_fitting(row[0], "characteristic") for row in rows)


def frames_of(
    parts: Sequence[SheetPart], lines: Sequence[Sequence[Line]], page: int
) -> tuple[list[schema.Frame], list[schema.Unread]]:
    """Each row of each frame, and the cells that could not be understood. lines: of each part, one for each box."""
    frames: list[schema.Frame] = []
    unread: list[schema.Unread] = []
    for number, (part, read) in enumerate(zip(parts, lines, strict=True), 1):
        for place, piece, row in _rows(part, read):
            group = f"{page}.g{number}" + (f"-{piece + 1}" if piece else "")
            made, why = _told(row, place, id=f"{page}.f{len(frames) + 1}", group=group)
            frames.append(made)
            unread += why
    return frames, unread


def frames_said(lines: Sequence[Line], page: int, before: int) -> tuple[list[schema.Frame], list[schema.Unread]]:
    """Frames that the file itself keeps as such, of the lines of their cells (`Line.framed`): wherever and however
    turned they stand, nothing else is made of these. before: how many frames the page has already."""
    frames: list[schema.Frame] = []
    unread: list[schema.Unread] = []
    for place, row in _rows_said(lines):
        new = not frames or place == 0
        group = f"{page}.k{len(frames) + 1}" if new else frames[-1].group
        made, why = _told(row, place, id=f"{page}.f{before + len(frames) + 1}", group=group)
        frames.append(made)
        unread += why
    return frames, unread


def _rows_said(lines: Sequence[Line]) -> Iterator[tuple[int, Row]]:
    """Rows with their numbers. A block that stands twice has its cells twice: each begins where a place is had again.
    What is cut off by a viewport is a cell that nothing stands in."""
    rows: list[dict[int, Line]] = []
    last: tuple[int, int, int, int] | None = None
    for line in lines:
        if line.framed is None:
            continue
        if last is None or last[:2] != line.framed[:2] or line.framed[2] in rows[-1]:
            rows.append({})
        last = line.framed
        rows[-1][last[2]] = line
    for cells in rows:
        first = next(iter(cells.values()))
        _, number, _, wide = first.framed or (0, 0, 0, 0)
        lacking = _Cell(polygon=first.polygon, guesses=(), reason="nothing stands in it")
        yield (
            number,
            tuple(
                _Cell(polygon=cells[at].polygon, guesses=cells[at].guesses) if at in cells else lacking
                for at in range(wide)
            ),
        )


def _told(row: Row, place: int, id: str, group: str) -> tuple[schema.Frame, list[schema.Unread]]:
    """A row's frame, and the cell that could not be understood. place: of the row in its frame, from 0."""
    chosen, found = _understood(row)
    made = _frame(row, chosen, found, id=id, group=group)
    if not isinstance(found, notation.Fault):
        return made, []
    made.errors.append(schema.CellError(row=place, cell=found.cell, message=found.why, text=found.text))
    return made, [_unread(row, found)]


def _polygon(cell: Cell) -> Polygon:
    x0, y0, x1, y1 = cell.box
    return cell.polygon or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


# --- rows --------------------------------------------------------------------------------------------------


def _rows(part: SheetPart, lines: Sequence[Line]) -> Iterator[tuple[int, int, Row]]:
    """Its rows from the top down, each with its number and its place among the frames that share a row's height, drawn
    wall on wall. A cell over several rows is in each of them."""
    left = iter(lines)
    read = {cell: next(left) if cell.content else None for cell in part.cells}
    for number in range(max(cell.row + cell.rows for cell in part.cells)):
        across = [cell for cell in part.cells if cell.row <= number < cell.row + cell.rows]
        across.sort(key=lambda cell: cell.column)
        while across and not across[-1].content:  # An empty cell at the end is a line of the sheet.
            across.pop()
        row = tuple(_cell(cell, read) for cell in across)
        yield from ((number, piece, cells) for piece, cells in enumerate(_apart(row)))


def _cell(cell: Cell, read: Mapping[Cell, Line | None]) -> _Cell:
    line = read[cell]
    if line is None:
        return _Cell(polygon=_polygon(cell), guesses=(), reason="nothing stands in it")
    return _Cell(polygon=_polygon(cell), guesses=line.guesses[:MOST_GUESSES], reason=line.reason)


def _apart(row: Row) -> Iterator[Row]:
    """The row cut before each cell, the second aside, that reads as a characteristic."""
    starts = [0, *(at for at in range(2, len(row)) if _reads_as_sign(row[at])), len(row)]
    for start, end in itertools.pairwise(starts):
        if row[start:end]:
            yield row[start:end]


def _reads_as_sign(cell: _Cell) -> bool:
    return bool(cell.guesses) and clean_cell(cell.guesses[0].text) in CHARACTERISTICS


def _fitting(cell: _Cell, kind: CellKind) -> tuple[Guess, ...]:
    """Its readings that are of that kind."""
    return tuple(guess for guess in cell.guesses if cell_automaton(kind).matches(clean_cell(guess.text)))


# --- what a row says ---------------------------------------------------------------------------------------


def _understood(row: Row) -> tuple[tuple[Guess, ...], notation.Frame | notation.Fault]:
    """The likeliest readings that are a frame together and what they say; else the likeliest ones and their fault."""
    fitting = [_fitting(cell, KINDS[min(place, len(KINDS) - 1)]) for place, cell in enumerate(row)]
    for chosen in sorted(itertools.product(*fitting), key=_likelihood, reverse=True):
        (found,) = notation.parse_rows([[guess.text for guess in chosen]])
        if isinstance(found, notation.Frame):
            return chosen, found
    nothing = Guess(text="", confidence=None, engine="")
    first = tuple((fit or cell.guesses or (nothing,))[0] for fit, cell in zip(fitting, row, strict=True))
    for place, cell in enumerate(row):
        if not cell.guesses:
            why = f"nothing could be read ({cell.reason or 'no reason is known'})"
            return first, notation.Fault(row=0, cell=place, text="", why=why)
    (found,) = notation.parse_rows([[guess.text for guess in first]])
    return first, found


def _likelihood(chosen: Sequence[Guess]) -> float:
    return math.prod(UNSURE if guess.confidence is None else guess.confidence for guess in chosen)


def _frame(
    row: Row, chosen: Sequence[Guess], found: notation.Frame | notation.Fault, id: str, group: str
) -> schema.Frame:
    sure = [guess.confidence for guess in chosen if guess.confidence is not None]
    cells = [clean_cell(guess.text) for guess in chosen]
    read = schema.Frame(
        id=id,
        group=group,
        polygon=schema.rounded(round_all([cell.polygon for cell in row])),
        text="|".join(cells),
        characteristic=CHARACTERISTICS.get(cells[0]),
        tolerance=None,
        confidence=math.prod(sure) if len(sure) == len(chosen) else None,
        engine=" + ".join(dict.fromkeys(guess.engine for guess in chosen if guess.engine)),
    )
    return read.model_copy(update=_meaning(found)) if isinstance(found, notation.Frame) else read


def _meaning(found: notation.Frame) -> dict[str, Any]:
    """What the answer says of a frame that was understood."""
    return {
        "text": found.text,
        "zone": found.zone,
        "tolerance": found.tolerance,
        "projected": found.projected,
        "per": list(found.per),
        "common_zone": found.common_zone,
        "modifiers": list(found.modifiers),
        "datums": [schema.Datum(letter=datum.letter, modifiers=list(datum.modifiers)) for datum in found.datums],
        "notes": list(found.notes),
    }


def _unread(row: Row, fault: notation.Fault) -> schema.Unread:
    cell = row[min(fault.cell, len(row) - 1)]
    return schema.Unread(
        polygon=schema.rounded(cell.polygon),
        reason=f"cell {fault.cell + 1} of a feature control frame: {fault.why}",
        text=fault.text,
    )
