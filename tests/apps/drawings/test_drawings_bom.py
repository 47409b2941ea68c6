"""Bills of materials: headings, hierarchy by colours and numbers, quantities, and that only parts are priced."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import openpyxl
import pytest
from drawings_maker import Reader, document
from PIL import Image, ImageDraw
from pydantic import ValidationError
from reportlab.pdfgen.canvas import Canvas

from rung.apps.drawings.quoting.bom import Grid, Row, columns_of, rows_of
from rung.apps.drawings.quoting.bom_pipeline import bom
from rung.apps.drawings.quoting.quote_schema import BomReply, BomRequest
from rung.apps.drawings.quoting.row_colours import ground_of, row_colours
from rung.runtime.errors import NothingFound

HEAD = ("NO", "품명", "재질", "규격", "수량")
LIST = [
    HEAD,
    ("1", "THRUST BEARING ASSY", "", "", "2"),
    ("2", "CASING ASSY", "", "", "1"),
    ("3", "THRUST CASING", "SS400", "OD400×ID300×80L", "2 EA"),
    ("4", "THRUST PAD", "SS400", "120×80×30", "8"),
]
COLOURS = ["", "pink", "blue", "white", "white"]


def grid(rows: Any = LIST, colours: Any = ()) -> Grid:
    return Grid(rows=tuple(map(tuple, rows)), colours=tuple(colours))


def shown(rows: tuple[Row, ...]) -> list[tuple[str, str, int | None]]:
    return [(row.no, row.kind, row.parent) for row in rows]


async def made(**asked: Any) -> BomReply:
    wanted = BomRequest.model_validate({"date": "2026-11-30", "exports": []} | asked)
    return await bom(Reader().job(), wanted)


# --- the bill ------------------------------------------------------------------------------------------------


def test_colours_say_what_a_row_is_and_what_it_belongs_to() -> None:
    rows = rows_of([grid(colours=COLOURS)])

    assert shown(rows) == [("1", "assembly", None), ("2", "sub-assembly", 0), ("3", "part", 1), ("4", "part", 1)]
    assert [row.quantity for row in rows] == [2, 1, 2, 8]


def test_numbers_say_it_where_there_are_no_colours() -> None:
    numbered = [
        HEAD,
        ("1", "ASSY", "", "", "1"),
        ("1.1", "SUB", "", "", "1"),
        ("1.1.1", "PAD", "", "", "2"),
        ("1.2", "RING", "", "", "1"),
    ]

    assert shown(rows_of([grid(numbered)])) == [
        ("1", "assembly", None),
        ("1.1", "sub-assembly", 0),
        ("1.1.1", "part", 1),
        ("1.2", "part", 0),
    ]


def test_without_colours_and_numbers_of_several_levels_all_are_parts() -> None:
    assert {row.kind for row in rows_of([grid()])} == {"part"}


def test_a_heading_at_the_foot_is_read_upwards_as_on_drawings() -> None:
    rows = rows_of([grid(list(reversed(LIST)))])

    assert [row.no for row in rows] == ["1", "2", "3", "4"]


def test_quantities_of_one_parent_are_multiplied_only_where_asked() -> None:
    each = rows_of([grid(colours=COLOURS)], per_parent=True)

    assert [row.total for row in each] == [2, 2, 4, 16]
    assert [row.total for row in rows_of([grid(colours=COLOURS)])] == [2, 1, 2, 8]


def test_what_cannot_be_read_is_noted_and_no_number_is_made_up() -> None:
    (row,) = rows_of([grid([HEAD, ("7", "PAD", "SS400", "", "l2")])])

    assert row.total is None and "'l2' cannot be understood" in row.notes[0]


def test_a_row_whose_colour_cannot_be_told_says_so() -> None:
    rows = rows_of([grid(colours=["", "pink", "blue", "white", ""])])

    assert rows[3].kind == "part" and "colour cannot be told" in rows[3].notes[-1]


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (("NO.", "PART NAME", "MAT'L", "Q'TY"), ["no", "name", "material", "quantity"]),
        (
            ("품번", "품 명", "재 질", "규 격", "수 량", "비 고"),
            ["no", "name", "material", "size", "quantity", "remark"],
        ),
        (("1", "THRUST PAD", "SS400", "8"), []),
        (("NO", "DATE", "REVISION", "BY"), []),
    ],
)
def test_headings_in_two_languages_are_known_and_other_tables_are_none(row: tuple[str, ...], names: list[str]) -> None:
    assert list(columns_of(row).values()) == names


# --- colours of a page ---------------------------------------------------------------------------------------


def coloured_page() -> bytes:
    image = Image.new("RGB", (400, 200), "white")
    draw = ImageDraw.Draw(image)
    for at, colour in enumerate(((255, 192, 203), (189, 215, 238), (255, 255, 255))):
        draw.rectangle((20, 20 + 40 * at, 380, 58 + 40 * at), fill=colour, outline="black")
        draw.text((30, 30 + 40 * at), "PART NAME 123", fill="black")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def test_the_ground_of_rows_is_told_under_their_texts_in_a_jpeg() -> None:
    page = document(coloured_page(), "image/jpeg", 400, 200)

    found = row_colours(page, 1, 400, [(20, 20 + 40 * at, 380, 58 + 40 * at) for at in range(3)])

    assert found == ["pink", "blue", "white"]


def test_the_ground_of_rows_is_told_on_a_page_of_a_pdf_at_any_width() -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(400, 200))
    for at, colour in enumerate(("#FFC0CB", "#BDD7EE", "#FFFFFF")):
        canvas.setFillColor(colour)
        canvas.rect(20, 142 - 40 * at, 360, 38, fill=1)
    canvas.showPage()
    canvas.save()
    page = document(out.getvalue(), "application/pdf")

    found = row_colours(page, 1, 1000, [(50, 50 + 100 * at, 950, 145 + 100 * at) for at in range(3)])

    assert found == ["pink", "blue", "white"]


def test_ink_alone_has_no_ground() -> None:
    assert ground_of(np.zeros((50, 3), np.uint8)) == ""


# --- the operation -------------------------------------------------------------------------------------------


async def test_only_parts_are_priced_and_the_sum_is_theirs() -> None:
    reply = await made(rows=LIST, colours=COLOURS)

    assert reply.quote and reply.kinds == {"assembly": 1, "sub-assembly": 1, "part": 2}
    assert [one.item for one in reply.rows] == [None, None, 1, 2]
    assert sum(one.amount_krw or 0 for one in reply.rows) == reply.quote.subtotal_krw > 0
    assert [one.name for one in reply.quote.items] == ["THRUST CASING", "THRUST PAD"]


async def test_the_workbook_keeps_the_colours_and_the_csv_the_rows() -> None:
    reply = await made(rows=LIST, colours=COLOURS, exports=["xlsx", "csv", "pdf"])

    assert reply.xlsx and reply.csv and reply.quote and reply.quote.pdf
    bill, *rest = openpyxl.load_workbook(io.BytesIO(reply.xlsx.data)).worksheets
    fills = [bill.cell(row, 3).fill.fgColor.rgb for row in (2, 3, 4)]
    assert fills[0].endswith("F8CBDD") and fills[1].endswith("CFE2F6") and fills[2] == "00000000"
    assert [sheet.title for sheet in rest] == ["견적서", "산출내역"]
    lines = list(csv.reader(io.StringIO(reply.csv.data.decode("utf-8-sig"))))
    assert [line[1] for line in lines] == ["구분", "조립품", "부분조립품", "부품", "부품"]


async def test_what_could_not_be_read_of_a_row_is_said_in_korean_and_an_unpriced_bill_has_no_sum_of_nothing() -> None:
    rows = [HEAD, ("1", "", "SS400", "D50×100L", "2"), ("2", "CASING", "SS400", "", "some")]

    reply = await made(rows=rows, exports=["xlsx", "csv"])

    assert reply.xlsx and reply.csv and reply.quote and reply.quote.total_krw == 0
    bill = openpyxl.load_workbook(io.BytesIO(reply.xlsx.data))["BOM"]
    assert bill.cell(2, 10).value == "이 행의 품명을 읽지 못했습니다"
    assert str(bill.cell(3, 10).value).endswith("수량을 이해할 수 없습니다: 'some'")
    assert [bill.cell(row, 9).value for row in (4, 5, 6)] == ["–", "–", "–"]
    assert "이 행의 품명을 읽지 못했습니다" in reply.csv.data.decode("utf-8-sig")


async def test_a_drawing_s_tables_are_read_and_what_they_say_is_read() -> None:
    cells = [{"row": r, "column": c, "text": text} for r, row in enumerate(LIST) for c, text in enumerate(row)]
    other = [{"row": 0, "column": 0, "text": "REV"}, {"row": 0, "column": 1, "text": "DATE"}]

    reply = await made(sheets=[{"page": 2, "tables": [{"cells": other}, {"cells": cells}]}])

    assert reply.quote and [one.row.page for one in reply.rows] == [2] * 4
    made_of = [
        one for item in reply.quote.items for line in item.lines for one in line.inputs if one.name == "quantity"
    ]
    assert {one.source for one in made_of} == {"read"} and made_of[0].ref


async def test_tables_that_are_no_parts_list_are_an_error_and_no_empty_success() -> None:
    with pytest.raises(NothingFound, match="no table is a parts list"):
        await made(rows=[["REV", "DATE"], ["A", "2024.1.1"]])


@pytest.mark.parametrize(
    ("asked", "said"), [({}, "nothing to list"), ({"rows": LIST, "colours": ["pink"]}, "1 entries for 5 rows")]
)
def test_a_bill_of_nothing_is_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        BomRequest.model_validate(asked)
