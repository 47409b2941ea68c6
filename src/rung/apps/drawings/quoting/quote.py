"""The operation `quote`: a drawing is read where one is given, its part is priced, papers are made."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from rung.apps.drawings import pipeline, schema
from rung.apps.drawings.quoting.quotation import Quotation
from rung.apps.drawings.quoting.quote_schema import (
    DrawnRequest,
    Missing,
    PricedRequest,
    QuoteItemIn,
    QuoteReply,
    QuoteRequest,
    SheetIn,
)
from rung.apps.drawings.quoting.reckoning import ITEMS, QUOTATION, SHEETS
from rung.runtime.app import File
from rung.runtime.job import Job

KOREA = datetime.timezone(datetime.timedelta(hours=9))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HERE = "rung.apps.drawings.quoting"
_PAPERS = {"xlsx": (f"{HERE}.quotation_xlsx:workbook", XLSX), "pdf": (f"{HERE}.quotation_pdf:paper", "application/pdf")}


async def quote(job: Job, request: QuoteRequest) -> QuoteReply:
    """A quotation of the items; with a drawing, of what it shows."""
    sheets = await sheets_of(job, request)
    items = request.items or [QuoteItemIn()]
    text: str = await job.compute(
        f"{HERE}.reckoning:quoted",
        terms=terms_of(request),
        items=ITEMS.dump_json(items).decode(),
        sheets=SHEETS.dump_json(sheets).decode(),
        today=today(),
    )
    papers: dict[str, File] = {kind: await paper_of(job, kind, text) for kind in dict.fromkeys(request.exports)}
    return reply_of(QUOTATION.validate_json(text), papers)


async def sheets_of(job: Job, request: DrawnRequest) -> list[SheetIn]:
    """The pages that were given, or those of the file once they are read."""
    if request.file is None:
        return request.sheets
    wanted = schema.AnalyzeRequest(file=request.file, pages=request.pages, dpi=request.dpi, exports=[])
    read = await pipeline.analyze(job, wanted)
    return [SheetIn.model_validate(page.model_dump()) for page in read.pages]


def terms_of(request: PricedRequest) -> str:
    """What prices rest on, as JSON; the drawing and its pages are told apart from it."""
    fields = set(PricedRequest.model_fields) - {*DrawnRequest.model_fields, "exports"}
    return request.model_dump_json(include=fields)


def today() -> str:
    """The day in Korea, where quotations are dated."""
    return datetime.datetime.now(KOREA).date().isoformat()


async def paper_of(job: Job, kind: str, quotation: str) -> File:
    """The quotation, given as JSON, as a file."""
    function, media_type = _PAPERS[kind]
    data: bytes = await job.compute(function, quotation=quotation)
    return File(data=data, media_type=media_type)


def reply_of(found: Quotation, papers: Mapping[str, File]) -> QuoteReply:
    """The quotation as it is answered."""
    return QuoteReply(
        number=found.number,
        date=found.date,
        valid_until=found.valid_until,
        items=list(found.items),
        missing=[Missing(item=one.no, need=need) for one in found.items for need in one.needs],
        assumptions=list(found.assumptions),
        subtotal_krw=found.subtotal_krw,
        vat=found.vat,
        vat_krw=found.vat_krw,
        total_krw=found.total_krw,
        complete=found.complete,
        xlsx=papers.get("xlsx"),
        pdf=papers.get("pdf"),
    )
