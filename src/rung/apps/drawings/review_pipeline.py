"""The operation `review`: what people say of a drawing's dimensions is kept with the drawing."""

from __future__ import annotations

from rung.apps.drawings import known, reviews, schema
from rung.runtime.app import File
from rung.runtime.job import Job


async def review(job: Job, request: schema.ReviewRequest) -> schema.ReviewReply:
    """Keep the changes, and answer everything that is kept.

    Raises NotFound for a drawing that was never analysed, InvalidInput for a page or an id that it does not have and
    for a text that is no dimension.
    """
    name = reviews.kept_as(request.drawing)
    dimensions = known.said_of(await job.shelf.read(known.kept_as(request.drawing)), request.drawing, request.changes)
    if request.changes:
        kept = await job.shelf.change(name, lambda found: reviews.merged(found, request.changes))
    else:
        kept = await job.shelf.read(name)
    corrections = reviews.corrections_of(kept)
    made = reviews.cases_of(request.drawing, corrections) if request.cases else None
    return schema.ReviewReply(
        drawing=request.drawing,
        dimensions=dimensions,
        corrections=corrections,
        cases=None if made is None else File(data=made, media_type="application/json"),
    )
