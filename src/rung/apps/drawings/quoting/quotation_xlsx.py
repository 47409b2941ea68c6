"""A quotation as an Excel workbook: the sheet that is sent, and how each sum was worked out. Runs in a worker."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import TypeAdapter

from rung.apps.drawings.quoting.figures import percent
from rung.apps.drawings.quoting.quotation import Quotation
from rung.apps.drawings.quoting.quotation_words import (
    SOURCES_LEGEND,
    condition_rows,
    customer_rows,
    heading,
    inputs_words,
    open_sentences,
    sum_in_words,
    sum_note,
    summed,
    supplier_rows,
)

FONT = "맑은 고딕"
_THIN = Side(style="thin", color="8A94A6")
GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = PatternFill("solid", fgColor="1F3A5F")
_SOFT = PatternFill("solid", fgColor="EEF2F7")
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
RIGHT = Alignment(horizontal="right", vertical="center")
WON = "#,##0;[Red]-#,##0"
_SIGNED = "+#,##0;-#,##0;0"
_WIDTHS = (5, 26, 24, 12, 8, 14, 16, 16)
_TITLES = ("No", "품명", "규격 / 도번", "재질", "수량", "단가 (원)", "공급가액 (원)", "비고")


def workbook(quotation: str) -> bytes:
    """The .xlsx of a quotation that is given as JSON."""
    book = Workbook()
    book.remove(book.worksheets[0])
    add_quotation(book, TypeAdapter(Quotation).validate_json(quotation))
    return saved(book)


def add_quotation(book: Workbook, found: Quotation) -> None:
    """The letter and its reckoning as further sheets of a workbook."""
    _letter(book.create_sheet("견적서"), found)
    _reckoning(book.create_sheet("산출내역"), found)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# --- the sheet that is sent ------------------------------------------------------------------------------------


def _letter(sheet: Worksheet, found: Quotation) -> None:
    prepared(sheet, _WIDTHS)
    sheet.merge_cells("A1:H1")
    put(sheet, 1, 1, "견  적  서", Font(name=FONT, size=22, bold=True), CENTRE)
    sheet.row_dimensions[1].height = 42
    for offset, ((left, mine), (right, theirs)) in enumerate(
        zip(customer_rows(found), supplier_rows(found.terms.supplier), strict=True)
    ):
        row = 3 + offset
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        sheet.merge_cells(start_row=row, start_column=3, end_row=row, end_column=4)
        sheet.merge_cells(start_row=row, start_column=6, end_row=row, end_column=8)
        for column, text, soft in ((1, left, True), (3, mine, False), (5, right, True), (6, theirs, False)):
            put(sheet, row, column, text, plain(bold=soft), CENTRE if soft else LEFT, _SOFT if soft else None)
        _frame(sheet, row, 1, 8)
    sheet.merge_cells("A9:H9")
    put(
        sheet,
        9,
        1,
        f"합계금액 (부가세 포함) : {sum_in_words(found)}  {sum_note(found)}".rstrip(),
        plain(12, bold=True),
        CENTRE,
        _SOFT,
    )
    sheet.row_dimensions[9].height = 30
    _frame(sheet, 9, 1, 8)
    row = _items(sheet, 11, found)
    row = _totals(sheet, row, found)
    _closing(sheet, row + 1, found)


def _items(sheet: Worksheet, row: int, found: Quotation) -> int:
    titles(sheet, row, _TITLES)
    for one in found.items:
        row += 1
        size = "\n".join(filter(None, (one.size, one.drawing_number)))
        remark = "확인 필요" if one.amount_krw is None else f"소재 {one.mass_kg:,.3f} kg" if one.mass_kg else ""
        values = (one.no, one.name_ko, size, one.material, one.quantity, one.unit_price_krw, one.amount_krw, remark)
        aligned = (CENTRE, LEFT, LEFT, CENTRE, RIGHT, RIGHT, RIGHT, CENTRE)
        for column, (value, align) in enumerate(zip(values, aligned, strict=True), 1):
            cell = put(sheet, row, column, value, plain(), align)
            cell.border = GRID
            if column >= 5:
                cell.number_format = WON
        sheet.row_dimensions[row].height = 30 if "\n" in size else 20
    return row


def _totals(sheet: Worksheet, row: int, found: Quotation) -> int:
    sums = (
        ("공급가액", found.subtotal_krw),
        (f"부가세 ({percent(found.vat)})", found.vat_krw),
        ("합    계", found.total_krw),
    )
    for label, amount in sums:
        row += 1
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=6)
        last = amount == found.total_krw and label.startswith("합")
        put(sheet, row, 1, label, plain(bold=True), CENTRE, _SOFT)
        put(sheet, row, 7, summed(found, amount), plain(bold=last), RIGHT).number_format = WON
        _frame(sheet, row, 1, 8)
    return row


def _closing(sheet: Worksheet, row: int, found: Quotation) -> None:
    for label, text in condition_rows(found):
        row += 1
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
        sheet.merge_cells(start_row=row, start_column=3, end_row=row, end_column=8)
        put(sheet, row, 1, label, plain(bold=True), CENTRE, _SOFT)
        put(sheet, row, 3, text, plain(), LEFT)
        _frame(sheet, row, 1, 8)
    row = _sentences(sheet, row + 2, "확인 필요 사항 (금액 미확정)", open_sentences(found))
    _sentences(sheet, row, "가정 사항", [f"{at}. {one.text_ko}" for at, one in enumerate(found.assumptions, 1)])


def _sentences(sheet: Worksheet, row: int, title: str, sentences: Sequence[str]) -> int:
    if not sentences:
        return row
    put(sheet, row, 1, title, plain(bold=True), Alignment(vertical="center"))
    for sentence in sentences:
        row += 1
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=8)
        put(sheet, row, 1, sentence, plain(), LEFT)
        sheet.row_dimensions[row].height = 18 * (1 + len(sentence) // 70)
    return row + 2


# --- how it was worked out ---------------------------------------------------------------------------------------


def _reckoning(sheet: Worksheet, found: Quotation) -> None:
    prepared(sheet, (22, 40, 16, 90))
    sheet.page_setup.orientation = "landscape"
    row = 1
    put(sheet, row, 1, f"산출내역  {found.number}", plain(14, bold=True), Alignment(vertical="center"))
    put(sheet, row + 1, 1, SOURCES_LEGEND, plain(), Alignment(vertical="center"))
    row += 2
    for one in found.items:
        row += 1
        put(sheet, row, 1, heading(one), plain(11, bold=True), Alignment(vertical="center"))
        row += 1
        titles(sheet, row, ("항목", "산출식", "금액 (원)", "근거"))
        for line in one.lines:
            row += 1
            formula = _figure(line.formula)
            values = (line.label_ko, formula, line.amount_krw, inputs_words(line.inputs))
            for column, (value, align) in enumerate(zip(values, (LEFT, LEFT, RIGHT, LEFT), strict=True), 1):
                cell = put(sheet, row, column, value, plain(), align)
                cell.border = GRID
            sheet.cell(row, 2).number_format = "General" if isinstance(formula, str) else _SIGNED
            sheet.cell(row, 3).number_format = WON
            sheet.row_dimensions[row].height = 18 * (1 + len(values[3]) // 75)
        for need in one.needs:
            row += 1
            put(sheet, row, 1, f"확인 필요: {need.question_ko}", plain(), Alignment(vertical="center"))
        row += 1


# --- cells -----------------------------------------------------------------------------------------------------


def prepared(sheet: Worksheet, widths: Sequence[float]) -> None:
    """One page wide on A4, no grid, columns of these widths in signs."""
    for number, width in enumerate(widths):
        sheet.column_dimensions["ABCDEFGHIJ"[number]].width = width
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.print_options.horizontalCentered = True


def plain(size: float = 10, bold: bool = False) -> Font:
    """The workbook's font."""
    return Font(name=FONT, size=size, bold=bold)


def put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: object,
    font: Font,
    align: Alignment,
    fill: PatternFill | None = None,
) -> Any:
    """A cell with its look; its value as `safe` gives it."""
    cell = sheet.cell(row, column)
    cell.value = safe(value)
    cell.font, cell.alignment = font, align
    if fill:
        cell.fill = fill
    return cell


def _figure(formula: str) -> str | int:
    """What a line is worked out by; one whole number, such as what rounding adds, is a number to Excel too."""
    return int(formula) if re.fullmatch(r"[+-]?\d+", formula, re.ASCII) else formula


def safe(value: object) -> object:
    """A text that begins like a formula stays a text: what stands on a drawing is not run in somebody's Excel.
    Without the control characters that no sheet may hold, which go first: one may stand before the sign."""
    if not isinstance(value, str):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def titles(sheet: Worksheet, row: int, names: Sequence[str]) -> None:
    """A row of headings."""
    for column, title in enumerate(names, 1):
        cell = put(sheet, row, column, title, Font(name=FONT, size=10, bold=True, color="FFFFFF"), CENTRE, _HEAD)
        cell.border = GRID
    sheet.row_dimensions[row].height = 22


def _frame(sheet: Worksheet, row: int, first: int, last: int) -> None:
    for column in range(first, last + 1):
        sheet.cell(row, column).border = GRID
