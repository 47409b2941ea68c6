"""The typed inputs and answers of `quote` and `bom`. Amounts are Korean won, lengths millimetres."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rung.apps.drawings.quoting.bom_pricing import PricedRow
from rung.apps.drawings.quoting.items import Assumable, Need, Sentence
from rung.apps.drawings.quoting.pricing import Pricing, with_given
from rung.apps.drawings.quoting.quotation import Party, QuotedItem, Terms
from rung.apps.drawings.schema import LEAST_DPI, MOST_DPI
from rung.runtime.app import FileIn, FileOut, Request

MOST_ITEMS = 500
MOST_ROWS, MOST_COLUMNS = 5000, 200
Millimetres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Short = Annotated[str, Field(max_length=500)]


# --- what is asked for ---------------------------------------------------------------------------------------


class QuoteItemIn(Request):
    """A part to be priced. What is left out is taken from the drawing where one is given, else asked for."""

    name: Word | None = Field(default=None, description="its words name the kind of part, or a standard part")
    drawing_number: Short = ""
    material: Word | None = None
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="null: the title block's, else 1"
    )
    size: Word | None = Field(default=None, description="such as OD120×ID80×50L, D50×100L, 200×100×20, M12×40L")
    outer_mm: Millimetres | None = None
    inner_mm: Millimetres | None = Field(default=None, description="null with outer_mm given: solid")
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = Field(default=None, description="of a plate")
    thickness_mm: Millimetres | None = Field(default=None, description="of a plate")
    features: list[Word] = Field(default=[], max_length=50, description="such as keyway, thread, grinding")
    treatments: list[Word] = Field(default=[], max_length=20, description="such as 조질, nitriding, hard chrome")
    unit_price_krw: Annotated[float, Field(ge=0, le=1e12)] | None = Field(
        default=None, description="where it is known; nothing else is worked out then"
    )


class _Answered(BaseModel):
    """As `analyze` answered it; fields that are of no use here are passed over."""

    model_config = ConfigDict(extra="ignore")


class DimensionIn(_Answered):
    """A dimension that was read."""

    id: str
    text: str
    type: str
    nominal: float | None = None
    unit: str = "mm"
    count: int = 1
    form: str = "plain"
    confidence: float | None = None
    status: str = "pending"


class FieldIn(_Answered):
    """A field of the title block that was read."""

    text: str
    value: str | None = None


class TextIn(_Answered):
    """A line of text that is none of the other things: a note."""

    text: str


class UnreadIn(_Answered):
    """A place where something stands that could not be read. text: the best guess."""

    text: str = ""


class TableCellIn(_Answered):
    """A cell of a table that was read. box: x0, y0, x1, y1 in pixels."""

    row: int = Field(ge=0, le=MOST_ROWS)
    column: int = Field(ge=0, le=MOST_COLUMNS)
    rows: int = 1
    text: str = ""
    box: tuple[float, float, float, float] | None = None


class TableIn(_Answered):
    """A table that was read."""

    id: str = ""
    cells: list[TableCellIn] = Field(default=[], max_length=20_000)


class SheetIn(_Answered):
    """One page as `analyze` answered it, with its reviews, so that it need not be read again."""

    page: int = 1
    width: int | None = None
    turned: Literal[0, 90, 180, 270] = 0
    dimensions: list[DimensionIn] = Field(default=[], max_length=20_000)
    title_block: dict[str, FieldIn] = {}
    tables: list[TableIn] = Field(default=[], max_length=200)
    texts: list[TextIn] = Field(default=[], max_length=20_000)
    unread: list[UnreadIn] = Field(default=[], max_length=20_000)


class PartyIn(Request):
    """A company on a quotation."""

    name: Short = ""
    registration_number: Short = ""
    representative: Short = ""
    address: Short = ""
    phone: Short = ""
    email: Short = ""
    contact: Short = ""

    @property
    def party(self) -> Party:
        """The same for the quotation."""
        return Party(**self.model_dump())


class TermsIn(Request):
    """What a quotation says beside its prices."""

    date: Annotated[str, Field(pattern=r"^20\d\d-[01]\d-[0-3]\d$")] | None = Field(
        default=None, description="null: today"
    )
    valid_days: int = Field(default=30, ge=1, le=3650)
    supplier: PartyIn = PartyIn()
    customer: PartyIn = PartyIn()
    project: Short = ""
    delivery: Short = Field(default="", description="such as 발주 후 4주")
    payment: Short = Field(default="", description="such as 납품 후 30일 이내 현금")
    remarks: Annotated[str, Field(max_length=2000)] = ""
    number: Short = Field(default="", description="empty: of the day and what is quoted")

    def terms(self, today: str) -> Terms:
        """The same for the quotation."""
        return Terms(
            date=self.date or today,
            valid_days=self.valid_days,
            supplier=self.supplier.party,
            customer=self.customer.party,
            project=self.project,
            delivery=self.delivery,
            payment=self.payment,
            remarks=self.remarks,
            number=self.number,
        )


class DrawnRequest(Request):
    """A drawing: as a file that is read, or as pages that were read already."""

    file: FileIn | None = Field(default=None, description="PDF, DXF, PNG, JPEG, WebP or TIFF; is analyzed first")
    pages: str = Field(default="", max_length=200, description="of the file, such as 1-3,5; empty: all of them")
    dpi: Annotated[int, Field(ge=LEAST_DPI, le=MOST_DPI)] | None = None
    sheets: list[SheetIn] = Field(default=[], max_length=20, description="pages as analyze answered them")


class PricedRequest(DrawnRequest, TermsIn):
    """What prices rest on."""

    assume: list[Assumable] = Field(
        default=[],
        description="what may be assumed where it is missing, each told in the answer. length: 100 mm; mass: the"
        " title block's, else by the part's name; material: the table's default price; catalogue: example prices of"
        " standard parts; roles: the largest diameter is the outer one, the smallest major one the hole, the largest"
        " length the length",
    )
    pricing: dict[str, Any] = Field(
        default={},
        description="parts of the rule set (costs.toml) in place of the shipped ones, such as"
        ' {"vat": 0, "materials": [{"names": ["SS400"], "price": 900, "density": 7.85}]}',
    )
    exports: list[Literal["xlsx", "pdf"]] = Field(default=["xlsx", "pdf"], max_length=2)

    @model_validator(mode="after")
    def _rules_fit(self) -> Self:
        try:
            _ = self.rules
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise ValueError(f"pricing.{where}: {first['msg']}") from error
        return self

    @property
    def rules(self) -> Pricing:
        """The shipped rules with the caller's in place of them."""
        return with_given(self.pricing)


class QuoteRequest(PricedRequest):
    """Parts to be priced: given, read on a drawing, or both together."""

    items: list[QuoteItemIn] = Field(
        default=[], max_length=MOST_ITEMS, description="with a drawing: at most one, completed by what is read there"
    )

    @model_validator(mode="after")
    def _something_to_price(self) -> Self:
        drawn = self.file is not None or self.sheets
        if not drawn and not self.items:
            raise ValueError("give items, a file, or sheets: there is nothing to price")
        if drawn and len(self.items) > 1:
            raise ValueError(
                f"items holds {len(self.items)}; a drawing completes one. Leave the drawing out, or use bom"
            )
        return self


class BomRequest(PricedRequest):
    """A bill of materials: the tables of a drawing, or rows that are given."""

    rows: list[list[Short]] = Field(
        default=[], max_length=MOST_ROWS, description="the rows of a table, its heading among them, as texts"
    )
    colours: list[Literal["pink", "blue", "white", ""]] = Field(
        default=[], description="of each of `rows`: pink an assembly, blue a sub-assembly, white a part; empty: unknown"
    )
    quantities: Literal["total", "per-parent"] = Field(
        default="total", description="whether a row's quantity is of the whole, or of one of what it belongs to"
    )
    price: bool = Field(default=True, description="whether the parts are priced")
    exports: list[Literal["xlsx", "csv", "pdf"]] = Field(  # type: ignore[assignment]
        default=["xlsx", "csv", "pdf"],
        max_length=3,
        description="xlsx: the bill, and the quotation; pdf: the quotation",
    )

    @model_validator(mode="after")
    def _something_to_list(self) -> Self:
        if self.file is None and not self.sheets and not self.rows:
            raise ValueError("give rows, a file, or sheets: there is nothing to list")
        if self.colours and len(self.colours) != len(self.rows):
            raise ValueError(f"colours has {len(self.colours)} entries for {len(self.rows)} rows; it is one for each")
        return self


# --- what is answered ----------------------------------------------------------------------------------------


class Missing(BaseModel):
    """What has to be known before an item can be priced. item: its number. assume: what may be switched on instead."""

    item: int
    need: Need


class QuoteReply(BaseModel):
    """A quotation. complete: every item is priced; else the sums are of those that are.

    missing: what is asked for. assumptions: everything that was assumed, as sentences.
    """

    number: str
    date: str
    valid_until: str
    items: list[QuotedItem]
    missing: list[Missing]
    assumptions: list[Sentence]
    subtotal_krw: int
    vat: float
    vat_krw: int
    total_krw: int
    complete: bool
    xlsx: FileOut | None = None
    pdf: FileOut | None = None


class BomReply(BaseModel):
    """A bill of materials. rows: in their order, with the prices of the parts. kinds: how many rows are of each kind.

    quote: of the parts, in their order; null where nothing was to be priced. Its xlsx stands in this answer's.
    """

    rows: list[PricedRow]
    kinds: dict[str, int]
    quote: QuoteReply | None = None
    xlsx: FileOut | None = None
    csv: FileOut | None = None
