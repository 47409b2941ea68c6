"""One page's way through the steps of `analyze`: laid out, read, understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rung.apps.drawings import schema
from rung.apps.drawings.components import components_of
from rung.apps.drawings.frames import frames_said
from rung.apps.drawings.heights import strays
from rung.apps.drawings.lines import Line, Polygon, centre, holds
from rung.apps.drawings.loose import loose
from rung.apps.drawings.margins import marginal
from rung.apps.drawings.opening.sheets import OpenSheet
from rung.apps.drawings.opening.sizes import page_bytes
from rung.apps.drawings.page_parts import Frames, read_frames, read_short_cells, read_tables
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.reading import Areas, Vote, lines_of
from rung.apps.drawings.symbols import lettering, linked, symbol_of, unread_at
from rung.apps.drawings.title_reading import title_of
from rung.apps.drawings.understanding import text_of, understand
from rung.runtime.errors import RungError
from rung.runtime.job import Job
from rung.runtime.tasks import ClassifyStrokesInput, ClassifyStrokesOutput, LayoutInput, LayoutOutput, SheetPart

WORDED: Final = ("table", "title-block")
BALLOONS: Final = "rung.apps.drawings.balloons:circled"
SHORT: Final = re.compile(r"\w{1,2}")
"""As short as a part's number or a zone's mark: of itself it says little, and where it stands says more."""


@dataclass(slots=True, kw_only=True)
class Examined:
    """A page, read. page: the answer's, its files left out. sheet: as it was opened. lines: all that was read on it."""

    sheet: OpenSheet
    page: schema.Page
    lines: Sequence[Line] = ()
    failed: list[RungError] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing at all was found on it; a place that could not be read is something."""
        page = self.page
        read = (page.dimensions, page.frames, page.title_block, page.tables, page.texts, page.unread)
        return not any((*read, page.components, page.views, page.symbols))


async def examine(job: Job, sheet: OpenSheet, request: schema.AnalyzeRequest, steps: Steps) -> Examined:
    """The page through every step that is asked for. A step that fails is told, and the others go on."""
    page = schema.Page(**sheet.shown())
    parts = await _layout(job, sheet, request, steps)
    framed = await read_frames(job, sheet, request, parts, steps)
    worded = [*(part for part in parts if part.kind in WORDED), *framed.others]
    areas = _areas(parts, framed)
    lines = await lines_of(job, sheet, request, steps, areas, thorough=request.mode == "hybrid", vote=_vote(request))
    lines = await read_short_cells(job, sheet, request, worded, lines, steps)
    _views(page, parts, lines, request, steps)
    taken = (*areas.worded, *areas.cells)
    free = [line for line in lines if line.dimension is not None or not _in(line, taken)]
    framed = _with_said(framed, free, sheet.number, request)
    free = [line for line in free if line.framed is None]
    title, named = title_of(lines, parts)
    drawn, marks = await _told_apart(job, sheet, [line for line in free if line not in named], parts)
    if not request.dimensions:
        steps.off("dimensions")
    found = understand(drawn, sheet.number, request.least, dimensions=request.dimensions)
    page.dimensions, page.texts, page.unread = found.dimensions, found.texts, found.unread
    linked(page.symbols, page.dimensions, drawn)
    _basic(page.dimensions, [part.polygon for part in parts if part.label == "boxed"])
    page.texts += [text_of(line) for line in marks if line.guesses]
    page.frames = framed.frames
    page.unread += [*framed.unread, *unread_at(parts, lines, _without_text(request))]
    read_tables(page, request, parts, framed.others, lines, steps)
    page.title_block = title if request.title_block else {}
    steps.note("title-block", "rules", len(title)) if request.title_block else steps.off("title-block")
    for dimension in page.dimensions:
        dimension.view = _view_of(dimension.polygon, page.views)
    await _strokes(job, sheet, page, request, steps)
    return Examined(sheet=sheet, page=page, lines=lines)


def _without_text(request: schema.AnalyzeRequest) -> str:
    """Why a balloon may have no text; empty where symbols are not asked for."""
    if not request.views:
        return ""
    return "no text was found in it" if request.ocr else "reading pictures is switched off"


def _vote(request: schema.AnalyzeRequest) -> Vote:
    if not request.ensemble:
        return "no"
    return "own boxes" if request.own_boxes else "same boxes"


async def _strokes(job: Job, sheet: OpenSheet, page: schema.Page, request: schema.AnalyzeRequest, steps: Steps) -> None:
    if not request.segment:
        steps.off("segment")
        return
    asked = ClassifyStrokesInput(picture=sheet.picture, dpi=sheet.known_dpi)
    found: ClassifyStrokesOutput | None
    found, engine = await steps.ask(job, "segment", job.run("classify-strokes", asked))
    if found is not None:
        page.components = components_of(found)
        steps.note("segment", engine, len(page.components))


async def _told_apart(
    job: Job, sheet: OpenSheet, lines: Sequence[Line], parts: Sequence[SheetPart]
) -> tuple[list[Line], list[Line]]:
    """(what may be dimensions, what only looks like short ones: zones' marks, part numbers in balloons, strays)."""
    outside = marginal(lines, [part.polygon for part in parts if part.kind == "border"])
    views = [part.polygon for part in parts if part.kind == "view"]
    short = [place for place, line in enumerate(lines) if SHORT.fullmatch(line.text) and not outside[place]]
    for place in short:
        outside[place] = bool(views) and not _in(lines[place], views)
    for place in strays(lines, short):
        outside[place] = True
    told = zip(outside, lettering(parts, lines), loose(lines), strict=True)
    outside = [any(reasons) for reasons in told]
    lone = [place for place in short if not outside[place]]
    if lone:
        polygons = [lines[place].polygon for place in lone]
        circles = await job.compute(
            BALLOONS, page_bytes(sheet.picture.width, sheet.picture.height), picture=sheet.picture, polygons=polygons
        )
        for place, circle in zip(lone, circles, strict=True):
            outside[place] = circle
    pairs = [(line, out and line.dimension is None) for line, out in zip(lines, outside, strict=True)]
    return [line for line, out in pairs if not out], [line for line, out in pairs if out]


def _with_said(framed: Frames, lines: Sequence[Line], page: int, request: schema.AnalyzeRequest) -> Frames:
    """With those that the file keeps as frames and that were not seen as such, for instance as they are turned."""
    if not request.frames:
        return framed
    frames, unread = frames_said(lines, page, len(framed.frames))
    return replace(framed, frames=[*framed.frames, *frames], unread=[*framed.unread, *unread])


def _areas(parts: Sequence[SheetPart], framed: Frames) -> Areas:
    worded = [*(part for part in parts if part.kind in WORDED), *framed.others]
    return Areas(
        worded=tuple(part.polygon for part in worded),
        cells=tuple(part.polygon for part in framed.parts),
        contents=tuple(cell.content for part in worded for cell in part.cells if cell.content),
    )


async def _layout(job: Job, sheet: OpenSheet, request: schema.AnalyzeRequest, steps: Steps) -> Sequence[SheetPart]:
    if not (request.views or request.tables or request.title_block or request.frames):
        steps.off("layout")
        return ()
    asked = LayoutInput(picture=sheet.picture, dpi=sheet.known_dpi)
    found: LayoutOutput | None
    found, engine = await steps.ask(job, "layout", job.run("layout", asked))
    if found is None:
        return ()
    steps.note("layout", engine, len(found.parts))
    return found.parts


def _views(
    page: schema.Page, parts: Sequence[SheetPart], lines: Sequence[Line], request: schema.AnalyzeRequest, steps: Steps
) -> None:
    if not request.views:
        steps.off("views")
        return
    views, symbols = ([part for part in parts if part.kind == kind] for kind in ("view", "symbol"))
    page.views += [view_of(part, f"{page.page}.v{number}") for number, part in enumerate(views, 1)]
    page.symbols += [symbol_of(part, f"{page.page}.s{number}", lines) for number, part in enumerate(symbols, 1)]


def _basic(dimensions: Sequence[schema.Dimension], boxes: Sequence[Polygon]) -> None:
    """What stands in a box by itself is a basic dimension; one with a tolerance of its own is none."""
    for one in dimensions:
        exact = one.upper is None and one.lower is None
        if one.form == "plain" and exact and any(holds(box, centre(tuple(one.polygon))) for box in boxes):
            one.form = "basic"


def view_of(part: SheetPart, id: str) -> schema.View:
    """A part as the answers have it."""
    return schema.View(id=id, label=part.label, polygon=schema.rounded(part.polygon), score=part.score)


def _in(line: Line, areas: Sequence[Polygon]) -> bool:
    return any(holds(area, centre(line.polygon)) for area in areas)


def _view_of(polygon: Sequence[tuple[float, float]], views: Sequence[schema.View]) -> str | None:
    middle = centre(tuple(polygon))
    return next((view.id for view in views if holds(tuple(view.polygon), middle)), None)
