"""The operation `quote`: a drawing is read where one is given, its part is priced, papers are made."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from rung.apps.drawings import pipeline, schema
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.drawn import Drawn, asked, drawn_of, item_of
from rung.apps.drawings.quoting.items import Costed, Item
from rung.apps.drawings.quoting.quotation import Quotation, quotation
from rung.apps.drawings.quoting.quote_schema import (
    DrawnRequest,
    Missing,
    PricedRequest,
    QuoteItemIn,
    QuoteReply,
    QuoteRequest,
    SheetIn,
)
from rung.runtime.app import File
from rung.runtime.errors import InvalidInput
from rung.runtime.job import Job

KOREA = datetime.timezone(datetime.timedelta(hours=9))
QUOTATION: TypeAdapter[Quotation] = TypeAdapter(Quotation)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PAPERS = {
    "xlsx": ("rung.apps.drawings.quoting.quotation_xlsx:workbook", XLSX),
    "pdf": ("rung.apps.drawings.quoting.quotation_pdf:paper", "application/pdf"),
}


async def quote(job: Job, request: QuoteRequest) -> QuoteReply:
    """A quotation of the items; with a drawing, of what it shows."""
    drawn = drawn_of(await sheets_of(job, request))
    wanted = request.items or [QuoteItemIn()]
    made = [_priced(one, drawn, request) for one in wanted]
    return await answered(job, made, request)


async def sheets_of(job: Job, request: DrawnRequest) -> list[SheetIn]:
    """The pages that were given, or those of the file once they are read."""
    if request.file is None:
        return request.sheets
    wanted = schema.AnalyzeRequest(file=request.file, pages=request.pages, dpi=request.dpi, exports=[])
    read = await pipeline.analyze(job, wanted)
    return [SheetIn.model_validate(page.model_dump()) for page in read.pages]


def _priced(wanted: QuoteItemIn, drawn: Drawn, request: PricedRequest) -> tuple[Item, Costed]:
    rules, assume = request.rules, frozenset(request.assume)
    item, said = item_of(wanted, drawn, rules, assume)
    made = costed(item, rules, frozenset(map(str, assume)))
    return item, replace(made, needs=asked(made.needs, item, drawn), assumptions=said + made.assumptions)


async def answered(job: Job, made: Sequence[tuple[Item, Costed]], request: PricedRequest) -> QuoteReply:
    """The quotation of costed items as it is answered, with its papers."""
    found = quotation_of(made, request)
    papers: dict[str, File] = {kind: await paper_of(job, kind, found) for kind in dict.fromkeys(request.exports)}
    return reply_of(found, papers)


def quotation_of(made: Sequence[tuple[Item, Costed]], request: PricedRequest) -> Quotation:
    """Raises InvalidInput for a day that is none."""
    try:
        return quotation(made, request.rules, request.terms(today()))
    except ValueError as error:
        raise InvalidInput(f"date: {request.date} is no day", field="date") from error


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


def today() -> str:
    """The day in Korea, where quotations are dated."""
    return datetime.datetime.now(KOREA).date().isoformat()


async def paper_of(job: Job, kind: str, found: Quotation) -> File:
    """The quotation as a file."""
    function, media_type = _PAPERS[kind]
    data: bytes = await job.compute(function, quotation=QUOTATION.dump_json(found).decode())
    return File(data=data, media_type=media_type)
