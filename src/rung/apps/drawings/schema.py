"""Drawings' typed inputs, and the answers of the operations that read. A page's answer is made of nouns in `answers/`.

Positions are pixels of the page as rendered, x right, y down; its dots per inch stand with it. A polygon of a text has
four corners in reading direction: top left, top right, bottom right, bottom left of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from rung.apps.drawings.answers.frames import CellError, Datum, Frame
from rung.apps.drawings.answers.pages import DetectPage, Page, ReadPage, SegmentPage, Sheet, Step
from rung.apps.drawings.answers.parts import Component, Curve, Symbol, View
from rung.apps.drawings.answers.places import BoxOut, Coordinate, Corner, PolygonOut, rounded
from rung.apps.drawings.answers.tables import Table, TableCell
from rung.apps.drawings.answers.texts import Alternative, Dimension, Status, Text, TitleField, Unread
from rung.console.words import Language
from rung.runtime.app import FileIn, FileOut, Request

__all__ = [
    "LEAST_DPI",
    "MOST_DPI",
    "MOST_PAGES",
    "Alternative",
    "AnalyzeReply",
    "AnalyzeRequest",
    "BoxOut",
    "CellError",
    "Component",
    "Coordinate",
    "Corner",
    "Correction",
    "Curve",
    "Datum",
    "DetectPage",
    "DetectReply",
    "DetectRequest",
    "Dimension",
    "Export",
    "ExportReply",
    "ExportRequest",
    "ExportedPage",
    "ExportedTable",
    "Finding",
    "Frame",
    "Page",
    "PageIn",
    "PolygonOut",
    "Preparing",
    "ReadPage",
    "ReadReply",
    "ReadRequest",
    "ReviewReply",
    "ReviewRequest",
    "SegmentPage",
    "SegmentReply",
    "SegmentRequest",
    "Sheet",
    "SheetRequest",
    "Status",
    "Step",
    "Symbol",
    "Table",
    "TableCell",
    "Text",
    "TitleField",
    "Unread",
    "View",
    "rounded",
]

LEAST_DPI, MOST_DPI = 50, 600
MOST_PAGES = 20
"""Pages that one call reads: their pictures lie in memory until each is answered."""
Export = Literal["annotated-png", "annotated-pdf", "xlsx", "csv", "json"]
WORDED = (
    "of headings, names and reasons in annotated-pdf, xlsx and csv; the answer itself and json are the same in both"
)


# --- what is asked for ---------------------------------------------------------------------------------


class SheetRequest(Request):
    """A drawing, and which pages of it."""

    file: FileIn = Field(description="PDF, DXF, PNG, JPEG, WebP or TIFF")
    pages: str = Field(
        default="", max_length=200, description=f"such as 1-3,5; empty: all of them, at most {MOST_PAGES}"
    )
    dpi: Annotated[int, Field(ge=LEAST_DPI, le=MOST_DPI)] | None = Field(
        default=None,
        description="PDF and DXF: dots per inch to render at (200 where it is not given); a picture: its own, where the"
        " file does not say",
    )


class Preparing(Request):
    """What is done to a page before it is read. Each is off unless asked for."""

    clahe: bool = Field(default=False, description="contrast evened out locally (CLAHE, clip 3, 8 x 8 tiles)")
    blur: bool = Field(default=False, description="a Gaussian blur of 3 x 3 pixels")
    deskew: bool = Field(default=False, description="a slightly turned scan is turned back; polygons stay the page's")


class Finding(Preparing):
    """How texts are found and read."""

    text_layer: bool = Field(
        default=True, description="text that the file holds (DXF entities, PDF text) is taken as it stands"
    )
    ocr: bool = Field(default=True, description="text is found and read in the picture where the file holds none")
    upright: bool = Field(
        default=True,
        description="a page that lies upside down or on its side is turned upright; `turned` says how far, and picture"
        " and places are those of the turned page",
    )
    patch: Annotated[int, Field(ge=0, le=8192)] | None = Field(
        default=None, description="side of the overlapping patches in pixels; 0: the page at once; null: the model's"
    )
    overlap: float = Field(default=0.1, ge=0, le=0.9, description="share of a patch's side")
    merge_px: Annotated[float, Field(ge=0, le=1000)] | None = Field(
        default=None, description="boxes of one line nearer than this are one; null: the model's own"
    )
    least: float = Field(
        default=0.5, ge=0, le=1, description="readings of less confidence are listed as unread, with what they guess"
    )


class ReadRequest(SheetRequest, Finding):
    """Every text of a drawing."""


class DetectRequest(SheetRequest):
    """Views, symbols, frames, tables and the title block of a drawing: where they are."""


class SegmentRequest(SheetRequest):
    """The strokes of a drawing by class."""

    strokes: bool = Field(default=False, description="every stroke's curve is answered, not only their groups")


class AnalyzeRequest(SheetRequest, Finding):
    """A drawing, read whole. Each step can be switched off; what was not done is said so."""

    mode: Literal["hybrid", "speed"] = Field(
        default="hybrid",
        description="hybrid: a dimension that is read with doubt is read again by a second recogniser; speed: without"
        " that second look. The steps are the same",
    )
    dimensions: bool = True
    frames: bool = Field(default=True, description="feature control frames")
    tables: bool = True
    title_block: bool = True
    views: bool = Field(default=True, description="views and symbols")
    segment: bool = Field(default=False, description="strokes by class: contour, text, dimension, other")
    ensemble: bool = Field(
        default=False,
        description="all engines for dimensions read, and what most of them say by their measured accuracy stands",
    )
    own_boxes: bool = Field(
        default=True,
        description="with ensemble: engines that find texts themselves are asked too, and boxes of one text are put"
        " together",
    )
    exports: list[Export] = Field(default=["annotated-png"], max_length=5)
    language: Language = Field(default="en", description=WORDED)


class PageIn(Page):
    """A page as `analyze` answered it, with its reviews. Its files are passed over."""

    page: int = Field(ge=1, le=1_000_000)
    dpi: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    picture: Any = None
    annotated: Any = None

    @model_validator(mode="before")
    @classmethod
    def _without_files(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        kept = {name: value for name, value in given.items() if name not in ("picture", "annotated")}
        if isinstance(kept.get("tables"), list):
            kept["tables"] = [_without_csv(table) for table in kept["tables"]]
        return kept


def _without_csv(table: Any) -> Any:
    return {**table, "csv": None} if isinstance(table, Mapping) else table


class ExportRequest(Request):
    """Files of a drawing that was read already, with what people said of it since."""

    file: FileIn = Field(description="the drawing: PDF, DXF, PNG, JPEG, WebP or TIFF")
    sheets: list[PageIn] = Field(min_length=1, max_length=MOST_PAGES, description="its pages as analyze answered them")
    exports: list[Export] = Field(default=["annotated-pdf", "xlsx"], min_length=1, max_length=5)
    language: Language = Field(default="en", description=WORDED)


class Correction(Request):
    """What a person says of one dimension. polygon, dpi: where it stands, as it was answered.

    before: the text as it was read; empty where nothing was. status: pending takes an older correction back; modified
    says its `text`. id: of the dimension as it was answered; it only comes back.
    """

    page: int = Field(ge=1, le=1_000_000)
    id: str = Field(default="", max_length=40)
    polygon: list[tuple[Coordinate, Coordinate]] = Field(min_length=3, max_length=64)
    dpi: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    before: str = Field(default="", max_length=200)
    status: Status
    text: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class ReviewRequest(Request):
    """What people say of a drawing; without changes, what they said."""

    drawing: str = Field(pattern=r"^[0-9a-f]{64}$", description="the drawing's sha256, as `analyze` answers it")
    changes: list[Correction] = Field(default=[], max_length=1000)
    cases: bool = Field(default=False, description="also as a cases.json, to measure with")


# --- what is answered ------------------------------------------------------------------------------------


class ReadReply(BaseModel):
    """Texts by page. drawing: the file's sha256."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[ReadPage]


class DetectReply(BaseModel):
    """Parts by page. drawing: the file's sha256."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[DetectPage]


class SegmentReply(BaseModel):
    """Strokes by page. drawing: the file's sha256."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[SegmentPage]


class AnalyzeReply(BaseModel):
    """A drawing, read. drawing: the file's sha256, by which reviews of it are kept."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[Page]
    annotated_pdf: FileOut | None = None
    dimensions_csv: FileOut | None = None
    tables_xlsx: FileOut | None = None
    result_json: FileOut | None = None


class ExportedTable(BaseModel):
    """A table of a page. id: as it was answered."""

    id: str
    csv: FileOut | None = None


class ExportedPage(BaseModel):
    """The files of one page."""

    page: int
    annotated: FileOut | None = None
    tables: list[ExportedTable] = []


class ExportReply(BaseModel):
    """The files of a drawing that was read: those that were asked for. drawing: the file's sha256."""

    drawing: str
    pages: list[ExportedPage]
    annotated_pdf: FileOut | None = None
    dimensions_csv: FileOut | None = None
    tables_xlsx: FileOut | None = None
    result_json: FileOut | None = None


class ReviewReply(BaseModel):
    """All that is kept of a drawing. dimensions: of the request's changes, as each now stands, in their order.

    corrections: everything that people said of it, the latest last. cases: a cases.json, where it was asked for.
    """

    drawing: str
    dimensions: list[Dimension]
    corrections: list[Correction]
    cases: FileOut | None = None
