"""Bills of materials: rows of a table to parts with their place in the hierarchy; which of them are to be priced."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Literal

from rung.apps.drawings.quoting.quantities import quantity_of

Kind = Literal["assembly", "sub-assembly", "part"]
Colour = Literal["pink", "blue", "white", ""]
KINDS: Mapping[str, Kind] = {"pink": "assembly", "blue": "sub-assembly", "white": "part"}
"""What the colour of a row says."""
LEVELS: Mapping[str, int] = {"assembly": 0, "sub-assembly": 1, "part": 2}
LEAST_HEADINGS = 2
"""So many cells of a row have to be headings for it to be the heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a bill. no: as it is written. parent: place of the row that it belongs to, None: of none.

    quantity: as it is written; total: what is needed of it altogether; None where it could not be read. price: only
    parts are priced. quantity_text: a quantity that is written and cannot be understood. notes: what could not be read
    or was taken for granted.
    """

    place: int
    no: str
    kind: Kind
    level: int
    parent: int | None
    name: str
    quantity: int | None
    total: int | None
    quantity_text: str = ""
    drawing_number: str = ""
    material: str = ""
    size: str = ""
    supplier: str = ""
    lead_time: str = ""
    remark: str = ""
    unit_price: float | None = None
    mass_kg: float | None = None
    colour: Colour = ""
    page: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table's rows as texts, with the colour of each. page: where it stands; None: it was given."""

    rows: tuple[tuple[str, ...], ...]
    colours: tuple[Colour, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A row as it is written: the text under each heading."""

    texts: Mapping[str, str]
    colour: Colour
    page: int | None = field(default=None)


def rows_of(grids: Sequence[Grid], per_parent: bool = False) -> tuple[Row, ...]:
    """The bill that these tables make together; a table without a heading of a bill is none, and is passed over.

    Hierarchy: by colours where rows have them, else by numbers (1, 1.1, 1.1.2) or a column of levels, else all are
    parts.
    per_parent: quantities are for one of what a row belongs to.
    """
    written = [row for grid in grids for row in _written(grid)]
    kinds = _kinds(written)
    rows: list[Row] = []
    coloured = any(one.colour in ("pink", "blue") for one in written)
    for place, (one, (kind, level)) in enumerate(zip(written, kinds, strict=True)):
        parent = next((row.place for row in reversed(rows) if row.level < level and row.kind != "part"), None)
        row = _row(place, one, kind, level, parent)
        unsure = ("its colour cannot be told; it is taken for a part",) if coloured and not one.colour else ()
        rows.append(replace(row, notes=row.notes + unsure))
    return tuple(replace(row, total=_total(row, rows, per_parent)) for row in rows)


# --- from tables to rows -----------------------------------------------------------------------------------------


@cache
def _headings() -> tuple[tuple[str, str], ...]:
    table = tomllib.loads(files("rung.apps.drawings.quoting").joinpath("bom.toml").read_text("utf-8"))["headings"]
    return tuple((_bare(word), name) for name, words in table.items() for word in words)


def _bare(text: str) -> str:
    return re.sub(r"[\s.:()\[\]'’`_/-]", "", text).casefold()


def columns_of(row: Sequence[str]) -> dict[int, str]:
    """What each column of a heading holds; empty where the row is no heading."""
    known = dict(_headings())
    found: dict[int, str] = {}
    for column, text in enumerate(row):
        bare = _bare(text.split("\n")[0]) or _bare(text)
        name = known.get(_bare(text)) or known.get(bare)
        if name and name not in found.values():
            found[column] = name
    return found if len(found) >= LEAST_HEADINGS and "name" in found.values() else {}


def _written(grid: Grid) -> list[_Written]:
    """The rows below the heading; above it, upwards, where it stands at the foot, as on drawings."""
    heads = {at: found for at, row in enumerate(grid.rows) if (found := columns_of(row))}
    if not heads:
        return []
    at = min(heads)
    below = [one for one in range(at + 1, len(grid.rows)) if one not in heads]
    order = below if below else list(range(at - 1, -1, -1))
    made = []
    for one in order:
        texts = {
            name: grid.rows[one][column].strip() for column, name in heads[at].items() if column < len(grid.rows[one])
        }
        if any(texts.values()):
            made.append(
                _Written(texts=texts, colour=grid.colours[one] if one < len(grid.colours) else "", page=grid.page)
            )
    return made


# --- hierarchy ---------------------------------------------------------------------------------------------------


def _kinds(written: Sequence[_Written]) -> list[tuple[Kind, int]]:
    if any(row.colour in ("pink", "blue") for row in written):
        kinds = [KINDS.get(row.colour, "part") for row in written]
        return [(kind, LEVELS[kind]) for kind in kinds]
    depths = [_depth(row.texts) for row in written]
    if len(set(depths)) < 2:
        return [("part", 0) for _ in written]
    made: list[tuple[Kind, int]] = []
    for at, depth in enumerate(depths):
        following = depths[at + 1] if at + 1 < len(depths) else depth
        kind: Kind = "part" if following <= depth else "assembly" if depth == min(depths) else "sub-assembly"
        made.append((kind, depth))
    return made


def _depth(texts: Mapping[str, str]) -> int:
    level = re.search(r"\d+", texts.get("level", ""))
    if level:
        return int(level.group())
    number = texts.get("no", "")
    return len(re.findall(r"\d+", number)) - 1 if re.fullmatch(r"\d+(?:[.-]\d+)*\.?", number) else 0


def _total(row: Row, rows: Sequence[Row], per_parent: bool) -> int | None:
    total, parent = row.quantity, row.parent
    while per_parent and total is not None and parent is not None:
        above = rows[parent]
        total = None if above.quantity is None else total * above.quantity
        parent = above.parent
    return total


# --- one row -------------------------------------------------------------------------------------------------------


def _row(place: int, one: _Written, kind: Kind, level: int, parent: int | None) -> Row:
    texts = one.texts
    quantity, notes = _quantity(texts.get("quantity", ""))
    return Row(
        place=place,
        no=texts.get("no", ""),
        kind=kind,
        level=level,
        parent=parent,
        name=" ".join(texts.get("name", "").split()),
        quantity=quantity,
        total=quantity,
        quantity_text=texts.get("quantity", "") if quantity is None else "",
        drawing_number=texts.get("drawing_number", ""),
        material=texts.get("material", ""),
        size=" ".join(texts.get("size", "").split()),
        supplier=texts.get("supplier", ""),
        lead_time=texts.get("lead_time", ""),
        remark=texts.get("remark", ""),
        unit_price=_figure(texts.get("unit_price", "")),
        mass_kg=_figure(texts.get("mass", "")),
        colour=one.colour,
        page=one.page,
        notes=notes if texts.get("name") else (*notes, "no name could be read in this row"),
    )


def _quantity(text: str) -> tuple[int | None, tuple[str, ...]]:
    if not text.strip():
        return None, ("no quantity could be read",)
    found = quantity_of(text)
    return found, () if found else (f"the quantity {text!r} cannot be understood",)


def _figure(text: str) -> float | None:
    found = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    return float(found.group().replace(",", "")) if found else None
