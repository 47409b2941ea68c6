"""A bill of materials as an Excel workbook with its colours, and as CSV. Runs in a worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import Workbook
from openpyxl.styles import PatternFill
from pydantic import TypeAdapter

from rung.apps.drawings.page_sentences import in_language
from rung.apps.drawings.quoting.bom_pricing import ROWS, PricedRow
from rung.apps.drawings.quoting.figures import percent
from rung.apps.drawings.quoting.quotation import Quotation
from rung.apps.drawings.quoting.quotation_words import summed
from rung.apps.drawings.quoting.quotation_xlsx import (
    CENTRE,
    GRID,
    LEFT,
    RIGHT,
    WON,
    add_quotation,
    plain,
    prepared,
    put,
    safe,
    saved,
    titles,
)

TITLES = ("No", "구분", "품명", "재질", "규격", "도번", "수량", "단가 (원)", "금액 (원)", "비고")
KINDS_KO = {"assembly": "조립품", "sub-assembly": "부분조립품", "part": "부품"}
_FILLS = {"assembly": "F8CBDD", "sub-assembly": "CFE2F6"}
_WIDTHS = (9, 12, 34, 14, 24, 20, 8, 14, 16, 40)


def workbook(rows: str, quotation: str | None) -> bytes:
    """The .xlsx of rows that are given as JSON, with the quotation's sheets behind it where there is one."""
    found = ROWS.validate_json(rows)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "BOM"
    prepared(sheet, _WIDTHS)
    sheet.page_setup.orientation = "landscape"
    titles(sheet, 1, TITLES)
    sheet.freeze_panes = "A2"
    aligned = (CENTRE, CENTRE, LEFT, CENTRE, LEFT, LEFT, RIGHT, RIGHT, RIGHT, LEFT)
    for number, (one, values) in enumerate(zip(found, _values(found), strict=True), 2):
        colour = _FILLS.get(one.row.kind)
        fill = PatternFill("solid", fgColor=colour) if colour else None
        for column, (value, align) in enumerate(zip(values, aligned, strict=True), 1):
            cell = put(sheet, number, column, value, plain(bold=one.row.kind != "part"), align, fill)
            cell.border = GRID
            if column in (7, 8, 9):
                cell.number_format = WON
    if quotation:
        made = TypeAdapter(Quotation).validate_json(quotation)
        sums = (
            ("공급가액", made.subtotal_krw),
            (f"부가세 ({percent(made.vat)})", made.vat_krw),
            ("합계", made.total_krw),
        )
        for number, (label, amount) in enumerate(sums, len(found) + 2):
            put(sheet, number, 8, label, plain(bold=True), CENTRE).border = GRID
            cell = put(sheet, number, 9, summed(made, amount), plain(bold=True), RIGHT)
            cell.border, cell.number_format = GRID, WON
        add_quotation(book, made)
    return saved(book)


def _values(rows: Sequence[PricedRow]) -> Iterator[tuple[object, ...]]:
    for one in rows:
        row = one.row
        open_ = "확인 필요" if one.item is not None and one.amount_krw is None else ""
        notes = (in_language(note, "ko") for note in row.notes)
        remark = "; ".join(filter(None, (open_, row.remark, *notes)))
        name = "    " * row.level + row.name
        kind = KINDS_KO[row.kind]
        facts = (row.no, kind, name, row.material, row.size, row.drawing_number)
        yield (*facts, row.total, one.unit_price_krw, one.amount_krw, remark)


def as_csv(rows: str) -> bytes:
    """The CSV of rows that are given as JSON, UTF-8 with its mark, as Excel wants it."""
    found = ROWS.validate_json(rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(TITLES)
    for values in _values(found):
        writer.writerow(["" if value is None else safe(value) for value in values])
    return out.getvalue().encode("utf-8-sig")
