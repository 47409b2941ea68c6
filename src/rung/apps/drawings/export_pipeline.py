"""The operation `export`: files of what was read, with what people said of it since, without reading it again."""

from __future__ import annotations

import math

from rung.apps.drawings import schema
from rung.apps.drawings.exporting import Drawing, Leaf, export
from rung.apps.drawings.opening.sheets import open_sheet, survey
from rung.runtime.errors import InvalidInput
from rung.runtime.job import Job


async def export_again(job: Job, request: schema.ExportRequest) -> schema.ExportReply:
    """The files that are asked for. Raises InvalidInput for a page that the file does not have, or has in another
    size."""
    count = await survey(job, request.file)
    leaves = [await _leaf(job, request, at, count) for at in range(len(request.sheets))]
    pages = [leaf.out for leaf in leaves if isinstance(leaf.out, schema.ExportedPage)]
    reply = schema.ExportReply(drawing=request.file.key, pages=pages)
    of = Drawing(media_type=request.file.media_type, page_count=count)
    await export(job, reply, of, leaves, set(request.exports), request.language)
    return reply


async def _leaf(job: Job, request: schema.ExportRequest, at: int, count: int) -> Leaf:
    """The page with its picture, opened as it was when it was read."""
    page, where = request.sheets[at], f"sheets[{at}]"
    if page.page > count:
        has = f"1 to {count}" if count > 1 else "page 1 alone"
        raise InvalidInput(f"{where}.page: the file has {has}, not {page.page}", field=f"{where}.page")
    # A page that would have had too many pixels was rendered at a broken number of dots, and is again.
    dpi = math.ceil(page.dpi) if page.dpi_source in ("rendered", "given") else None
    sheet = await open_sheet(job, request.file, page.page, dpi, text_layer=False, turned=page.turned)
    if (sheet.picture.width, sheet.picture.height) != (page.width, page.height):
        raise InvalidInput(
            f"{where}: it has {page.width} x {page.height} pixels, and page {page.page} of the file has"
            f" {sheet.picture.width} x {sheet.picture.height}; send the file that was analysed, and the page as"
            " `analyze` answered it",
            field=where,
        )
    tables = [schema.ExportedTable(id=table.id) for table in page.tables]
    out = schema.ExportedPage(page=page.page, tables=tables)
    return Leaf(page=page, picture=sheet.picture, out=out, blank=sheet.blank)
