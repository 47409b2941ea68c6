"""Tables of a page and their cells."""

from __future__ import annotations

from pydantic import BaseModel

from rung.apps.drawings.answers.places import BoxOut, PolygonOut
from rung.runtime.app import FileOut


class TableCell(BaseModel):
    """A cell of a table. row, column: of its top left, from 0. text: empty where nothing stands in it."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1
    box: BoxOut
    text: str
    confidence: float | None = None
    engine: str = ""


class Table(BaseModel):
    """A table of a page, its title block left out."""

    id: str
    polygon: PolygonOut
    rows: int
    columns: int
    cells: list[TableCell]
    csv: FileOut | None = None
