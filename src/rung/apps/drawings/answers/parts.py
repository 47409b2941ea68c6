"""Parts of a page that are no text: views, symbols, and strokes by class."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from rung.apps.drawings.answers.places import BoxOut, PolygonOut


class View(BaseModel):
    """A view of the part, or a symbol, with where it is. score: the model's own; null where it has none."""

    id: str
    label: str
    polygon: PolygonOut
    score: float | None = None


class Component(BaseModel):
    """Strokes of one class that hang together. confidence: mean share of the class by the model."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    class_: str = Field(serialization_alias="class")
    box: BoxOut
    strokes: int
    confidence: float | None


class Curve(BaseModel):
    """One stroke: a cubic Bézier curve by its four control points."""

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(serialization_alias="class")
    controls: PolygonOut
    confidence: float | None
