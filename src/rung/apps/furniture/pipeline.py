"""One async function per operation of Furniture: what is wanted, in the user's words."""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.furniture.answers import focal_of, measured, pieces_of
from rung.apps.furniture.classes import table
from rung.apps.furniture.course import Course
from rung.apps.furniture.each import each
from rung.apps.furniture.finding import Candidate, check_box
from rung.apps.furniture.loading import handling, load_of, packing_list, space_of
from rung.apps.furniture.picture import Examined, Frame, Looked, Wanted, examine, look, trouble
from rung.apps.furniture.schema import (
    AnalyzeReply,
    AnalyzeRequest,
    DetectReply,
    DetectRequest,
    PictureId,
    PictureResult,
    ReconstructReply,
    ReconstructRequest,
    SceneReply,
    SceneRequest,
    Trouble,
)
from rung.apps.furniture.turns import Turns
from rung.runtime.app import Unread
from rung.runtime.errors import RungError, by_code
from rung.runtime.job import Job
from rung.runtime.tasks import Picture

MASKS = "rung.models.mask_pictures"
PACK = "rung.apps.furniture.packing:pack"
ONCE_EACH = "a piece that stands in several pictures is counted once for each; take repeats off the list by `pieces`"
AS_FULL = "filled_volume_m3 counts {some} of {all} pieces as full boxes: nothing told how much of its box each fills"
AT_ONCE = 8
"""Pictures under way at a time: their masks and points lie in memory until each is answered."""


async def detect(job: Job, request: DetectRequest) -> DetectReply:
    """The furniture of one picture."""
    frame = Frame(id=1, picture=request.image, hands=tuple(request.boxes))
    _check([frame])
    wanted = Wanted.of(request)
    found = await look(job, frame, wanted, table())
    if found.failed is not None and not found.candidates:
        raise found.failed
    examined = await examine(job, frame, found.candidates, wanted)
    pieces, _ = await pieces_of(job, frame, examined, masks=request.masks, sizes=False)
    return DetectReply(
        width=frame.picture.width,
        height=frame.picture.height,
        objects=pieces,
        unseen_classes=list(found.unseen),
        errors=[*_why(found), *(error for one in examined for error in one.errors)],
    )


async def analyze(job: Job, request: AnalyzeRequest) -> AnalyzeReply:
    """The furniture of each picture, with its sizes."""
    return AnalyzeReply(estimate_id=request.estimate_id, images=await pictures(job, request))


async def pictures(job: Job, request: AnalyzeRequest) -> list[PictureResult]:
    """All pictures at once, all pieces of each at once; a URL that gave no picture is answered with why.

    Raises a RungError where not one picture could be looked at.
    """
    frames = _frames(request)
    _check(frames)
    course, turns, wanted = Course(job, len(frames)), Turns(), Wanted.of(request)

    async def one(frame: Frame) -> tuple[PictureResult, RungError | None]:
        found: Looked | None = None
        turns.begin()
        try:
            found = await look(job, frame, wanted, table())
        finally:
            turns.looked(len(found.candidates) if found is not None else 0)
        course.found(frame.name, len(found.candidates))
        examined = await examine(job, frame, found.candidates, wanted, course, turns)
        result = await _result(job, frame, found, examined, wanted)
        return result, found.failed if not found.candidates else None

    ended = await each(frames, one, at_once=AT_ONCE)
    results = {id: _unread(id, unread) for id, unread in _unreads(request)}
    failures = [by_code(unread.code, unread.message, {}) for _, unread in _unreads(request)]
    for frame, end in zip(frames, ended, strict=True):
        result, failed = (_failed(frame, end), end) if isinstance(end, RungError) else end
        results[frame.id] = result
        failures += [failed] if failed is not None else []
    if len(failures) == len(request.images):
        raise failures[0]
    return [results[id] for id in _ids(request)]


async def scene(job: Job, request: SceneRequest) -> SceneReply:
    """The packing list of the pictures and of the pieces by hand, and how it lies in trucks."""
    name, space = space_of(request.truck)
    images = await pictures(job, request) if request.images else []
    listed = packing_list(images, request.pieces, table())
    if sum(bool(image.objects) for image in images) > 1:
        job.warn(ONCE_EACH)
    if listed.as_full:
        job.warn(AS_FULL.format(some=listed.as_full, all=len(listed.pieces)))
    packed = await job.compute(
        PACK,
        items=[(piece.width_mm, piece.depth_mm, piece.height_mm) for piece in listed.pieces],
        truck=space,
        most=request.trucks,
        handling=handling(listed.pieces, table()),
    )
    return SceneReply(
        estimate_id=request.estimate_id,
        pieces=list(listed.pieces),
        counts=dict(listed.counts),
        not_loaded=dict(listed.not_loaded),
        box_volume_m3=listed.volume,
        filled_volume_m3=listed.filled,
        load=load_of(name, space, packed),
        images=images,
    )


async def reconstruct(job: Job, request: ReconstructRequest) -> ReconstructReply:
    """One piece in three dimensions."""
    frame = Frame(id=1, picture=request.image, focal_px=request.focal_px)
    wanted = Wanted(least=0.0, masks=True, shaping=request)
    examined = await examine(job, frame, [await _pointed_out(job, frame, request)], wanted)
    (piece,), _ = await pieces_of(job, frame, examined, masks=True, sizes=True)
    for error in examined[0].errors:
        job.warn(f"{error.stage}: {error.message}")
    focal_px, source = focal_of(examined)
    return ReconstructReply(
        object=piece, metric=bool(measured(examined[0]) and examined[0].output and examined[0].output.metric),
        focal_px=focal_px, focal_source=source,
    )  # fmt: skip


async def _pointed_out(job: Job, frame: Frame, request: ReconstructRequest) -> Candidate:
    """The piece that the request means, with its mask where it brings one."""
    sides = (request.width_mm, request.depth_mm, request.height_mm)
    meaning = table().meaning(request.label)
    if request.mask is None:
        assert request.box is not None
        check_box(request.box, frame.picture.width, frame.picture.height, "box")
        return Candidate(
            id="1", label=request.label, meaning=meaning, origin="hand", score=None, box=request.box, given=sides
        )
    found = await job.compute(
        f"{MASKS}:decode_mask", picture=request.mask, width=frame.picture.width, height=frame.picture.height
    )
    x0, y0, x1, y1 = found["box"]
    return Candidate(
        id="1", label=request.label, meaning=meaning, origin="hand", score=None,
        box=(float(x0), float(y0), float(x1), float(y1)), mask=found["mask"], mask_box=found["box"], given=sides,
    )  # fmt: skip


def _ids(request: AnalyzeRequest) -> Sequence[PictureId]:
    return request.ids or list(range(1, len(request.images) + 1))


def _frames(request: AnalyzeRequest) -> list[Frame]:
    """The pictures that are there."""
    ids = _ids(request)
    focals = request.focal_px or [None] * len(ids)
    alone = len(ids) == 1
    return [
        Frame(
            id=id,
            picture=picture,
            focal_px=focal,
            hands=tuple(h for h in request.boxes if (alone and h.image is None) or str(h.image) == str(id)),
        )
        for id, picture, focal in zip(ids, request.images, focals, strict=True)
        if isinstance(picture, Picture)
    ]


def _unreads(request: AnalyzeRequest) -> list[tuple[PictureId, Unread]]:
    return [(id, one) for id, one in zip(_ids(request), request.images, strict=True) if isinstance(one, Unread)]


def _unread(id: PictureId, why: Unread) -> PictureResult:
    error = Trouble(object=None, stage="fetch", code=why.code, message=why.message)
    return PictureResult(id=id, width=None, height=None, objects=[], unseen_classes=[], errors=[error])


def _check(frames: Sequence[Frame]) -> None:
    """InvalidInput for a box by hand that does not lie in its picture."""
    for frame in frames:
        for number, hand in enumerate(frame.hands):
            where = f"boxes[{number}].box (picture {frame.name})"
            check_box(hand.box, frame.picture.width, frame.picture.height, where)


async def _result(job: Job, frame: Frame, found: Looked, examined: Sequence[Examined], wanted: Wanted) -> PictureResult:
    pieces, scale = await pieces_of(job, frame, examined, masks=wanted.masks, sizes=True)
    focal_px, source = focal_of(examined)
    return PictureResult(
        id=frame.id,
        width=frame.picture.width,
        height=frame.picture.height,
        objects=pieces,
        unseen_classes=list(found.unseen),
        focal_px=focal_px,
        focal_source=source,
        scale=scale,
        errors=[*_why(found), *(error for one in examined for error in one.errors)],
    )


def _why(found: Looked) -> list[Trouble]:
    return [trouble(None, "detect", found.failed)] if found.failed is not None else []


def _failed(frame: Frame, error: RungError) -> PictureResult:
    """Of a picture whose answer could not be put together."""
    return PictureResult(
        id=frame.id, width=frame.picture.width, height=frame.picture.height, objects=[], unseen_classes=[],
        errors=[trouble(None, "answer", error)],
    )  # fmt: skip
