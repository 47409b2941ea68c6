"""Owns the files of an answer: the annotated pages, the workbook, the tables, the whole as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from rung.apps.drawings import schema
from rung.apps.drawings.opening.sizes import page_bytes
from rung.apps.drawings.page_way import Examined
from rung.runtime.app import File
from rung.runtime.job import Job

EXPORTS: Final = "rung.apps.drawings.exports"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES: Final[Any] = {"picture": True, "annotated": True, "tables": {"__all__": {"csv"}}}


def plain(page: schema.Page) -> dict[str, Any]:
    """A page in its plain form, its files left out."""
    return page.model_dump(mode="json", by_alias=True, exclude=_FILES)


async def export(
    job: Job, reply: schema.AnalyzeReply, examined: Sequence[Examined], wanted: set[schema.Export]
) -> None:
    """Adds the files that are wanted to the answer."""
    pages = [plain(page) for page in reply.pages]
    if "annotated-png" in wanted:
        for found, page in zip(examined, pages, strict=True):
            if not found.sheet.blank:
                found.page.annotated = await _annotated(job, found, page)
    if "csv" in wanted:
        reply.dimensions_csv = _csv(await job.compute(f"{EXPORTS}.tables_out:dimensions_csv", pages=pages))
        for page_out, page in zip(reply.pages, pages, strict=True):
            for table, rows in zip(page_out.tables, page["tables"], strict=True):
                table.csv = _csv(await job.compute(f"{EXPORTS}.tables_out:table_csv", table=rows))
    if "xlsx" in wanted:
        data = await job.compute(f"{EXPORTS}.tables_out:workbook", pages=pages)
        reply.tables_xlsx = File(data=data, media_type=XLSX)
    if "annotated-pdf" in wanted:
        pictures = [found.sheet.picture for found in examined]
        title = f"Readings of drawing {reply.drawing[:12]}"
        data = await job.compute(
            f"{EXPORTS}.annotated_pdf:annotated_pdf",
            working=max(page_bytes(one.width, one.height) for one in pictures),
            pictures=pictures,
            pages=pages,
            title=title,
        )
        reply.annotated_pdf = File(data=data, media_type="application/pdf")
    if "json" in wanted:
        whole = {"drawing": reply.drawing, "media_type": reply.media_type, "page_count": reply.page_count}
        data = json.dumps(whole | {"pages": pages}, ensure_ascii=False, indent=1).encode()
        reply.result_json = File(data=data, media_type="application/json")


async def _annotated(job: Job, found: Examined, page: dict[str, Any]) -> File:
    picture = found.sheet.picture
    data = await job.compute(
        f"{EXPORTS}.annotated:annotated_png", page_bytes(picture.width, picture.height), picture=picture, page=page
    )
    return File(data=data, media_type="image/png", width=picture.width, height=picture.height)


def _csv(data: bytes) -> File:
    return File(data=data, media_type="text/csv")
