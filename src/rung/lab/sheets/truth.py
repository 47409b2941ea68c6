"""What is known of a drawn sheet: every text with its place, and what each of them is.

Lengths and places are in millimetres of paper with y up while a sheet is drawn, and in pixels with y down, and corner
(0, 0) the picture's top left, once it has been rendered (`placed`). A text's polygon holds its ink and no more: four
corners in reading direction, top left, top right, bottom right, bottom left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Form = Literal["plain", "reference", "basic"]
DimensionType = Literal[
    "length", "diameter", "radius", "angle", "thread", "chamfer", "roughness", "square", "thickness", "taper"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionValue:
    """What a dimension says. text: canonical, without the box of a basic one.

    upper, lower: deviations with their sign; None where none is printed. unit: of nominal: mm, deg, or um.
    """

    text: str
    type: DimensionType
    nominal: float
    unit: str = "mm"
    upper: float | None = None
    lower: float | None = None
    fit: str = ""
    count: int = 1
    form: Form = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueDimension:
    """A dimension where it stands."""

    value: DimensionValue
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCell:
    """A cell of a frame or a table. box: its lines' polygon; polygon: its text's ink, empty where it has none."""

    text: str
    box: Polygon
    polygon: Polygon
    row: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueFrame:
    """A feature control frame. text: its cells joined by a bar, `⌖|⌀0.1Ⓜ|A|B`."""

    text: str
    cells: tuple[TrueCell, ...]
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueTable:
    """A table of parts, revisions or holes. kind: what it lists."""

    kind: str
    cells: tuple[TrueCell, ...]
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueField:
    """A field of the title block. name: `drawing_number`, `material`, ...; text: as printed."""

    name: str
    text: str
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueArea:
    """A view, the title block, the border or a symbol. kind: which; label: its title, or what a symbol stands for.

    handle: of an entity that it cannot be without. variant: of a symbol, as a finish mark's or a weld's joint. text:
    what is lettered at a symbol, its texts apart by spaces; empty for a bare one. polygon: of a symbol its strokes',
    without what is lettered beside them.
    """

    kind: str
    label: str
    polygon: Polygon
    handle: str = ""
    variant: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueText:
    """One printed line of text of any kind. alphabet: dimension, frame or text, as the task `read` has them."""

    text: str
    alphabet: str
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTruth:
    """All that is known of one sheet. dpi: None while places are millimetres."""

    name: str
    dpi: float | None = None
    dimensions: tuple[TrueDimension, ...] = ()
    frames: tuple[TrueFrame, ...] = ()
    fields: tuple[TrueField, ...] = ()
    tables: tuple[TrueTable, ...] = ()
    areas: tuple[TrueArea, ...] = ()
    texts: tuple[TrueText, ...] = field(default=())


def placed(truth: SheetTruth, move: Callable[[Polygon], Polygon], dpi: float) -> SheetTruth:
    """The same truth with every polygon moved."""
    moved: SheetTruth = _moved(truth, move)
    return replace(moved, dpi=dpi)


def _moved(part: Any, move: Callable[[Polygon], Polygon]) -> Any:
    """A dataclass with its polygons moved, those of its parts too. A field is a polygon by its name."""
    changed: dict[str, Any] = {}
    for name in part.__dataclass_fields__:
        value = getattr(part, name)
        if name in ("polygon", "box"):
            changed[name] = move(value) if value else value
        elif isinstance(value, tuple):
            changed[name] = tuple(_moved(one, move) for one in value)
    return replace(part, **changed) if changed else part
