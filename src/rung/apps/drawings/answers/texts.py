"""A line of text as it was read, a dimension that is understood, and what could not be read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from rung.apps.drawings.answers.places import PolygonOut

Status = Literal["pending", "verified", "modified", "rejected"]


class Alternative(BaseModel):
    """Another way to read or to understand the same text. reason: why it may be meant, where it was not read so."""

    text: str
    confidence: float | None
    engine: str
    reason: str = ""


class Text(BaseModel):
    """One line of text. engine: the variant that read it, or dxf, pdf-text where the file itself says it.

    confidence: 0 to 1, how often readings of which the engine was so sure were right on drawings of known truth. Null
    where nobody measured that of the engine; 1 for what the file says.
    """

    text: str
    polygon: PolygonOut
    confidence: float | None
    engine: str
    alternatives: list[Alternative] = []


class Dimension(Text):
    """A dimension, understood. upper, lower: deviations from the nominal in its unit, signed; null where none is known.

    type: length, diameter, radius, angle, thread, chamfer, roughness, size (of two or three sides), square, thickness,
    arc, depth, counterbore, countersink or taper. unit: of nominal, deg and um (roughness) among them; empty for a
    taper. limits: where upper and lower come from: written, or the fit by ISO 286. further: other figures of the text
    by name (pitch, angle, second, third, depth, total). form: a reference dimension stands in round brackets, a basic
    one in a box. notes: what was understood without being written. status: what a person said of it; text and
    figures are the person's once it is `modified`.
    """

    id: str
    type: str
    nominal: float | None
    upper: float | None = None
    lower: float | None = None
    unit: Literal["mm", "in", "deg", "um", ""] = "mm"
    limits: Literal["", "written", "fit"] = ""
    fit: str | None = None
    count: int = 1
    form: Literal["plain", "reference", "basic"] = "plain"
    through: bool = False
    further: dict[str, float] = {}
    view: str | None = Field(default=None, description="the view that it stands in, where views were looked for")
    status: Status = "pending"
    notes: list[str] = []


class TitleField(Text):
    """A field of the title block. value: normalised (a date as 2026-11-30, a scale as 1:2); null where it is the
    text itself."""

    value: str | None = None


class Unread(BaseModel):
    """A place where something stands that could not be read, and why. text: the best guess, where there is one."""

    polygon: PolygonOut
    reason: str
    text: str = ""
