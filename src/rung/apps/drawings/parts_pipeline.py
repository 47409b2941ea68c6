"""The operations that look at a page without reading it: where its parts are, and what its strokes are."""

from __future__ import annotations

from rung.apps.drawings import schema
from rung.apps.drawings.components import components_of, counts_of, curves_of
from rung.apps.drawings.opening.sheets import OpenSheet, open_sheet, pages_of
from rung.apps.drawings.opening.sizes import page_bytes
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.page_way import view_of
from rung.apps.drawings.pages import each_page, not_empty
from rung.apps.drawings.symbols import symbol_of
from rung.runtime.app import File
from rung.runtime.errors import RungError
from rung.runtime.job import Job
from rung.runtime.tasks import ClassifyStrokesInput, ClassifyStrokesOutput, LayoutInput, LayoutOutput

OVERLAY = "rung.apps.drawings.component_picture:overlay_png"


async def detect(job: Job, request: schema.DetectRequest) -> schema.DetectReply:
    """The parts of each page."""
    count, numbers = await pages_of(job, request)
    empty: list[RungError] = []

    async def one(number: int) -> schema.DetectPage:
        sheet = await open_sheet(job, request.file, number, request.dpi, text_layer=False)
        page = schema.DetectPage(**sheet.shown())
        if not sheet.blank:
            found: LayoutOutput = await job.run("layout", LayoutInput(picture=sheet.picture, dpi=sheet.known_dpi))
            page.steps = [_done(job, "layout", len(found.parts))]
            _parts(page, found)
        return page

    pages = await each_page(job, numbers, one, "looked at")
    not_empty([any(step.found for step in page.steps) for page in pages], empty, numbers)
    return schema.DetectReply(
        drawing=request.file.key, media_type=request.file.media_type, page_count=count, pages=pages
    )


def _parts(page: schema.DetectPage, found: LayoutOutput) -> None:
    page.looked_for = list(found.kinds)
    lists = {"view": page.views, "frame": page.frames, "table": page.tables}
    for part in found.parts:
        match part.kind:
            case "title-block":
                page.title_block = page.title_block or schema.rounded(part.polygon)
            case "border":
                page.border = page.border or schema.rounded(part.polygon)
            case "symbol":
                page.symbols.append(symbol_of(part, f"{page.page}.s{len(page.symbols) + 1}"))
            case kind:
                lists[kind].append(view_of(part, f"{page.page}.{kind[0]}{len(lists[kind]) + 1}"))


async def segment(job: Job, request: schema.SegmentRequest) -> schema.SegmentReply:
    """The strokes of each page by class."""
    count, numbers = await pages_of(job, request)

    async def one(number: int) -> schema.SegmentPage:
        sheet = await open_sheet(job, request.file, number, request.dpi, text_layer=False)
        page = schema.SegmentPage(**sheet.shown())
        if not sheet.blank:
            found = await strokes_of(job, sheet)
            page.steps = [_done(job, "classify-strokes", len(found.labels))]
            page.counts, page.components = counts_of(found), components_of(found)
            page.strokes = curves_of(found) if request.strokes else []
            page.overlay = await overlay_of(job, sheet, found)
        return page

    pages = await each_page(job, numbers, one, "segmented")
    not_empty([bool(page.components) for page in pages], [], numbers)
    return schema.SegmentReply(
        drawing=request.file.key, media_type=request.file.media_type, page_count=count, pages=pages
    )


async def strokes_of(job: Job, sheet: OpenSheet) -> ClassifyStrokesOutput:
    """Raises a RungError."""
    asked = ClassifyStrokesInput(picture=sheet.picture, dpi=sheet.known_dpi)
    found: ClassifyStrokesOutput = await job.run("classify-strokes", asked)
    return found


async def overlay_of(job: Job, sheet: OpenSheet, found: ClassifyStrokesOutput) -> File:
    """The page with its strokes in the colours of their classes."""
    data = await job.compute(
        OVERLAY, page_bytes(sheet.picture.width, sheet.picture.height), picture=sheet.picture, found=found
    )
    return File(data=data, media_type="image/png", width=sheet.picture.width, height=sheet.picture.height)


def _done(job: Job, step: str, found: int) -> schema.Step:
    return Steps.made(step, job.provenance[-1].variant, found)
