"""Feature control frames: a row of one, its datums, and what is wrong with a cell."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from rung.apps.drawings.answers.places import PolygonOut


class Datum(BaseModel):
    """A datum of a frame, in its order. letter: A, or A-B for two that are one."""

    letter: str
    modifiers: list[str] = []


class CellError(BaseModel):
    """What is wrong with one cell of a frame. row, cell: from 0, from the top left."""

    row: int
    cell: int
    text: str
    message: str


class Frame(BaseModel):
    """One row of a feature control frame.

    characteristic: flatness, position, ...; null where the row could not be understood, and `errors` says at which
    cell. tolerance, projected: in the drawing's unit, mostly mm. per: the length or area that the tolerance is for.
    text: its cells, joined by |. group: the same for the rows of one frame.
    """

    id: str
    group: str
    characteristic: str | None
    zone: Literal["width", "diameter", "sphere"] = "width"
    tolerance: float | None
    projected: float | None = None
    per: list[float] = []
    common_zone: bool = False
    modifiers: list[str] = []
    datums: list[Datum] = []
    polygon: PolygonOut
    text: str
    confidence: float | None = None
    engine: str = ""
    errors: list[CellError] = []
    notes: list[str] = []
