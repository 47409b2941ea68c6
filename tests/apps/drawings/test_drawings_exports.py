"""The files of an answer say what the answer says, and none of them runs anything."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import numpy as np
import pypdfium2
import pytest
from drawings_maker import Reader, box, scan
from openpyxl import load_workbook
from PIL import Image

from rung.apps.drawings import schema
from rung.apps.drawings.exporting import plain
from rung.apps.drawings.exports import marks
from rung.apps.drawings.exports.annotated_pdf import annotated_pdf, shown
from rung.apps.drawings.exports.letters import printable
from rung.apps.drawings.exports.marks import COLOURS
from rung.apps.drawings.exports.tables_out import table_csv, workbook
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeReply, AnalyzeRequest
from rung.runtime.tasks import Picture

HERE, THERE = box(100, 100), box(300, 200)
ALL = ["annotated-png", "annotated-pdf", "xlsx", "csv", "json"]


async def reply_with(*exports: str, **more: str) -> AnalyzeReply:
    reader = Reader({HERE: "⌀25H7", THERE: "=SUM(A1)", box(400, 300): ""})
    asked = AnalyzeRequest.model_validate({"file": scan(dpi=(200, 200)), "exports": list(exports), **more})
    return await analyze(reader.job(), asked)


def grid(*texts: str) -> dict[str, Any]:
    cells = [{"row": place // 2, "column": place % 2, "text": text} for place, text in enumerate(texts)]
    return {"id": "1.t1", "rows": (len(texts) + 1) // 2, "columns": 2, "cells": cells}


FAULTY = {
    "id": "3.f1", "text": "⌖|0.1|?", "characteristic": "position", "zone": "width", "tolerance": 0.1,
    "modifiers": ["Ⓜ"], "datums": [{"letter": "A", "modifiers": []}, {"letter": "B", "modifiers": ["Ⓜ"]}],
    "confidence": 0.9, "engine": "reader",
    "errors": [{"cell": 2, "message": "'?' is no datum"}],
}  # fmt: skip


async def test_only_the_files_that_were_asked_for_are_made() -> None:
    none, every = await reply_with(), await reply_with(*ALL)

    assert none.pages[0].annotated is None and none.tables_xlsx is None and none.result_json is None
    assert every.pages[0].annotated and every.annotated_pdf and every.dimensions_csv and every.tables_xlsx


async def test_the_annotated_page_has_each_reading_in_its_colour_and_its_size_is_the_page_s() -> None:
    (page,) = (await reply_with("annotated-png")).pages

    assert page.annotated is not None
    pixels = np.asarray(Image.open(io.BytesIO(page.annotated.data)))
    assert pixels.shape == (page.height, page.width, 3)
    assert tuple(pixels[110, 97]) == COLOURS["dimension"], "a little left of the dimension's polygon"
    assert tuple(pixels[310, 397]) == COLOURS["unread"]
    assert COLOURS["dimension"] not in {tuple(pixels[110, x]) for x in (99, 100, 101)}, (
        "its signs are covered by no line"
    )


async def test_the_pdf_holds_the_page_at_its_own_size_and_a_list_of_its_dimensions() -> None:
    found = (await reply_with("annotated-pdf")).annotated_pdf

    assert found is not None
    first, listed = pypdfium2.PdfDocument(found.data)
    assert first.get_size() == pytest.approx((600 * 72 / 200, 400 * 72 / 200), abs=0.5)
    text = listed.get_textpage().get_text_bounded()
    assert "Ø25H7" in text and "diameter" in text and "0.021" in text
    assert "Page 1: Unread" in text and "no letters in it" in text


@pytest.mark.parametrize(
    ("value", "said"),
    [(242.49, "242.49"), (1060.5, "1060.5"), (12345.678, "12345.678"), (-0.0005, "-0.0005"), (0.99931878, "0.99932")],
)
def test_the_pdf_s_list_rounds_no_size_to_another_one(value: float, said: str) -> None:
    assert shown(value) == said


async def test_the_workbook_and_the_csv_hold_every_dimension_with_its_figures() -> None:
    reply = await reply_with("xlsx", "csv", "json")

    assert reply.tables_xlsx and reply.dimensions_csv and reply.result_json
    book = load_workbook(io.BytesIO(reply.tables_xlsx.data))
    head, row = book["Dimensions"].iter_rows(values_only=True)
    made = dict(zip(head, row, strict=True))
    assert (made["text"], made["nominal"], made["upper"], made["lower"], made["fit"]) == ("⌀25H7", 25, 0.021, 0, "H7")
    assert [one[3] for one in book["Unread"].iter_rows(min_row=2, values_only=True)] == ["no letters in it"]
    (line,) = csv.DictReader(io.StringIO(reply.dimensions_csv.data.decode("utf-8-sig")))
    assert (line["text"], line["upper"]) == ("⌀25H7", "0.021")
    whole = json.loads(reply.result_json.data)
    assert whole["pages"][0]["dimensions"][0]["text"] == "⌀25H7" and "picture" not in whole["pages"][0]


KOREAN = re.compile("[가-힣]")


async def test_whoever_asks_for_korean_files_gets_headings_names_and_reasons_in_korean_and_the_same_json() -> None:
    english, korean = await reply_with(*ALL), await reply_with(*ALL, language="ko")

    assert korean.tables_xlsx and korean.dimensions_csv and korean.annotated_pdf
    assert korean.result_json == english.result_json
    rows = list(csv.DictReader(io.StringIO(korean.dimensions_csv.data.decode("utf-8-sig"))))
    assert [(row["문자"], row["종류"], row["검토"]) for row in rows] == [("⌀25H7", "지름", "미검토")]
    book = load_workbook(io.BytesIO(korean.tables_xlsx.data))
    assert book.sheetnames == ["치수", "읽지 못함"]
    _, listed = pypdfium2.PdfDocument(korean.annotated_pdf.data)
    assert "1쪽: 치수" in listed.get_textpage().get_text_bounded()


def test_every_heading_name_and_reason_of_a_korean_workbook_is_korean() -> None:
    error = {"cell": 2, "message": "a datum is expected, and '?' is none"}
    page = plain(schema.Page.model_construct(page=1, width=1, height=1, dpi=200.0, dpi_source="file", picture=None))
    symbol = {"id": "1.s1", "label": "weld", "variant": "fillet", "text": "a4", "score": 0.9, "dimension": None}
    field = {"text": "S45C", "value": None, "confidence": 0.9, "engine": "rules"}
    unread = {"polygon": [[0, 0]], "reason": "no text was found in it", "text": ""}
    full = page | {
        "frames": [FAULTY | {"errors": [error]}], "symbols": [symbol], "title_block": {"material": field},
        "unread": [unread],
    }  # fmt: skip

    book = load_workbook(io.BytesIO(workbook([full], "ko")))
    rows = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}

    assert set(rows) == {"치수", "기하공차", "기호", "표제란", "읽지 못함"}
    assert all(KOREAN.search(head) for sheet in rows.values() for head in sheet[0] if head not in ("x", "y"))
    assert rows["기하공차"][1][3:5] == ("위치도", "폭") and rows["기하공차"][1][-1].startswith(
        "3번째 칸: 데이텀이 있어야"
    )
    assert rows["기호"][1][2:5] == ("용접 기호", "필릿", "a4")
    assert rows["표제란"][1][1:3] == ("재질", "S45C") and rows["표제란"][1][-1] == "규칙"
    assert rows["읽지 못함"][1][3] == "문자를 찾지 못했습니다"


def test_modifiers_stand_in_the_files_as_on_the_drawing() -> None:
    datum = {"letter": "B", "modifiers": ["maximum-material"]}

    (row,) = marks.frame_rows([{"page": 3, "frames": [FAULTY | {"modifiers": ["free-state"], "datums": [datum]}]}])

    assert dict(zip(marks.FRAME_HEAD, row, strict=True))["datums"] == "BⓂ"
    assert dict(zip(marks.FRAME_HEAD, row, strict=True))["modifiers"] == "Ⓕ"
    assert printable("BⓂ 가 ⌀5 µ") == "B(M) 가 Ø5 u", "the font draws nothing for a letter in a ring"


def test_a_list_that_no_sheet_holds_goes_on_on_the_next_one_with_its_headings() -> None:
    unread = [{"polygon": [[0, 0]], "reason": f"reason {number} " + "x" * 200, "text": ""} for number in range(120)]
    page = plain(schema.Page.model_construct(page=1, width=10, height=10, dpi=200.0, dpi_source="file", picture=None))
    grey = io.BytesIO()
    Image.new("L", (10, 10), 255).save(grey, "PNG")
    picture = Picture(data=grey.getvalue(), key="k", width=10, height=10, media_type="image/png")

    _, *sheets = pypdfium2.PdfDocument(annotated_pdf([picture], [page | {"unread": unread}], "title"))
    texts = [sheet.get_textpage().get_text_bounded() for sheet in sheets]

    assert len(texts) > 1 and all("Page 1: Unread" in text and "best guess" in text for text in texts)
    assert all(f"reason {number} " in "".join(texts) for number in range(120))


def test_a_frame_s_row_says_what_the_answer_says_and_counts_a_fault_s_cell_from_one() -> None:
    page = {"page": 3, "frames": [FAULTY]}

    (row,) = marks.frame_rows([page])

    assert dict(zip(marks.FRAME_HEAD, row, strict=True)) == {
        "page": 3, "id": "3.f1", "text": "⌖|0.1|?", "characteristic": "position", "zone": "width", "tolerance": 0.1,
        "modifiers": "Ⓜ", "datums": "A | BⓂ", "confidence": 0.9, "engine": "reader",
        "errors": "cell 3: '?' is no datum",
    }  # fmt: skip


def test_a_text_that_begins_like_a_formula_stays_a_text_and_a_deviation_a_figure() -> None:
    texts = ("=1+1", "@cmd", "+A1", "-0.2", "+0.1", "부품")
    page = plain(schema.Page.model_construct(page=1, width=1, height=1, dpi=200.0, dpi_source="file", picture=None))

    rows = list(csv.reader(io.StringIO(table_csv(grid(*texts)).decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(workbook([page | {"tables": [grid(*texts)]}])))

    assert rows == [["'=1+1", "'@cmd"], ["'+A1", "-0.2"], ["+0.1", "부품"]]
    cells = [cell for row in book["Table 1.t1"].iter_rows() for cell in row]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s") for text in texts]
