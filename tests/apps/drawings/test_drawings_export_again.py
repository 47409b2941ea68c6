"""Files of what was read come again with what people said of it since, and nothing is read again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from drawings_maker import Reader, box, pdf, ruled, scan
from openpyxl import load_workbook
from PIL import Image

from rung.apps.drawings.export_pipeline import export_again
from rung.apps.drawings.exporting import plain
from rung.apps.drawings.exports.marks import COLOURS
from rung.apps.drawings.pipeline import analyze
from rung.apps.drawings.schema import AnalyzeRequest, ExportReply, ExportRequest, PageIn
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Document

HERE = box(100, 100)
REF = {"file": "f", "url": "/v1/files/f", "media_type": "image/png", "bytes": 4}
"""As an answer names its files."""


async def read(file: Document, **more: Any) -> list[dict[str, Any]]:
    """The pages of an answer, as a client has them."""
    reply = await analyze(Reader({HERE: "⌀25H7"}).job(), AnalyzeRequest.model_validate({"file": file, **more}))
    return [plain(page) | {"picture": REF, "annotated": REF} for page in reply.pages]


async def again(file: Document, pages: list[dict[str, Any]], *exports: str, **more: str) -> ExportReply:
    asked = {"file": file, "sheets": pages, "exports": list(exports), **more}
    reader = Reader({})
    reply = await export_again(reader.job(), ExportRequest.model_validate(asked))
    assert {task for task, _ in reader.asked} == {"compute"}, "a model was asked"
    return reply


async def test_what_a_person_corrected_stands_in_the_files_without_the_drawing_being_read_again() -> None:
    file = scan(dpi=(200, 200))
    (page,) = await read(file)
    page["dimensions"][0] |= {"text": "⌀26H7", "nominal": 26.0, "status": "modified", "engine": "person"}

    reply = await again(file, [page], "xlsx", "csv", "json", language="ko")

    assert reply.tables_xlsx and reply.dimensions_csv and reply.result_json and not reply.annotated_pdf
    row = list(load_workbook(io.BytesIO(reply.tables_xlsx.data))["치수"].iter_rows(values_only=True))[1]
    assert row[2:5] == ("⌀26H7", "지름", 26) and {"수정", "사람"} < set(row)
    (line,) = csv.DictReader(io.StringIO(reply.dimensions_csv.data.decode("utf-8-sig")))
    assert line["문자"] == "⌀26H7"
    whole = json.loads(reply.result_json.data)
    assert (whole["drawing"], whole["page_count"]) == (file.key, 1)
    assert whole["pages"][0]["dimensions"][0]["status"] == "modified" and "picture" not in whole["pages"][0]


async def test_a_rejected_dimension_is_marked_as_rejected_on_the_annotated_page() -> None:
    file = scan(dpi=(200, 200))
    (page,) = await read(file)
    page["dimensions"][0]["status"] = "rejected"

    (found,) = (await again(file, [page], "annotated-png", "annotated-pdf")).pages

    assert found.annotated is not None
    pixels = np.asarray(Image.open(io.BytesIO(found.annotated.data)))
    assert tuple(pixels[110, 97]) == COLOURS["rejected"] and pixels.shape[:2] == (page["height"], page["width"])


async def test_a_pdf_that_was_rendered_finer_than_usual_is_rendered_so_again() -> None:
    file = pdf(ruled)
    (page,) = await read(file, dpi=300)

    reply = await again(file, [page], "annotated-pdf")

    assert page["dpi"] == 300 and reply.annotated_pdf is not None


def test_a_page_comes_back_as_it_was_answered_with_its_strokes() -> None:
    part = {"id": "1.c1", "class": "contour", "box": (1.0, 2.0, 3.0, 4.0), "strokes": 12, "confidence": None}
    table = {"id": "1.t1", "polygon": [(0.0, 0.0)], "rows": 1, "columns": 1, "cells": [], "csv": REF}
    sheet = {"page": 1, "width": 9, "height": 9, "dpi": 200.0, "dpi_source": "file", "picture": REF}

    page = plain(PageIn.model_validate(sheet | {"components": [part], "tables": [table]}))

    assert page["components"] == [part | {"box": [1.0, 2.0, 3.0, 4.0]}]
    assert page["tables"][0]["id"] == "1.t1" and "picture" not in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"page": 2}, "sheets[0].page: the file has page 1 alone, not 2"), ({"width": 7}, "sheets[0]: it has 7 x ")],
)
async def test_a_page_that_the_file_does_not_have_is_refused(changed: dict[str, Any], said: str) -> None:
    file = scan(dpi=(200, 200))
    (page,) = await read(file)

    with pytest.raises(InvalidInput) as refused:
        await again(file, [page | changed], "xlsx")

    assert refused.value.message.startswith(said)
