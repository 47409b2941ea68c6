"""Decides what is drawn over a page, and what a list of its readings says. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rung.apps.drawings.exports.wording import TITLES
from rung.console.words import Language, say
from rung.models.notation.symbols import MODIFIERS

Colour = tuple[int, int, int]
Corner = tuple[float, float]
Polygon = list[Corner]
COLOURS: Final[Mapping[str, Colour]] = {
    "dimension": (0, 130, 60),
    "frame": (20, 70, 210),
    "title": (130, 40, 160),
    "table": (200, 110, 0),
    "view": (120, 120, 120),
    "symbol": (0, 140, 150),
    "unread": (215, 30, 30),
    "rejected": (150, 150, 150),
}
"""RGB by kind; a rejected dimension is no longer one."""
CLEAR_MM: Final = 0.35
"""How far outside a text's own corners its mark is drawn: on them the line would cover the outer strokes of its
signs."""
_SIGNS: Final = {name: sign for sign, name in MODIFIERS.items()}


@dataclass(frozen=True, slots=True)
class Mark:
    """A polygon with the little text beside it, and how it is drawn."""

    kind: str
    polygon: Polygon
    label: str

    @property
    def colour(self) -> Colour:
        """RGB."""
        return COLOURS[self.kind]


def marks_of(page: Mapping[str, Any]) -> list[Mark]:
    """Of a page in its plain form: the large ones first, so that the small lie over them."""
    dpi = page["dpi"]
    found = [Mark("view", view["polygon"], view["id"]) for view in page["views"]]
    found += [Mark("table", table["polygon"], table["id"]) for table in page["tables"]]
    # The cell says which field it is; a label would lie over just that.
    found += [Mark("title", clear(field["polygon"], dpi), "") for field in page["title_block"].values()]
    found += [Mark("symbol", symbol["polygon"], symbol["label"] or symbol["id"]) for symbol in page["symbols"]]
    found += [Mark("frame", frame["polygon"], frame["id"]) for frame in page["frames"]]
    found += [
        Mark("rejected" if one["status"] == "rejected" else "dimension", clear(one["polygon"], dpi), one["id"])
        for one in page["dimensions"]
    ]
    unread = enumerate(page["unread"], 1)
    return found + [Mark("unread", clear(one["polygon"], dpi), unread_id(number)) for number, one in unread]


def unread_id(number: int) -> str:
    """What a place that was not read is called, on the page and in the list."""
    return f"?{number}"


def clear(polygon: Polygon, dpi: float) -> Polygon:
    """The corners of a text, each moved outwards along both its sides; other shapes as they are."""
    by = CLEAR_MM / 25.4 * dpi
    if len(polygon) != 4:
        return polygon
    return [_moved(corner, polygon[at - 1], polygon[(at + 1) % 4], by) for at, corner in enumerate(polygon)]


def _moved(corner: Corner, before: Corner, after: Corner, by: float) -> Corner:
    x, y = corner
    for other in (before, after):
        dx, dy = corner[0] - other[0], corner[1] - other[1]
        side = math.hypot(dx, dy)
        if side:
            x, y = x + by * dx / side, y + by * dy / side
    return x, y


DIMENSION_HEAD: Final = (
    "page", "id", "text", "type", "nominal", "upper", "lower", "unit", "fit", "count", "form", "confidence", "engine",
    "status", "alternatives", "notes",
)  # fmt: skip
FRAME_HEAD: Final = (
    "page", "id", "text", "characteristic", "zone", "tolerance", "modifiers", "datums", "confidence", "engine",
    "errors",
)  # fmt: skip
TITLE_HEAD: Final = ("page", "field", "text", "value", "confidence", "engine")
SYMBOL_HEAD: Final = ("page", "id", "label", "variant", "text", "score", "dimension")
UNREAD_HEAD: Final = ("page", "x", "y", "reason", "best guess")
Row = list[Any]


def dimension_rows(pages: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row a dimension, in the columns of DIMENSION_HEAD."""
    return [
        [
            page["page"], *(one[name] for name in DIMENSION_HEAD[1:-2]),
            "; ".join(other["text"] for other in one["alternatives"]), "; ".join(one["notes"]),
        ]
        for page in pages
        for one in page["dimensions"]
    ]  # fmt: skip


def frame_rows(pages: Iterable[Mapping[str, Any]], language: Language = "en") -> list[Row]:
    """One row a frame, in the columns of FRAME_HEAD; a fault's cell is counted from one."""
    return [
        [
            page["page"], *(one[name] for name in FRAME_HEAD[1:6]), signs(one["modifiers"]),
            " | ".join(datum["letter"] + signs(datum["modifiers"]) for datum in one["datums"]),
            one["confidence"], one["engine"],
            "; ".join(_error(error, language) for error in one["errors"]),
        ]
        for page in pages
        for one in page["frames"]
    ]  # fmt: skip


def signs(modifiers: Iterable[str]) -> str:
    """Modifiers as a drawing has them: maximum-material is Ⓜ. One that has no sign is named."""
    return "".join(_SIGNS.get(one, one) for one in modifiers)


def _error(error: Mapping[str, Any], language: Language) -> str:
    return say(TITLES, language, "cell", cell=error["cell"] + 1, message=error["message"])


def title_rows(pages: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row a field, in the columns of TITLE_HEAD."""
    return [
        [page["page"], name, *(field[column] for column in TITLE_HEAD[2:])]
        for page in pages
        for name, field in page["title_block"].items()
    ]


def symbol_rows(pages: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row a symbol, in the columns of SYMBOL_HEAD."""
    return [[page["page"], *(one[name] for name in SYMBOL_HEAD[1:])] for page in pages for one in page["symbols"]]


def unread_rows(pages: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row a place, in the columns of UNREAD_HEAD."""
    return [[page["page"], *one["polygon"][0], one["reason"], one["text"]] for page in pages for one in page["unread"]]


def table_rows(table: Mapping[str, Any]) -> list[Row]:
    """A table as rows of texts; a cell that spans several stands in its first."""
    rows: list[Row] = [[""] * table["columns"] for _ in range(table["rows"])]
    for cell in table["cells"]:
        rows[cell["row"]][cell["column"]] = cell["text"]
    return rows
