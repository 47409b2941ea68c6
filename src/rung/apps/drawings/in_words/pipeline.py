"""The operation `describe`: what a model that sees and speaks makes of a drawing, by a schema; rules at the foot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from rung.apps.drawings import schema
from rung.apps.drawings.in_words.schema import DescribeReply, DescribeRequest, Description, schema_of
from rung.apps.drawings.opening.sheets import open_sheet, pages_of
from rung.apps.drawings.pipeline import analyze
from rung.runtime.errors import InvalidInput, NothingFound
from rung.runtime.job import Job
from rung.runtime.spec import Kind
from rung.runtime.tasks import DescribeInput, DescribeOutput, Picture

MOST_PAGES: Final = 4
"""Pictures that are shown to a model at once."""
SIDE: Final = 2048
"""Pixels of a picture's longer side as it is shown: more is shrunk by the providers themselves, or refused."""

PROMPT: Final = (
    "The pictures are the pages of one engineering drawing. Say what is drawn, for somebody who has to make and check"
    " the part. information_block: the fields of the title block, each with its value as it is written. dimensions:"
    " every dimension as it is written, with its tolerance or fit, such as ⌀25H7 or 80±0.1. manufacturing_process: the"
    " steps by which the part would be made, each with what in the drawing calls for it. qc_checklist: what has to be"
    " measured, each with its limits. Leave out what you cannot read; make up nothing."
)


async def describe(job: Job, request: DescribeRequest) -> DescribeReply:
    """The drawing by the highest rung of `describe` that the request admits."""
    pages, facts = await _read(job, request)
    job.progress("describing", 0.7)
    asked = DescribeInput(
        pictures=tuple([await _shown(job, page) for page in pages]),
        prompt=f"{PROMPT} {request.wish}".strip(),
        schema=json.dumps(schema_of(Description)),
        facts=facts,
        max_tokens=request.max_tokens,
    )
    output: DescribeOutput = await job.run("describe", asked)
    by = next(one for one in reversed(job.provenance) if one.task == "describe")
    kind: Kind = by.kind
    return DescribeReply(
        **Description.model_validate_json(output.text).model_dump(),
        described_by=by.variant,
        kind=kind,
        pages=[page.page for page in pages],
        prompt_tokens=output.prompt_tokens,
        completion_tokens=output.completion_tokens,
    )


def facts_of(pages: Sequence[schema.Page]) -> dict[str, str]:
    """What was read, by name: `title.material`, `dimension.1`, `frame.1`. Rejected dimensions are left out."""
    dimensions = [one.text for page in pages for one in page.dimensions if one.status != "rejected"]
    frames = [one.text for page in pages for one in page.frames]
    return {
        **{f"title.{name}": found.text for page in reversed(pages) for name, found in page.title_block.items()},
        **{f"dimension.{number}": text for number, text in enumerate(dimensions, 1)},
        **{f"frame.{number}": text for number, text in enumerate(frames, 1)},
    }


async def _read(job: Job, request: DescribeRequest) -> tuple[Sequence[schema.Sheet], dict[str, str]]:
    """The pages as they were rendered, and what was read on them; nothing where nothing could be."""
    _, numbers = await pages_of(job, request)
    if len(numbers) > MOST_PAGES:
        raise InvalidInput(f"{len(numbers)} pages are meant; {MOST_PAGES} at most are described at once", field="pages")
    if request.read:
        asked = schema.AnalyzeRequest(file=request.file, pages=request.pages, dpi=request.dpi, exports=[])
        try:
            found = await analyze(job, asked)
            return found.pages, facts_of(found.pages)
        except NothingFound as error:
            job.warn(f"nothing could be read: {error.message}")
    sheets = [await open_sheet(job, request.file, number, request.dpi, text_layer=False) for number in numbers]
    return [schema.Sheet(**sheet.shown()) for sheet in sheets], {}


async def _shown(job: Job, page: schema.Sheet) -> Picture:
    """The page's picture, small enough for every provider."""
    picture = page.picture
    found = await job.compute("rung.apps.drawings.in_words.showing:shrunk", data=picture.data, side=SIDE)
    return Picture(**found)
