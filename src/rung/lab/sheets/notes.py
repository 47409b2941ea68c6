"""What is written down while a sheet is drawn: what its texts say, and which cells are one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rung.lab.sheets.truth import DimensionValue, Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one text says. text: canonical; role: what it is part of. name: a field's, a cell's or a frame's."""

    text: str
    alphabet: Literal["dimension", "frame", "text"]
    role: Literal["dimension", "frame", "field", "cell", "label", "note"]
    name: str = ""
    value: DimensionValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCell:
    """A cell by its lines. handles: of the texts in it, in reading order."""

    box: Polygon
    handles: tuple[str, ...]
    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cells that are one thing: a feature control frame (kind `frame`), or a table of that kind."""

    kind: str
    box: Polygon
    cells: tuple[GroupCell, ...]
