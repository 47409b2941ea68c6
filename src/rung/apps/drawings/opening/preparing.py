"""Owns what is done to a page's picture before it is read, and the way of its polygons back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rung.apps.drawings import schema
from rung.apps.drawings.lines import Polygon
from rung.apps.drawings.opening.sizes import page_bytes
from rung.runtime.job import Job
from rung.runtime.tasks import Picture

WORK = "rung.apps.drawings.opening.contrast:prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The picture that is read. matrix: two rows of three that bring its points back to the page; None: they are the
    page's."""

    picture: Picture
    matrix: tuple[tuple[float, float, float], ...] | None = None

    def back(self, polygon: Polygon) -> Polygon:
        """A polygon of the picture on the page."""
        if self.matrix is None:
            return polygon
        (a, b, c), (d, e, f) = self.matrix
        return tuple((a * x + b * y + c, d * x + e * y + f) for x, y in polygon)


async def prepare(job: Job, picture: Picture, wanted: schema.Preparing) -> Prepared:
    """The picture as it is asked for; itself where nothing is."""
    if not (wanted.clahe or wanted.blur or wanted.deskew):
        return Prepared(picture=picture)
    found: dict[str, Any] = await job.compute(
        WORK,
        working=page_bytes(picture.width, picture.height),
        picture=picture,
        clahe=wanted.clahe,
        blur=wanted.blur,
        deskew=wanted.deskew,
    )
    made = Picture(
        data=found["png"],
        key=found["key"],
        width=found["width"],
        height=found["height"],
        media_type="image/png",
    )
    if found["degrees"]:
        job.warn(f"the page is turned by {abs(found['degrees']):.2f} degrees; it was set straight to be read")
    rows = found["matrix"]
    return Prepared(picture=made, matrix=None if rows is None else tuple((a, b, c) for a, b, c in rows))
