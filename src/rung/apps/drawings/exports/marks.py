"""Decides what is drawn over a page, and what a list of its readings says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Colour = tuple[int, int, int]
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


@dataclass(frozen=True, slots=True)
class Mark:
    """A polygon with the little text beside it, and how it is drawn."""

    kind: str
    polygon: list[tuple[float, float]]
    label: str

    @property
    def colour(self) -> Colour:
        """RGB."""
        return COLOURS[self.kind]


def marks_of(page: Mapping[str, Any]) -> list[Mark]:
    """Of a page in its plain form: the large ones first, so that the small lie over them."""
    found = [Mark("view", view["polygon"], view["id"]) for view in page["views"]]
    found += [Mark("table", table["polygon"], table["id"]) for table in page["tables"]]
    found += [Mark("title", field["polygon"], name) for name, field in page["title_block"].items()]
    found += [Mark("symbol", symbol["polygon"], symbol["label"] or symbol["id"]) for symbol in page["symbols"]]
    found += [Mark("frame", frame["polygon"], frame["id"]) for frame in page["frames"]]
    found += [
        Mark("rejected" if one["status"] == "rejected" else "dimension", one["polygon"], one["id"])
        for one in page["dimensions"]
    ]
    return found + [Mark("unread", one["polygon"], "?") for one in page["unread"]]


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


def frame_rows(pages: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row a frame, in the columns of FRAME_HEAD."""
    return [
        [
            page["page"], *(one[name] for name in FRAME_HEAD[1:6]), ", ".join(one["modifiers"]),
            " | ".join(datum["letter"] + "".join(datum["modifiers"]) for datum in one["datums"]),
            one["confidence"], one["engine"],
            "; ".join(f"cell {error['cell'] + 1}: {error['message']}" for error in one["errors"]),
        ]
        for page in pages
        for one in page["frames"]
    ]  # fmt: skip


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
