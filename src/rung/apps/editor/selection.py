"""What the user means in the picture: checks points and boxes against it, and asks for the mask."""

from __future__ import annotations

from dataclasses import dataclass

from rung.apps.editor.schema import Selection
from rung.runtime.errors import InvalidInput
from rung.runtime.job import Job
from rung.runtime.tasks import Box, Mask, Picture, Point, SegmentInput, SegmentOutput

MASKS = "rung.apps.editor.masks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """mask: uint8 [y1-y0, x1-x0], 0 or 255, over `box` of the upright picture; never empty."""

    mask: Mask
    box: Box
    score: float | None = None


async def select(job: Job, request: Selection) -> Selected:
    """The object that the request means. Raises InvalidInput when there is nothing there."""
    picture = request.image
    if request.mask is not None:
        return await _uploaded(job, request.mask, picture)
    points, box = _points(request, picture), _box(request, picture)
    found: SegmentOutput = await job.run("segment", SegmentInput(picture=picture, points=points, box=box))
    if found.mask.size == 0 or not found.mask.any():
        raise InvalidInput(
            "no object was found at these points; click nearer to its middle, or give a box", field="points"
        )
    return Selected(mask=found.mask, box=found.box, score=found.score)


async def _uploaded(job: Job, mask: Picture, picture: Picture) -> Selected:
    found = await job.compute(f"{MASKS}:decode_mask", picture=mask, width=picture.width, height=picture.height)
    return Selected(mask=found["mask"], box=found["box"])


def _points(request: Selection, picture: Picture) -> tuple[Point, ...]:
    points = tuple(Point(x=p[0], y=p[1], label=p[2] if len(p) == 3 else 1) for p in request.points)
    for index, point in enumerate(points):
        if not (0 <= point.x < picture.width and 0 <= point.y < picture.height):
            raise InvalidInput(
                f"points[{index}] is ({point.x:g}, {point.y:g}); the picture is {picture.width} x {picture.height}, "
                f"so x goes from 0 to below {picture.width} and y from 0 to below {picture.height}",
                field=f"points[{index}]",
            )
    return points


def _box(request: Selection, picture: Picture) -> tuple[float, float, float, float] | None:
    if request.box is None:
        return None
    x0, y0, x1, y1 = request.box
    if not (0 <= x0 < x1 <= picture.width and 0 <= y0 < y1 <= picture.height):
        raise InvalidInput(
            f"box is [{x0:g}, {y0:g}, {x1:g}, {y1:g}]; it needs 0 <= x0 < x1 <= {picture.width} "
            f"and 0 <= y0 < y1 <= {picture.height}",
            field="box",
        )
    return request.box
