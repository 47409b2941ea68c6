"""Owns the fan-out over the pages of a drawing, and that a drawing in which nothing was found is no success."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from rung.runtime.errors import NothingFound, RungError
from rung.runtime.job import Job

Result = TypeVar("Result")
AT_ONCE = 2
"""Pages under way at a time: more would only wait for the same models, with their pictures in memory."""
MOST_NAMED = 5


async def each_page(
    job: Job, numbers: Sequence[int], work: Callable[[int], Awaitable[Result]], verb: str
) -> list[Result]:
    """The pages' results, in order; the first error ends them all. Tells how many are behind."""
    turns, done = asyncio.Semaphore(AT_ONCE), 0
    job.progress(f"0 of {len(numbers)} pages {verb}", 0.0)

    async def one(number: int) -> Result:
        nonlocal done
        async with turns:
            result = await work(number)
        done += 1
        job.progress(f"{done} of {len(numbers)} pages {verb}", done / len(numbers))
        return result

    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(number)) for number in numbers]
    except BaseExceptionGroup as several:  # `except*` wraps what is raised in it on Python 3.11.2, Debian's own
        errors, others = several.split(RungError)
        if errors is None or others is not None:
            raise
        raise _first(errors) from several
    return [task.result() for task in running]


def _first(group: BaseExceptionGroup[RungError]) -> RungError:
    """The first error of a group that holds no other kind."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, RungError)
    return error


def not_empty(
    found: Sequence[bool], failures: Sequence[RungError], numbers: Sequence[int], *, ocr: bool = True
) -> None:
    """Raises what a step failed with, or NothingFound, where no page gave anything. ocr: pictures were read too."""
    if any(found):
        return
    if failures:
        raise failures[0]
    pages = "page " + ", ".join(map(str, numbers[:MOST_NAMED])) + (" ..." if len(numbers) > MOST_NAMED else "")
    if not ocr:
        raise NothingFound(
            f"file: nothing could be found on {pages} with ocr=false, as the file itself holds no text; leave ocr on",
            field="ocr",
        )
    raise NothingFound(
        f"file: nothing could be found on {pages}: it is blank, or nothing on it looks like a drawing's text; if it is"
        " not, send it with more dots per inch, or with clahe=true",
        field="file",
    )
