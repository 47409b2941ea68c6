"""The operation `bom`: the parts lists of a drawing, or given rows, as a bill with its hierarchy and prices."""

from __future__ import annotations

from collections import Counter

from rung.apps.drawings.opening.sizes import page_bytes
from rung.apps.drawings.quoting.bom import Colour, Grid
from rung.apps.drawings.quoting.bom_pricing import ROWS
from rung.apps.drawings.quoting.quote import HERE, XLSX, paper_of, reply_of, sheets_of, terms_of, today
from rung.apps.drawings.quoting.quote_schema import BomReply, BomRequest, SheetIn, TableIn
from rung.apps.drawings.quoting.reckoning import BILL, GRIDS, QUOTATION, Bill
from rung.runtime.app import File
from rung.runtime.errors import NothingFound
from rung.runtime.job import Job


async def bom(job: Job, request: BomRequest) -> BomReply:
    """The bill, with a quotation of its parts where they are to be priced."""
    given = [Grid(rows=tuple(map(tuple, request.rows)), colours=tuple(request.colours))] if request.rows else []
    text: str = await job.compute(
        f"{HERE}.reckoning:billed",
        terms=terms_of(request),
        grids=GRIDS.dump_json([*given, *await _drawn(job, request)]).decode(),
        today=today(),
        per_parent=request.quantities == "per-parent",
        price=request.price,
    )
    bill = BILL.validate_json(text)
    if not bill.rows:
        raise NothingFound(
            "no table is a parts list: its heading needs a name (품명, PART NAME) and one more column, such as a"
            " number, a material, a size or a quantity",
            field="rows" if request.rows else "file",
        )
    return await _answered(job, bill, request)


async def _answered(job: Job, bill: Bill, request: BomRequest) -> BomReply:
    rows = list(bill.rows)
    text = ROWS.dump_json(rows).decode()
    quotation = None if bill.quotation is None else QUOTATION.dump_json(bill.quotation).decode()
    reply = BomReply(rows=rows, kinds=dict(Counter(one.row.kind for one in rows)))
    if "xlsx" in request.exports:
        data = await job.compute(f"{HERE}.bom_papers:workbook", rows=text, quotation=quotation)
        reply.xlsx = File(data=data, media_type=XLSX)
    if "csv" in request.exports:
        data = await job.compute(f"{HERE}.bom_papers:as_csv", rows=text)
        reply.csv = File(data=data, media_type="text/csv")
    if bill.quotation is not None and quotation is not None:
        papers = {"pdf": await paper_of(job, "pdf", quotation)} if "pdf" in request.exports else {}
        reply.quote = reply_of(bill.quotation, papers)
    return reply


# --- a drawing's tables --------------------------------------------------------------------------------------------


async def _drawn(job: Job, request: BomRequest) -> list[Grid]:
    sheets = await sheets_of(job, request)
    return [await _grid(job, request, sheet, table) for sheet in sheets for table in sheet.tables if table.cells]


async def _grid(job: Job, request: BomRequest, sheet: SheetIn, table: TableIn) -> Grid:
    height = 1 + max(cell.row for cell in table.cells)
    width = 1 + max(cell.column for cell in table.cells)
    texts = [["" for _ in range(width)] for _ in range(height)]
    for cell in table.cells:
        texts[cell.row][cell.column] = cell.text
    colours = await _colours(job, request, sheet, table, height)
    return Grid(rows=tuple(map(tuple, texts)), colours=colours, page=sheet.page)


async def _colours(job: Job, request: BomRequest, sheet: SheetIn, table: TableIn, height: int) -> tuple[Colour, ...]:
    """Of each row, from the file; a page that is given as it was read has none."""
    boxes = [_row_box(table, row) for row in range(height)]
    if request.file is None or not sheet.width or None in boxes:
        return ()
    found: list[Colour] = await job.compute(
        f"{HERE}.row_colours:row_colours",
        working=page_bytes(request.file.width, request.file.height),
        document=request.file,
        page=sheet.page,
        width=sheet.width,
        boxes=boxes,
        turned=sheet.turned,
    )
    return tuple(found)


def _row_box(table: TableIn, row: int) -> tuple[float, float, float, float] | None:
    boxes = [cell.box for cell in table.cells if cell.row == row and cell.rows == 1 and cell.box]
    if not boxes:
        return None
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
