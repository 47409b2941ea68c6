"""Owns what is made of a page's ruled parts: frames, which are read cell by cell, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rung.apps.drawings import engines, schema
from rung.apps.drawings.frames import boxes_of, frames_of, is_frame
from rung.apps.drawings.layered import whole_in
from rung.apps.drawings.lines import Line, centre, holds
from rung.apps.drawings.opening.sheets import OpenSheet
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.short_cells import boxes_of as short_boxes
from rung.apps.drawings.short_cells import settled, short_cells
from rung.apps.drawings.tables import table_of, unread_of
from rung.runtime.job import Job
from rung.runtime.tasks import SheetPart

UNASKED = "a feature control frame, and no reader of its signs could be asked"


@dataclass(slots=True, kw_only=True)
class Frames:
    """What a page's frames say. parts: those that are frames. others: parts ruled like frames that read as tables."""

    frames: list[schema.Frame] = field(default_factory=list)
    unread: list[schema.Unread] = field(default_factory=list)
    parts: list[SheetPart] = field(default_factory=list)
    others: list[SheetPart] = field(default_factory=list)


async def read_frames(
    job: Job, sheet: OpenSheet, request: schema.AnalyzeRequest, parts: Sequence[SheetPart], steps: Steps
) -> Frames:
    """The frames among the parts. Where they cannot be read each is told as unread; where they are not asked for,
    their cells are nobody's."""
    framed = [part for part in parts if part.kind == "frame"]
    if not request.frames:
        steps.off("frames")
        return Frames(parts=framed)
    lines = await _cells(job, sheet, request, framed, steps)
    if lines is None:
        told = (step.message for step in steps.done if (step.step, step.state) == ("read frame", "failed"))
        reason = f"{UNASKED}: {next(told, 'reading pictures is switched off')}"
        unread = [schema.Unread(polygon=schema.rounded(part.polygon), reason=reason) for part in framed]
        return Frames(parts=framed, unread=unread)
    pairs = list(zip(framed, lines, strict=True))
    mine = [(part, read) for part, read in pairs if is_frame(part, read)]
    frames, unread = frames_of([part for part, _ in mine], [read for _, read in mine], sheet.number)
    steps.note("frames", "rules", len(frames))
    return Frames(
        frames=frames,
        unread=unread,
        parts=[part for part, _ in mine],
        others=[part for part, read in pairs if not is_frame(part, read)],
    )


async def _cells(
    job: Job, sheet: OpenSheet, request: schema.AnalyzeRequest, parts: Sequence[SheetPart], steps: Steps
) -> list[list[Line]] | None:
    """The lines of each part's boxes: the file's own where they are all that stands in a cell, else read from the
    picture, where a sign is often drawn with strokes. None: nobody could read them."""
    own = sheet.lines if request.text_layer else ()
    held = [[cell for cell in part.cells if cell.content] for part in parts]
    boxes = [box for part in parts for box in boxes_of(part)]
    said = [whole_in(cell, place, own) for cells in held for place, cell in enumerate(cells)]
    lacking = [box for box, line in zip(boxes, said, strict=True) if line is None]
    if lacking and not request.ocr:
        return None
    read, engine = await steps.ask(job, "read frame", engines.read(job, sheet.picture, lacking, "frame"))
    if read is None:
        return None
    if lacking:
        steps.note("read frame", engine, sum(bool(line.guesses) for line in read))
    seen = iter(read)
    lines = iter([next(seen) if line is None else line for line in said])
    return [[next(lines) for _ in cells] for cells in held]


async def read_short_cells(
    job: Job,
    sheet: OpenSheet,
    request: schema.AnalyzeRequest,
    parts: Sequence[SheetPart],
    lines: list[Line],
    steps: Steps,
) -> list[Line]:
    """The page's lines with the lone figures and letters of the parts, tables and title blocks, read again, where the
    file itself does not say them."""
    cells = [
        cell
        for cell in short_cells(parts, lines)
        if not any(holds(cell.polygon, centre(line.polygon)) for line in (sheet.lines if request.text_layer else ()))
    ]
    if not cells or not request.ocr:
        return lines
    read, engine = await steps.ask(job, "read cells", engines.read(job, sheet.picture, short_boxes(cells), "frame"))
    if read is None:
        return lines
    steps.note("read cells", engine, sum(bool(line.guesses) for line in read))
    return settled(lines, cells, read)


def read_tables(
    page: schema.Page,
    request: schema.AnalyzeRequest,
    parts: Sequence[SheetPart],
    others: Sequence[SheetPart],
    lines: Sequence[Line],
    steps: Steps,
) -> None:
    """The tables among the parts, and what else read as one, with their texts, put into the page."""
    if not request.tables:
        steps.off("tables")
        return
    tables = [*(part for part in parts if part.kind == "table"), *others]
    for number, part in enumerate(tables, 1):
        page.tables.append(table_of(part, lines, f"{page.page}.t{number}"))
        page.unread += unread_of(part, lines)
    steps.note("tables", "rules", len(tables))
