"""Writes readings as an Excel workbook and as CSV. Runs in a worker.

A text that begins like a formula stays a text in both: what stands on somebody's drawing is no program.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from rung.apps.drawings.exports import marks
from rung.apps.drawings.exports.wording import HEADS, TITLES, heads, spoken
from rung.console.words import LANGUAGES, Language, say

WIDEST = 60
"""Characters of a column."""
SHARE = "0.000"
"""Number format of how sure a reading is: what is behind it says nothing."""
SHARES = frozenset(say(HEADS, language, name) for name in ("confidence", "score") for language in LANGUAGES)
HEAD_FONT, HEAD_FILL = Font(bold=True), PatternFill("solid", fgColor="DDE6F0")
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.])")
Page = Mapping[str, Any]


def workbook(pages: Sequence[Page], language: Language = "en") -> bytes:
    """Dimensions, frames, symbols, title block, each table, and what is unread, a sheet each; empty ones left out."""
    book = Workbook()
    book.remove(book.active)
    said = spoken(pages, language)
    for name, head, rows in (
        ("dimensions", marks.DIMENSION_HEAD, marks.dimension_rows(said)),
        ("frames", marks.FRAME_HEAD, marks.frame_rows(said, language)),
        ("symbols", marks.SYMBOL_HEAD, marks.symbol_rows(said)),
        ("title", marks.TITLE_HEAD, marks.title_rows(said)),
    ):
        _sheet(book, say(TITLES, language, name), heads(head, language), rows, always=name == "dimensions")
    for page in pages:
        for table in page["tables"]:
            _sheet(book, say(TITLES, language, "table", id=table["id"]), (), marks.table_rows(table))
    unread = say(TITLES, language, "unread")
    _sheet(book, unread, heads(marks.UNREAD_HEAD, language), marks.unread_rows(said))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, name: str, head: Sequence[str], rows: Sequence[marks.Row], *, always: bool = False) -> None:
    if not rows and not always:
        return
    sheet = book.create_sheet(name)
    shares = {column for column, title in enumerate(head, 1) if title in SHARES}
    for number, row in enumerate([list(head), *rows] if head else rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
                cell.data_type = "s"
            else:
                cell.value = value
                cell.number_format = SHARE if column in shares else "General"
            if len(str(value)) > WIDEST:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            if head and number == 1:
                cell.font, cell.fill = HEAD_FONT, HEAD_FILL
    if head:
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
    for column, width in enumerate(_widths([list(head), *rows]), 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _widths(rows: Iterable[Sequence[Any]]) -> list[float]:
    longest: list[int] = []
    for row in rows:
        longest += [0] * (len(row) - len(longest))
        for place, value in enumerate(row):
            longest[place] = max(longest[place], _signs("" if value is None else str(value)))
    return [min(length, WIDEST) + 2.0 for length in longest]


def _signs(text: str) -> int:
    """Columns that a text takes; a Hangul syllable takes two."""
    return len(text) + sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)


def dimensions_csv(pages: Sequence[Page], language: Language = "en") -> bytes:
    """Every dimension, with a head. UTF-8 with a byte order mark, without which Excel takes it for something else."""
    head = heads(marks.DIMENSION_HEAD, language)
    return _csv([head, *marks.dimension_rows(spoken(pages, language))])


def table_csv(table: Mapping[str, Any]) -> bytes:
    """One table of the drawing."""
    return _csv(marks.table_rows(table))


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([_harmless(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
