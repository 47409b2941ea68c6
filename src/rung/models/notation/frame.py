"""Feature control frames of GD&T: their cells' language, what they mean, and errors that point at the cell.

A frame as text: cells joined by `|`, rows by a newline, for example `⌖|⌀0.05Ⓜ|A|BⓂ|C`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rung.models.notation.automaton import (
    Automaton,
    Node,
    chain,
    compiled,
    maybe,
    one,
    pattern,
    times,
    word,
    words,
)
from rung.models.notation.grammar import NUMBER
from rung.models.notation.symbols import CHARACTERISTICS, DIAMETER, MODIFIERS, clean

Category = Literal["form", "profile", "orientation", "location", "runout"]
CellKind = Literal["characteristic", "tolerance", "datum"]
CATEGORIES: dict[Category, str] = {
    "form": "⏤⏥○⌭",
    "profile": "⌒⌓",
    "orientation": "⏊∠⫽",
    "location": "⌖◎⌯",
    "runout": "↗⌰",
}
ROUND = "⏤⏊∠⫽⌖◎"
"""Characteristics whose zone may be a cylinder."""
MAY_STAND_ALONE = "⌒⌓⌖"
"""Characteristics that may do without a datum, beside those of form."""
MOST_DATUMS = 3
_DATUM_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # I, O and Q are not used: they look like figures.

_modifier = one("".join(MODIFIERS))
_datum = chain(one(_DATUM_LETTERS), times(_modifier, 0, 2))
DATUM = chain(_datum, maybe(chain(one("-"), _datum)))
_area = chain(one("/"), NUMBER, maybe(chain(one("×"), NUMBER)))
_after = chain(times(chain(_modifier, maybe(NUMBER)), 0, 3), maybe(words("CZ", "SZ")))
TOLERANCE = chain(NUMBER, maybe(_area), _after)
ROUND_TOLERANCE = chain(maybe(words(DIAMETER, f"S{DIAMETER}")), TOLERANCE)
_bar = word("|")


def _datums(least: int) -> Node:
    return times(chain(_bar, DATUM), least, MOST_DATUMS)


def _row(sign: str) -> Node:
    tolerance = ROUND_TOLERANCE if sign in ROUND else TOLERANCE
    if sign in CATEGORIES["form"]:
        return chain(word(sign), _bar, tolerance)
    return chain(word(sign), _bar, tolerance, _datums(0 if sign in MAY_STAND_ALONE else 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """A datum as a frame names it. letter: `A`, or `A-B` for two that are one. modifiers: names, as in MODIFIERS."""

    letter: str
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One row of a feature control frame.

    zone: `diameter` and `sphere` where the sign stands before the tolerance. tolerance, projected: in the drawing's own
    unit, mostly millimetres. per: the length or area that the tolerance is for, or empty. text: canonical. notes: what
    is odd and stands all the same.
    """

    text: str
    sign: str
    characteristic: str
    category: Category
    tolerance: float
    zone: Literal["width", "diameter", "sphere"] = "width"
    modifiers: tuple[str, ...] = ()
    projected: float | None = None
    common_zone: bool = False
    per: tuple[float, ...] = ()
    datums: tuple[Datum, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row is no frame. row, cell: from 0; cell is the place where something was expected. why: a sentence."""

    row: int
    cell: int
    text: str
    why: str


@cache
def cell_automaton(kind: CellKind | None = None) -> Automaton:
    """What may follow what in one cell; None: in a cell of any kind."""
    kinds: dict[CellKind, Node] = {
        "characteristic": one("".join(CHARACTERISTICS)),
        "tolerance": ROUND_TOLERANCE,
        "datum": DATUM,
    }
    return compiled(list(kinds.values()) if kind is None else [kinds[kind]])


@cache
def frame_automaton() -> Automaton:
    """What may follow what in one row, cells joined by `|`."""
    return compiled([_row(sign) for sign in CHARACTERISTICS])


_LOOK_ALIKE = {"//": "⫽", "||": "⫽", "_|_": "⏊"}


def clean_cell(text: str) -> str:
    """A cell's text with one sign for each meaning. Signs that only look alike (+ and position) stay as they are."""
    cleaned = re.sub(r"\s", "", clean(text))
    cleaned = re.sub(r"\(([EFLMPSTU])\)", lambda found: chr(ord("Ⓐ") + ord(found[1]) - ord("A")), cleaned)
    return _LOOK_ALIKE.get(cleaned, cleaned)


def canonical_frame(text: str) -> str:
    """A frame's text (cells joined by `|`, rows by a newline) as readers and the truth meet in it."""
    rows = (row.replace("||", "⫽") if row.startswith("||") else row for row in text.strip().splitlines())
    return "\n".join("|".join(clean_cell(cell) for cell in row.strip("| ").split("|")) for row in rows if row.strip())


def parse_frame(text: str) -> tuple[Frame | Fault, ...]:
    """What each row of a frame's text says, or why it says nothing."""
    rows = [row.split("|") for row in canonical_frame(text).split("\n")]
    return parse_rows(rows)


def parse_rows(rows: Sequence[Sequence[str]]) -> tuple[Frame | Fault, ...]:
    """What each row of cells says. A row that begins with a tolerance takes the characteristic above it."""
    made: list[Frame | Fault] = []
    above = ""
    for number, row in enumerate(rows):
        cells = [clean_cell(cell) for cell in row]
        shared = bool(above) and cell_automaton("tolerance").matches("".join(cells[:1]))
        if shared:
            cells = [above, *cells]
        elif above and cells and not cells[0]:
            cells[0] = above
        found = _row_of(cells, number, 1 if shared else 0)
        above = cells[0] if cells and cells[0] in CHARACTERISTICS else above
        made.append(found)
    return tuple(made)


def _row_of(cells: list[str], row: int, shared: int) -> Frame | Fault:
    while cells and not cells[-1]:  # An empty cell at the end is a line of the sheet.
        cells.pop()
    for at, why in _faults(cells):
        return Fault(row=row, cell=max(at - shared, 0), text=cells[at] if at < len(cells) else "", why=why)
    return _frame(cells)


def _faults(cells: list[str]) -> list[tuple[int, str]]:
    """What is wrong, the first first."""
    if not cells or cells[0] not in CHARACTERISTICS:
        said = repr(cells[0]) if cells and cells[0] else "nothing"
        return [(0, f"a characteristic is expected, and {said} is none of the fourteen")]
    sign, name = cells[0], CHARACTERISTICS[cells[0]]
    if len(cells) == 1:
        return [(1, f"{name} needs a tolerance, and there is no second cell")]
    found = []
    if not cell_automaton("tolerance").matches(cells[1]):
        found.append((1, f"a tolerance is expected, and {cells[1]!r} is none{_stop(cells[1])}"))
    elif cells[1][0] in f"{DIAMETER}S" and sign not in ROUND:
        found.append((1, f"{name} has no round zone, and {cells[1]!r} begins with one"))
    found += [
        (at, f"a datum is expected, and {cell!r} is none")
        for at, cell in enumerate(cells[2:], 2)
        if not cell_automaton("datum").matches(cell)
    ]
    return found + _datum_faults(sign, name, len(cells) - 2)


def _datum_faults(sign: str, name: str, count: int) -> list[tuple[int, str]]:
    if count and sign in CATEGORIES["form"]:
        return [(2, f"{name} is of form and has no datum")]
    if not count and sign not in CATEGORIES["form"] + MAY_STAND_ALONE:
        return [(2, f"{name} needs a datum, and there is none")]
    if count > MOST_DATUMS:
        return [(2 + MOST_DATUMS, f"a frame has at most {MOST_DATUMS} datums, and there are {count}")]
    return []


def _stop(text: str) -> str:
    place = cell_automaton("tolerance").prefix(text)
    return ": it ends too early" if place == len(text) else f": {text[place]!r} cannot stand there"


_TOLERANCE = re.compile(
    rf"(?P<zone>S?{DIAMETER})?(?P<figure>{pattern(NUMBER)})(?:/(?P<per>[\d.×]+))?"
    rf"(?P<modifiers>(?:[{''.join(MODIFIERS)}][\d.]*)*)(?P<common>CZ)?(?:SZ)?"
)


def _frame(cells: list[str]) -> Frame:
    found = _TOLERANCE.fullmatch(cells[1])
    assert found, "the automaton admits only tolerances"
    sign, signed = cells[0], re.findall(r"([^\d.])([\d.]*)", found["modifiers"])
    datums = tuple(_datum_of(cell) for cell in cells[2:])
    letters = [datum.letter for datum in datums]
    zones: dict[str | None, Literal["width", "diameter", "sphere"]] = {None: "width", DIAMETER: "diameter"}
    return Frame(
        text="|".join(cells),
        sign=sign,
        characteristic=CHARACTERISTICS[sign],
        category=next(category for category, signs in CATEGORIES.items() if sign in signs),
        tolerance=float(found["figure"]),
        zone=zones.get(found["zone"], "sphere"),
        modifiers=tuple(MODIFIERS[mark] for mark, _ in signed),
        projected=next((float(figure) for mark, figure in signed if mark == "Ⓟ" and figure), None),
        common_zone=bool(found["common"]),
        per=tuple(float(side) for side in (found["per"] or "").split("×") if side),
        datums=datums,
        notes=("a datum is named twice",) if len(set(letters)) < len(letters) else (),
    )


def _datum_of(cell: str) -> Datum:
    marks = "".join(MODIFIERS)
    letter = "".join(sign for sign in cell if sign not in marks)
    return Datum(letter=letter, modifiers=tuple(MODIFIERS[sign] for sign in cell if sign in marks))
