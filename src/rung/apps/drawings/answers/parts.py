"""Parts of a page that are no text: views, symbols, and strokes by class."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from rung.apps.drawings.answers.places import BoxOut, PolygonOut


class View(BaseModel):
    """A view of the part, or a symbol, with where it is. score: the model's own; null where it has none."""

    id: str
    label: str
    polygon: PolygonOut
    score: float | None = None


class Symbol(View):
    """A symbol: label `surface` (a finish mark), `balloon`, `weld`, `datum`, `boxed`, or a class of your detector.

    variant: of `surface` basic, removal or prohibited; of `weld` fillet, v-butt, square-butt or plug; of `balloon`
    circle. score: how often such a one is right, as measured on sheets of which everything is known; null where nothing
    was measured. polygon: round its strokes. text: what is lettered in or at it; null where nothing was read.
    dimension: the roughness that a finish mark demands, by its id.
    """

    variant: str | None = None
    text: str | None = None
    dimension: str | None = None


class Component(BaseModel):
    """Strokes of one class that hang together. confidence: mean share of the class by the model."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    class_: str = Field(serialization_alias="class", validation_alias=AliasChoices("class", "class_"))
    box: BoxOut
    strokes: int
    confidence: float | None


class Curve(BaseModel):
    """One stroke: a cubic Bézier curve by its four control points."""

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(serialization_alias="class")
    controls: PolygonOut
    confidence: float | None
