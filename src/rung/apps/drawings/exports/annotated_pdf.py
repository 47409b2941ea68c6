"""Writes a drawing's pages with what was read over them, and lists of the readings, as one PDF. Runs in a worker."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, Paragraph, Spacer, Table, TableStyle

from rung.apps.drawings.exports import marks
from rung.apps.drawings.exports.letters import lettered, printable
from rung.apps.drawings.exports.wording import TITLES, heads, spoken
from rung.console.words import Language, say
from rung.runtime.tasks import Picture

POINTS = 72.0
SMALL = 6.5
LIST_SIZE, EDGE = (595.28, 841.89), 40.0
"""A4, in points."""
Columns = Sequence[tuple[str, int]]
"""A column's name in the rows of `marks`, and its share of the width."""
DIMENSIONS: Columns = (
    ("id", 6), ("text", 15), ("type", 9), ("nominal", 9), ("upper", 8), ("lower", 8), ("fit", 8), ("confidence", 8),
    ("status", 9), ("notes", 20),
)  # fmt: skip
FRAMES: Columns = (
    ("id", 6), ("characteristic", 18), ("zone", 10), ("tolerance", 9), ("modifiers", 9), ("datums", 14),
    ("confidence", 9), ("errors", 25),
)  # fmt: skip
SYMBOLS: Columns = (("id", 6), ("label", 20), ("variant", 20), ("text", 20), ("score", 10), ("dimension", 24))
TITLE: Columns = (("field", 20), ("text", 40), ("value", 30), ("confidence", 10))
UNREAD: Columns = (("id", 6), ("reason", 60), ("best guess", 34))
MOST_SIGNS = 300
"""Of a text in a list: a drawing's own may be of any length, and a cell has to fit on a sheet."""
Page = Mapping[str, Any]


def annotated_pdf(pictures: Sequence[Picture], pages: Sequence[Page], title: str, language: Language = "en") -> bytes:
    """Each page at its own size with its marks as lines, then what was read on it, and what was not, as lists."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    canvas.setTitle(title)
    for picture, page in zip(pictures, pages, strict=True):
        _sheet(canvas, picture, page, language)
        _lists(canvas, page, language)
    canvas.save()
    return out.getvalue()


def _sheet(canvas: Canvas, picture: Picture, page: Page, language: Language) -> None:
    scale = POINTS / page["dpi"]
    height = picture.height * scale
    canvas.setPageSize((picture.width * scale, height))
    canvas.drawImage(ImageReader(io.BytesIO(picture.data)), 0, 0, picture.width * scale, height)
    canvas.setLineWidth(0.7)
    (said,) = spoken([page], language)
    for mark in marks.marks_of(said):
        canvas.setStrokeColorRGB(*(one / 255 for one in mark.colour))
        canvas.setFillColorRGB(*(one / 255 for one in mark.colour))
        corners = [(x * scale, height - y * scale) for x, y in mark.polygon]
        path = canvas.beginPath()
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
        canvas.drawPath(path)
        canvas.setFont(lettered(), SMALL)
        canvas.drawString(min(x for x, _ in corners), max(y for _, y in corners) + 1.5, printable(mark.label))
    canvas.showPage()


def _lists(canvas: Canvas, page: Page, language: Language) -> None:
    """The readings of a page as tables, on as many sheets as they need."""
    story: list[Flowable] = []
    for name, columns, rows in listed(page, language):
        title = say(TITLES, language, "of_page", page=page["page"], what=say(TITLES, language, name))
        if rows:
            story += [_table(title, columns, rows, language), Spacer(0, 14)]
    while story:
        canvas.setPageSize(LIST_SIZE)
        _filled(canvas, story)
        canvas.showPage()


def listed(page: Page, language: Language) -> list[tuple[str, Columns, list[marks.Row]]]:
    """(a name of TITLES, its columns with their shares of the width, its rows) of each list of a page."""
    (said,) = spoken([page], language)
    unread = [[marks.unread_id(number), *row] for number, row in enumerate(marks.unread_rows([said]), 1)]
    of_rows = (
        ("dimensions", DIMENSIONS, marks.DIMENSION_HEAD, marks.dimension_rows([said])),
        ("frames", FRAMES, marks.FRAME_HEAD, marks.frame_rows([said], language)),
        ("symbols", SYMBOLS, marks.SYMBOL_HEAD, marks.symbol_rows([said])),
        ("title", TITLE, marks.TITLE_HEAD, marks.title_rows([said])),
        ("unread", UNREAD, ("id", *marks.UNREAD_HEAD), unread),
    )
    return [
        (name, columns, [[row[head.index(column)] for column, _ in columns] for row in rows])
        for name, columns, head, rows in of_rows
    ]


def _filled(canvas: Canvas, story: list[Flowable]) -> None:
    """One sheet with as much of the story as it holds; what is drawn is taken off the story."""
    sheet = Frame(EDGE, EDGE, LIST_SIZE[0] - 2 * EDGE, LIST_SIZE[1] - 2 * EDGE, 0, 0, 0, 0)
    empty = True
    while story and sheet.add(story[0], canvas):
        del story[0]
        empty = False
    # A row that no sheet could hold is split nowhere: it is left out rather than asked for again for ever.
    parts = sheet.split(story[0], canvas) if story else []
    if parts and sheet.add(parts[0], canvas):
        story[:1] = parts[1:]
    elif story and empty:
        del story[0]


def _table(title: str, columns: Columns, rows: Sequence[marks.Row], language: Language) -> Table:
    """With its title as its first row, which so never stands alone at the foot of a sheet, and is said again on the
    next one."""
    small, head = _style(7), _style(7, soft=True)
    cells = [[Paragraph(escape(title), _style(10)), *[""] * (len(columns) - 1)]]
    cells += [[Paragraph(escape(printable(one)), head) for one in heads([name for name, _ in columns], language)]]
    shares = {place for place, (name, _) in enumerate(columns) if name in ("confidence", "score")}
    cells += [
        [
            Paragraph(escape(percent(value) if place in shares else shown(value)), small)
            for place, value in enumerate(row)
        ]
        for row in rows
    ]
    whole = sum(share for _, share in columns)
    widths = [share / whole * (LIST_SIZE[0] - 2 * EDGE) for _, share in columns]
    look = [("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#C9D0DA")), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    look += [("BACKGROUND", (0, 1), (-1, 1), HexColor("#EEF2F7")), ("LEFTPADDING", (0, 0), (-1, -1), 3)]
    look += [("RIGHTPADDING", (0, 0), (-1, -1), 3), ("TOPPADDING", (0, 0), (-1, -1), 1.5)]
    look += [("BOTTOMPADDING", (0, 0), (-1, -1), 2.5), ("SPAN", (0, 0), (-1, 0))]
    return Table(cells, colWidths=widths, repeatRows=2, style=TableStyle(look))


def _style(size: float, *, soft: bool = False) -> ParagraphStyle:
    # Korean has no spaces to break a narrow column at, so words may be broken anywhere.
    colour = HexColor("#4B5567" if soft else "#000000")
    return ParagraphStyle("p", fontName=lettered(), fontSize=size, leading=size * 1.3, textColor=colour, wordWrap="CJK")


def percent(share: float | None) -> str:
    """Rounded down: nothing but certainty is 100 %. Empty where there is none."""
    return "" if share is None else f"{int(share * 100)}%"


def shown(value: Any) -> str:
    """A value as the list has it: a figure to a hundred-thousandth, so that no size is rounded to another one."""
    if value is None:
        return ""
    return f"{round(value, 5):.12g}" if isinstance(value, float) else printable(str(value)[:MOST_SIGNS])
