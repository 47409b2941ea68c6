"""The operation `bom`: the parts lists of a drawing, or given rows, as a bill with its hierarchy and prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rung.apps.drawings.quoting.bom import Colour, Grid, Row, rows_of
from rung.apps.drawings.quoting.bom_pricing import ROWS, PricedRow, item_of_row, parts_of, priced_rows
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.quotation import Quotation
from rung.apps.drawings.quoting.quote import QUOTATION, XLSX, paper_of, quotation_of, reply_of, sheets_of
from rung.apps.drawings.quoting.quote_schema import BomReply, BomRequest, SheetIn, TableIn
from rung.runtime.app import File
from rung.runtime.errors import NothingFound
from rung.runtime.job import Job

PAPERS = "rung.apps.drawings.quoting.bom_papers"
COLOURS = "rung.apps.drawings.quoting.row_colours:row_colours"


async def bom(job: Job, request: BomRequest) -> BomReply:
    """The bill, with a quotation of its parts where they are to be priced."""
    given = [Grid(rows=tuple(map(tuple, request.rows)), colours=tuple(request.colours))] if request.rows else []
    rows = rows_of([*given, *await _drawn(job, request)], per_parent=request.quantities == "per-parent")
    if not rows:
        raise NothingFound(
            "no table is a parts list: its heading needs a name (품명, PART NAME) and one more column, such as a"
            " number, a material, a size or a quantity",
            field="rows" if request.rows else "file",
        )
    found = _quotation(rows, request) if request.price and parts_of(rows) else None
    made = priced_rows(rows, found)
    return await _answered(job, made, found, request)


def _quotation(rows: Sequence[Row], request: BomRequest) -> Quotation:
    rules, assume = request.rules, frozenset(map(str, request.assume))
    made = []
    for row in parts_of(rows):
        item, said = item_of_row(row)
        one = costed(item, rules, assume)
        made.append((item, replace(one, assumptions=said + one.assumptions)))
    return quotation_of(made, request)


async def _answered(job: Job, rows: list[PricedRow], found: Quotation | None, request: BomRequest) -> BomReply:
    text = ROWS.dump_json(rows).decode()
    quotation = None if found is None else QUOTATION.dump_json(found).decode()
    reply = BomReply(rows=rows, kinds=dict(Counter(one.row.kind for one in rows)))
    if "xlsx" in request.exports:
        data = await job.compute(f"{PAPERS}:workbook", rows=text, quotation=quotation)
        reply.xlsx = File(data=data, media_type=XLSX)
    if "csv" in request.exports:
        reply.csv = File(data=await job.compute(f"{PAPERS}:as_csv", rows=text), media_type="text/csv")
    if found is not None:
        papers = {"pdf": await paper_of(job, "pdf", found)} if "pdf" in request.exports else {}
        reply.quote = reply_of(found, papers)
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
        COLOURS, document=request.file, page=sheet.page, width=sheet.width, boxes=boxes
    )
    return tuple(found)


def _row_box(table: TableIn, row: int) -> tuple[float, float, float, float] | None:
    boxes = [cell.box for cell in table.cells if cell.row == row and cell.rows == 1 and cell.box]
    if not boxes:
        return None
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
