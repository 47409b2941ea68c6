"""Drawings' typed inputs, and the answers of the operations that read.

Positions are pixels of the page as rendered, x right, y down; its dots per inch stand with it. A polygon of a text has
four corners in reading direction: top left, top right, bottom right, bottom left of the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rung.runtime.app import FileIn, FileOut

LEAST_DPI, MOST_DPI = 50, 600
MOST_PAGES = 20
"""Pages that one call reads: their pictures lie in memory until each is answered."""
Corner = tuple[float, float]
PolygonOut = list[Corner]
Coordinate = Annotated[float, Field(allow_inf_nan=False)]
BoxOut = tuple[float, float, float, float]
Export = Literal["annotated-png", "annotated-pdf", "xlsx", "csv", "json"]
Status = Literal["pending", "verified", "modified", "rejected"]


def rounded(polygon: Iterable[Corner]) -> PolygonOut:
    """To a tenth of a pixel: no figure behind it says anything."""
    return [(round(x, 1), round(y, 1)) for x, y in polygon]


class _Request(BaseModel):
    """Unknown fields are refused, with the nearest valid name."""

    model_config = ConfigDict(extra="forbid")


# --- what is asked for ---------------------------------------------------------------------------------


class SheetRequest(_Request):
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


class Preparing(_Request):
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
    exports: list[Export] = Field(default=["annotated-png"], max_length=5)


class Correction(_Request):
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


class ReviewRequest(_Request):
    """What people say of a drawing; without changes, what they said."""

    drawing: str = Field(pattern=r"^[0-9a-f]{64}$", description="the drawing's sha256, as `analyze` answers it")
    changes: list[Correction] = Field(default=[], max_length=1000)
    cases: bool = Field(default=False, description="also as a cases.json, to measure with")


# --- what is answered ------------------------------------------------------------------------------------


class Alternative(BaseModel):
    """Another way to read or to understand the same text. reason: why it may be meant, where it was not read so."""

    text: str
    confidence: float | None
    engine: str
    reason: str = ""


class Text(BaseModel):
    """One line of text. engine: the variant that read it, or dxf, pdf-text where the file itself says it.

    confidence: 0 to 1. Of the engine `reader` it is measured on texts of known truth; ppocr and tesseract tell their
    own share, which was not held against truth. Null where the engine has no such figure; 1 for what the file says.
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


class TitleField(Text):
    """A field of the title block. value: normalised (a date as 2026-11-30, a scale as 1:2); null where it is the
    text itself."""

    value: str | None = None


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


class Unread(BaseModel):
    """A place where something stands that could not be read, and why. text: the best guess, where there is one."""

    polygon: PolygonOut
    reason: str
    text: str = ""


class Step(BaseModel):
    """One step of a page. state: off where it was not asked for; failed: code and message say why.

    engine: the variant that did it. found: how many things.
    """

    step: str
    state: Literal["done", "off", "failed"]
    engine: str = ""
    found: int | None = None
    code: str = ""
    message: str = ""


class Sheet(BaseModel):
    """One page as it was rendered.

    dpi_source: rendered at it, said by the file, given by the caller, or assumed. picture: the page as it was read.
    """

    page: int
    width: int
    height: int
    dpi: float
    dpi_source: Literal["rendered", "file", "given", "assumed"]
    picture: FileOut
    steps: list[Step] = []


class ReadPage(Sheet):
    """The texts of a page."""

    texts: list[Text] = []
    unread: list[Unread] = []


class ReadReply(BaseModel):
    """Texts by page. drawing: the file's sha256."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[ReadPage]


class DetectPage(Sheet):
    """The parts of a page. looked_for: kinds that the model has an eye for; others may stand there unseen."""

    views: list[View] = []
    symbols: list[View] = []
    frames: list[View] = []
    tables: list[View] = []
    title_block: PolygonOut | None = None
    border: PolygonOut | None = None
    looked_for: list[str] = []


class DetectReply(BaseModel):
    """Parts by page. drawing: the file's sha256."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[DetectPage]


class SegmentPage(Sheet):
    """The strokes of a page: how many of each class, and those that hang together."""

    counts: dict[str, int] = {}
    components: list[Component] = []
    strokes: list[Curve] = []
    overlay: FileOut | None = None


class SegmentReply(BaseModel):
    """Strokes by page. drawing: the file's sha256."""

    drawing: str
    media_type: str
    page_count: int
    pages: list[SegmentPage]


class Page(Sheet):
    """Everything that was read on a page. texts: what is none of the other things (notes, labels)."""

    dimensions: list[Dimension] = []
    frames: list[Frame] = []
    title_block: dict[str, TitleField] = {}
    tables: list[Table] = []
    components: list[Component] = []
    views: list[View] = []
    symbols: list[View] = []
    texts: list[Text] = []
    unread: list[Unread] = []
    annotated: FileOut | None = None


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


class ReviewReply(BaseModel):
    """All that is kept of a drawing. dimensions: of the request's changes, as each now stands, in their order.

    corrections: everything that people said of it, the latest last. cases: a cases.json, where it was asked for.
    """

    drawing: str
    dimensions: list[Dimension]
    corrections: list[Correction]
    cases: FileOut | None = None
