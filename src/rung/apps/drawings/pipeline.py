"""One async function per operation of Drawings: what is wanted, in the user's words."""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.drawings import known, reviews, schema
from rung.apps.drawings.exporting import Drawing, Leaf, export
from rung.apps.drawings.heights import LEGIBLE_PX, hardly_legible
from rung.apps.drawings.lines import Line
from rung.apps.drawings.opening.sheets import OpenSheet, pages_of
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.page_way import Examined, examine
from rung.apps.drawings.pages import each_page, not_empty
from rung.apps.drawings.reading import Areas, lines_of
from rung.apps.drawings.understanding import understand
from rung.apps.drawings.upright import set_upright
from rung.runtime.errors import RungError
from rung.runtime.job import Job


async def read(job: Job, request: schema.ReadRequest) -> schema.ReadReply:
    """Every text of each page."""
    count, numbers = await pages_of(job, request)
    failures: list[RungError] = []

    async def texts(sheet: OpenSheet, steps: Steps) -> tuple[schema.ReadPage, Sequence[Line]]:
        page, lines = schema.ReadPage(**sheet.shown()), list[Line]()
        if not sheet.blank:
            lines = await lines_of(job, sheet, request, steps, Areas(), thorough=True)
            found = understand(lines, sheet.number, request.least, dimensions=False)
            page.texts, page.unread = found.texts, found.unread
        return page, lines

    async def one(number: int) -> schema.ReadPage:
        page, steps = await set_upright(job, request, number, texts)
        page.steps = steps.done
        failures.extend(steps.failed)
        return page

    pages = await each_page(job, numbers, one, "read")
    not_empty([bool(page.texts or page.unread) for page in pages], failures, numbers, ocr=request.ocr)
    return schema.ReadReply(drawing=request.file.key, media_type=request.file.media_type, page_count=count, pages=pages)


async def analyze(job: Job, request: schema.AnalyzeRequest) -> schema.AnalyzeReply:
    """Everything that is read on each page."""
    count, numbers = await pages_of(job, request)

    async def whole(sheet: OpenSheet, steps: Steps) -> tuple[Examined, Sequence[Line]]:
        if sheet.blank:
            return Examined(sheet=sheet, page=schema.Page(**sheet.shown())), ()
        found = await examine(job, sheet, request, steps)
        return found, found.lines

    async def one(number: int) -> Examined:
        found, steps = await set_upright(job, request, number, whole)
        found.page.steps, found.failed = steps.done, steps.failed
        return found

    examined = await each_page(job, numbers, one, "read")
    failures = [error for found in examined for error in found.failed]
    not_empty([not found.empty for found in examined], failures, numbers, ocr=request.ocr)
    for found in examined:
        if found.sheet.blank:
            job.warn(f"page {found.sheet.number} is blank")
        if height := hardly_legible(found.page.dimensions):
            job.warn(
                f"page {found.sheet.number}: figures {height:.0f} pixels high; below {LEGIBLE_PX} many are misread:"
                " send it at 200 dpi or more"
            )
    for error in failures:
        job.warn(error.message)
    await _reviewed(job, request.file.key, count, [found.page for found in examined])
    reply = schema.AnalyzeReply(
        drawing=request.file.key,
        media_type=request.file.media_type,
        page_count=count,
        pages=[found.page for found in examined],
    )
    leaves = [Leaf(page=one.page, picture=one.sheet.picture, out=one.page, blank=one.sheet.blank) for one in examined]
    of = Drawing(media_type=reply.media_type, page_count=count)
    await export(job, reply, of, leaves, set(request.exports), request.language)
    return reply


async def _reviewed(job: Job, drawing: str, page_count: int, pages: list[schema.Page]) -> None:
    """Give the pages what people said of them, and keep what was read, so that more can be said."""
    corrections = reviews.corrections_of(await job.shelf.read(reviews.kept_as(drawing)))
    read: known.Pages = {}
    for page in pages:
        as_read = list(page.dimensions)
        reviews.applied(page, corrections)
        read |= known.page_of(page, as_read)
    if job.shelf.folder is None:
        return
    try:
        await job.shelf.change(known.kept_as(drawing), lambda kept: known.merged(kept, page_count, read))
    except RungError as error:
        job.warn(f"what was read is not kept, so it cannot be reviewed: {error.message}")
