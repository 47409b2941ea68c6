"""Owns the files of an answer: the annotated pages, the workbook, the tables, the whole as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rung.apps.drawings import schema
from rung.apps.drawings.exports.wording import TITLES
from rung.apps.drawings.opening.sizes import page_bytes
from rung.console.words import Language, say
from rung.runtime.app import File
from rung.runtime.job import Job
from rung.runtime.tasks import Picture

EXPORTS: Final = "rung.apps.drawings.exports"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES: Final[Any] = {"picture": True, "annotated": True, "tables": {"__all__": {"csv"}}}


def plain(page: schema.Page) -> dict[str, Any]:
    """A page in its plain form, its files left out."""
    return page.model_dump(mode="json", by_alias=True, exclude=_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What the JSON says of the file beside its pages."""

    media_type: str
    page_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A page that was read, the picture that its places are of, and what of the answer takes its files.

    blank: nothing is on it.
    """

    page: schema.Page
    picture: Picture
    out: schema.Page | schema.ExportedPage
    blank: bool = False


Reply = schema.AnalyzeReply | schema.ExportReply


async def export(
    job: Job, reply: Reply, of: Drawing, leaves: Sequence[Leaf], wanted: set[schema.Export], language: Language
) -> None:
    """Adds the files that are wanted to the answer."""
    pages = [plain(leaf.page) for leaf in leaves]
    if "annotated-png" in wanted:
        for leaf, page in zip(leaves, pages, strict=True):
            if not leaf.blank:
                leaf.out.annotated = await _annotated(job, leaf.picture, page)
    if "csv" in wanted:
        found = await job.compute(f"{EXPORTS}.tables_out:dimensions_csv", pages=pages, language=language)
        reply.dimensions_csv = _csv(found)
        for leaf, page in zip(leaves, pages, strict=True):
            tables: Sequence[schema.Table | schema.ExportedTable] = leaf.out.tables
            for table, rows in zip(tables, page["tables"], strict=True):
                table.csv = _csv(await job.compute(f"{EXPORTS}.tables_out:table_csv", table=rows))
    if "xlsx" in wanted:
        data = await job.compute(f"{EXPORTS}.tables_out:workbook", pages=pages, language=language)
        reply.tables_xlsx = File(data=data, media_type=XLSX)
    if "annotated-pdf" in wanted:
        reply.annotated_pdf = await _document(job, reply.drawing, leaves, pages, language)
    if "json" in wanted:
        whole = {"drawing": reply.drawing, "media_type": of.media_type, "page_count": of.page_count}
        data = json.dumps(whole | {"pages": pages}, ensure_ascii=False, indent=1).encode()
        reply.result_json = File(data=data, media_type="application/json")


async def _annotated(job: Job, picture: Picture, page: dict[str, Any]) -> File:
    data = await job.compute(
        f"{EXPORTS}.annotated:annotated_png", page_bytes(picture.width, picture.height), picture=picture, page=page
    )
    return File(data=data, media_type="image/png", width=picture.width, height=picture.height)


async def _document(
    job: Job, drawing: str, leaves: Sequence[Leaf], pages: Sequence[dict[str, Any]], language: Language
) -> File:
    pictures = [leaf.picture for leaf in leaves]
    data = await job.compute(
        f"{EXPORTS}.annotated_pdf:annotated_pdf",
        working=max(page_bytes(one.width, one.height) for one in pictures),
        pictures=pictures,
        pages=pages,
        title=say(TITLES, language, "document", drawing=drawing[:12]),
        language=language,
    )
    return File(data=data, media_type="application/pdf")


def _csv(data: bytes) -> File:
    return File(data=data, media_type="text/csv")
