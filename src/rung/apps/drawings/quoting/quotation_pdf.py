"""A quotation as a PDF of A4 pages, with its own Korean font: the letter, and how each sum was worked out. Runs in a
worker."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.resources import as_file, files
from typing import Any
from xml.sax.saxutils import escape

from pydantic import TypeAdapter
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from rung.apps.drawings.quoting.figures import percent
from rung.apps.drawings.quoting.quotation import Quotation, QuotedItem
from rung.apps.drawings.quoting.quotation_words import (
    SOURCES_LEGEND,
    condition_rows,
    customer_rows,
    heading,
    inputs_words,
    money,
    open_sentences,
    sum_in_words,
    sum_note,
    summed,
    supplier_rows,
)

REGULAR, BOLD = "NanumSquareR", "NanumSquareB"
_NAVY, _SOFT, _GREY, _RED = HexColor("#1F3A5F"), HexColor("#EEF2F7"), HexColor("#8A94A6"), HexColor("#B3261E")
_MARGIN = 15 * mm
_WIDTH = A4[0] - 2 * _MARGIN


def paper(quotation: str) -> bytes:
    """The PDF of a quotation that is given as JSON."""
    found = TypeAdapter(Quotation).validate_json(quotation)
    _fonts()
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=14 * mm,
        bottomMargin=16 * mm,
        title=f"견적서 {found.number}",
        author=found.terms.supplier.name,
    )
    story = [*_letter(found), PageBreak(), *_reckoning(found)]
    document.build(story, canvasmaker=lambda *given, **more: _Numbered(found.number, *given, **more))
    return out.getvalue()


def _fonts() -> None:
    for name in (REGULAR, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            with as_file(files("rung.apps.drawings.quoting").joinpath("fonts", f"{name}.ttf")) as path:
                pdfmetrics.registerFont(TTFont(name, str(path)))


class _Numbered(Canvas):  # type: ignore[misc]
    """Puts the quotation's number and `page / pages` below each page, once their count is known."""

    def __init__(self, number: str, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._number = number
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for at, state in enumerate(self._held, 1):
            self.__dict__.update(state)
            self.setFont(REGULAR, 8)
            self.setFillColor(_GREY)
            self.drawString(_MARGIN, 9 * mm, self._number)
            self.drawRightString(A4[0] - _MARGIN, 9 * mm, f"{at} / {len(self._held)}")
            super().showPage()
        super().save()


# --- the letter ------------------------------------------------------------------------------------------------


def _letter(found: Quotation) -> list[Any]:
    title = Table([[_text("견   적   서", 22, bold=True, align="centre")]], colWidths=[_WIDTH], rowHeights=[15 * mm])
    title.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 2, _NAVY), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]))
    said = sum_note(found)
    note = f'<br/><font size="8.5" color="#B3261E">{_shown(said)}</font>' if said else ""
    total = Paragraph(
        f"합계금액 (부가세 포함) : <b>{_shown(sum_in_words(found))}</b>{note}", _style(12, bold=True, align="centre")
    )
    band = Table([[total]], colWidths=[_WIDTH], rowHeights=[13 * mm])
    band.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), _SOFT),
                ("BOX", (0, 0), (-1, -1), 0.8, _NAVY),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
    )
    opening = _text("아래와 같이 견적합니다.", 10)
    story: list[Any] = [title, Spacer(0, 5 * mm), _parties(found), Spacer(0, 4 * mm), opening, Spacer(0, 2 * mm), band]
    story += [Spacer(0, 4 * mm), _items(found), _totals(found), Spacer(0, 5 * mm), _conditions(found)]
    story += _sentences("확인 필요 사항 (금액 미확정)", open_sentences(found), _RED)
    story += _sentences("가정 사항", [f"{at}. {one.text_ko}" for at, one in enumerate(found.assumptions, 1)], _NAVY)
    return story


def _parties(found: Quotation) -> Table:
    rows = []
    for (left, mine), (right, theirs) in zip(customer_rows(found), supplier_rows(found.terms.supplier), strict=True):
        rows.append([_label(left), _text(mine, 9.5), "", _label(right), _text(theirs, 9.5)])
    widths = [18 * mm, 0.42 * _WIDTH - 18 * mm, 4 * mm, 18 * mm, 0.58 * _WIDTH - 22 * mm]
    table = Table(rows, colWidths=widths, rowHeights=[8 * mm] * len(rows))
    lines: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
    for first in (0, 3):
        lines += [("GRID", (first, 0), (first + 1, -1), 0.5, _GREY), ("BACKGROUND", (first, 0), (first, -1), _SOFT)]
    table.setStyle(TableStyle(lines))
    return table


_ITEM_WIDTHS = [9 * mm, 40 * mm, 35 * mm, 19 * mm, 12 * mm, 23 * mm, 25 * mm]


def _widths() -> list[float]:
    return [*_ITEM_WIDTHS, _WIDTH - sum(_ITEM_WIDTHS)]


def _items(found: Quotation) -> Table:
    titles = ("No", "품 명", "규격 / 도번", "재질", "수량", "단가(원)", "공급가액(원)", "비고")
    rows: list[list[Any]] = [[_text(one, 9, bold=True, align="centre", colour="#FFFFFF") for one in titles]]
    rows += [_item_row(one) for one in found.items]
    table = Table(rows, colWidths=_widths(), repeatRows=1)
    style = [
        *_GRID,
        ("BACKGROUND", (0, 0), (-1, 0), _NAVY),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    table.setStyle(TableStyle(style))
    return table


def _item_row(one: QuotedItem) -> list[Any]:
    size = "<br/>".join(_shown(part) for part in (one.size, one.drawing_number) if part)
    remark = f"소재 {one.mass_kg:,.2f} kg" if one.mass_kg is not None and one.amount_krw is not None else ""
    colour = "#B3261E" if one.amount_krw is None else "#000000"
    return [
        _text(str(one.no), 9, align="centre"),
        _text(one.name_ko, 9),
        Paragraph(size, _style(9)),
        _text(one.material, 9, align="centre"),
        _text(f"{one.quantity:,}", 9, align="right"),
        _text(money(one.unit_price_krw), 9, align="right", colour=colour),
        _text(money(one.amount_krw), 9, align="right", colour=colour),
        _text(remark, 7.5, align="centre"),
    ]


def _totals(found: Quotation) -> Table:
    sums = (
        ("공급가액", found.subtotal_krw),
        (f"부가세 ({percent(found.vat)})", found.vat_krw),
        ("합     계", found.total_krw),
    )
    rows = [
        [_text(label, 10, bold=True, align="centre"), _text(_money(found, amount), 10, bold=True, align="right"), ""]
        for label, amount in sums
    ]
    widths = _widths()
    table = Table(rows, colWidths=[sum(widths[:6]), widths[6], widths[7]], rowHeights=[8 * mm] * 3)
    table.setStyle(
        TableStyle([*_GRID, ("BACKGROUND", (0, 0), (0, -1), _SOFT), ("LINEABOVE", (0, 2), (-1, 2), 1, _NAVY)])
    )
    return table


def _money(found: Quotation, amount: int) -> str:
    told = summed(found, amount)
    return told if isinstance(told, str) else f"{told:,}"


def _conditions(found: Quotation) -> Table:
    rows = [[_label(label), _text(text, 9.5)] for label, text in condition_rows(found)]
    table = Table(rows, colWidths=[24 * mm, _WIDTH - 24 * mm])
    table.setStyle(TableStyle([*_GRID, ("BACKGROUND", (0, 0), (0, -1), _SOFT)]))
    return table


def _sentences(title: str, sentences: Sequence[str], colour: HexColor) -> list[Any]:
    if not sentences:
        return []
    head = _text(title, 10, bold=True, colour=colour.hexval().replace("0x", "#"))
    first, *rest = [_text(one, 9) for one in sentences]
    return [Spacer(0, 4 * mm), KeepTogether([head, Spacer(0, 1 * mm), first]), *rest]


# --- how it was worked out ---------------------------------------------------------------------------------------


def _reckoning(found: Quotation) -> list[Any]:
    story: list[Any] = [
        _text("산 출 내 역", 16, bold=True),
        Spacer(0, 2 * mm),
        _text(SOURCES_LEGEND, 8, colour="#55606F"),
    ]
    for one in found.items:
        story += [Spacer(0, 5 * mm), _text(heading(one), 10.5, bold=True), Spacer(0, 1.5 * mm), _lines(one)]
        story += [_text(f"확인 필요: {need.question_ko}", 9, colour="#B3261E") for need in one.needs]
    return story


def _lines(one: QuotedItem) -> Table:
    titles = ("항목", "산출식", "금액(원)", "근거")
    rows: list[list[Any]] = [[_text(title, 8.5, bold=True, align="centre", colour="#FFFFFF") for title in titles]]
    for line in one.lines:
        cells = [_text(line.label_ko, 8.5), _text(line.formula, 8.5), _text(f"{line.amount_krw:,}", 8.5, align="right")]
        rows.append([*cells, _text(inputs_words(line.inputs), 7.5)])
    if one.amount_krw is not None:
        rows.append([_text("계", 8.5, bold=True), "", _text(f"{one.amount_krw:,}", 8.5, bold=True, align="right"), ""])
    widths = [30 * mm, 44 * mm, 22 * mm]
    table = Table(rows, colWidths=[*widths, _WIDTH - sum(widths)], repeatRows=1)
    table.setStyle(TableStyle([*_GRID, ("BACKGROUND", (0, 0), (-1, 0), _NAVY)]))
    return table


# --- pieces ----------------------------------------------------------------------------------------------------

_GRID: list[Any] = [
    ("GRID", (0, 0), (-1, -1), 0.5, _GREY),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
]
_OTHER_SIGNS = str.maketrans({"⌀": "Ø", "−": "-", "\u2011": "-"})
"""The font has no sign of its own for these."""


def _shown(text: str) -> str:
    """The text for a paragraph: signs that the font lacks in place of others, no markup of its own."""
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph
    swapped = text.translate(_OTHER_SIGNS)
    return escape("".join(sign if ord(sign) in known or sign in " \n" else "□" for sign in swapped))


def _style(size: float, bold: bool = False, align: str = "", colour: str = "#000000") -> ParagraphStyle:
    aligned = {"centre": TA_CENTER, "right": TA_RIGHT}.get(align, 0)
    # Korean has no spaces to break a narrow column at, so words may be broken anywhere.
    return ParagraphStyle(
        "p",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.35,
        alignment=aligned,
        textColor=colour,
        wordWrap="CJK",
    )


def _text(text: str, size: float, bold: bool = False, align: str = "", colour: str = "#000000") -> Paragraph:
    return Paragraph(_shown(text), _style(size, bold, align, colour))


def _label(text: str) -> Paragraph:
    return _text(text, 9.5, bold=True, align="centre")
