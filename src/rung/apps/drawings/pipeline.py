"""One async function per operation of Drawings: what is wanted, in the user's words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rung.apps.drawings import schema
from rung.apps.drawings.page_steps import Steps
from rung.apps.drawings.page_way import Examined, examine
from rung.apps.drawings.reading import Areas, lines_of
from rung.apps.drawings.sheets import open_sheet, pages_of
from rung.apps.drawings.understanding import understand
from rung.runtime.errors import NothingFound, RungError
from rung.runtime.job import Job

Result = TypeVar("Result")
AT_ONCE = 2
"""Pages under way at a time: more would only wait for the same models, with their pictures in memory."""


async def read(job: Job, request: schema.ReadRequest) -> schema.ReadReply:
    """Every text of each page."""
    count, numbers = await pages_of(job, request)
    failures: list[RungError] = []

    async def one(number: int) -> schema.ReadPage:
        sheet = await open_sheet(job, request.file, number, request.dpi, text_layer=request.text_layer)
        steps, page = Steps(), schema.ReadPage(**sheet.shown())  # type: ignore[arg-type]
        if not sheet.blank:
            lines = await lines_of(job, sheet, request, steps, Areas(), thorough=True)
            found = understand(lines, number, request.least, dimensions=False)
            page.texts, page.unread = found.texts, found.unread
        page.steps = steps.done
        failures.extend(steps.failed)
        return page

    pages = await _each(job, numbers, one)
    _not_empty([bool(page.texts or page.unread) for page in pages], failures, numbers)
    return schema.ReadReply(drawing=request.file.key, media_type=request.file.media_type, page_count=count, pages=pages)


async def analyze(job: Job, request: schema.AnalyzeRequest) -> schema.AnalyzeReply:
    """Everything that is read on each page."""
    count, numbers = await pages_of(job, request)

    async def one(number: int) -> Examined:
        sheet = await open_sheet(job, request.file, number, request.dpi, text_layer=request.text_layer)
        if sheet.blank:
            return Examined(sheet=sheet, page=schema.Page(**sheet.shown()))  # type: ignore[arg-type]
        return await examine(job, sheet, request)

    examined = await _each(job, numbers, one)
    failures = [error for found in examined for error in found.failed]
    _not_empty([not found.empty for found in examined], failures, numbers)
    for found in examined:
        if found.sheet.blank:
            job.warn(f"page {found.sheet.number} is blank")
    for error in failures:
        job.warn(error.message)
    return schema.AnalyzeReply(
        drawing=request.file.key,
        media_type=request.file.media_type,
        page_count=count,
        pages=[found.page for found in examined],
    )


async def _each(job: Job, numbers: Sequence[int], work: Callable[[int], Awaitable[Result]]) -> list[Result]:
    """The pages' results, in order; the first error ends them all. Tells how many are behind."""
    turns, done = asyncio.Semaphore(AT_ONCE), 0
    job.progress(f"0 of {len(numbers)} pages read", 0.0)

    async def one(number: int) -> Result:
        nonlocal done
        async with turns:
            result = await work(number)
        done += 1
        job.progress(f"{done} of {len(numbers)} pages read", done / len(numbers))
        return result

    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(number)) for number in numbers]
    except* RungError as several:
        raise _first(several) from several
    return [task.result() for task in running]


def _first(group: BaseExceptionGroup[RungError]) -> RungError:
    """The first error of a group that holds no other kind."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, RungError)
    return error


def _not_empty(found: Sequence[bool], failures: Sequence[RungError], numbers: Sequence[int]) -> None:
    """Raises what a step failed with, or NothingFound, where not one page gave anything."""
    if any(found):
        return
    if failures:
        raise failures[0]
    pages = "page " + ", ".join(map(str, numbers[:MOST_NAMED])) + (" ..." if len(numbers) > MOST_NAMED else "")
    raise NothingFound(
        f"file: nothing could be found on {pages}: it is blank, or nothing on it looks like a drawing's text; if it is"
        " not, send it with more dots per inch, or with clahe=true",
        field="file",
    )


MOST_NAMED = 5
