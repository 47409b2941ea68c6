"""Owns one picture's way: what stands in it, where exactly, in three dimensions, and so how large.

A piece that fails at one step goes on with what is known of it; what failed stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rung.apps.furniture.classes import ClassTable
from rung.apps.furniture.course import Course
from rung.apps.furniture.each import each
from rung.apps.furniture.finding import Candidate, candidates, truncated, whole
from rung.apps.furniture.fusion import Evidence, known_before
from rung.apps.furniture.measures import shape_of
from rung.apps.furniture.schema import Finding, Hand, PictureId, Shaping, Trouble
from rung.apps.furniture.turns import Turns
from rung.runtime.errors import Cancelled, ModelFailed, RungError
from rung.runtime.job import Job
from rung.runtime.tasks import (
    DetectInput,
    DetectOutput,
    Picture,
    ReconstructInput,
    ReconstructOutput,
    SegmentInput,
    SegmentOutput,
)

Stage = Literal["detect", "segment", "reconstruct", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked about a picture's pieces. masks: as pictures. shaping: None where no sizes are wanted."""

    least: float
    masks: bool
    shaping: Shaping | None

    @classmethod
    def of(cls, request: Finding) -> Wanted:
        """As the request says."""
        shaping = request if isinstance(request, Shaping) else None
        return cls(least=request.least, masks=request.masks, shaping=shaping)

    @property
    def shapes(self) -> bool:
        """Whether anything is to be reconstructed."""
        return self.shaping is not None and self.shaping.shape != "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture of the request. name: its id as text."""

    id: PictureId
    picture: Picture
    hands: tuple[Hand, ...] = ()
    focal_px: float | None = None

    @property
    def name(self) -> str:
        """For steps and sources."""
        return str(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found. failed: why the detector gave nothing."""

    candidates: tuple[Candidate, ...]
    unseen: tuple[str, ...]
    failed: RungError | None = None


@dataclass(slots=True, kw_only=True)
class Examined:
    """One piece with all that the models said of it. output: None where it has no shape."""

    candidate: Candidate
    output: ReconstructOutput | None = None
    errors: list[Trouble] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Within its picture."""
        return self.candidate.id


async def look(job: Job, frame: Frame, wanted: Wanted, table: ClassTable) -> Looked:
    """The pieces of a picture. A detector that fails leaves those by hand."""
    asked = DetectInput(
        picture=frame.picture, least=wanted.least, words=table.wanted, masks=wanted.masks or wanted.shapes
    )
    found: DetectOutput | None = None
    failed: RungError | None = None
    try:
        found = await job.run("detect", asked, step=f"detect {frame.name}")
    except Cancelled:
        raise
    except RungError as error:
        failed = error
    if found is not None and not found.vocabulary:
        job.warn("this detector does not say which classes it can see: unseen_classes is not complete")
    pieces = candidates(found, frame.hands, table, wanted.least)
    vocabulary = found.vocabulary if found is not None else ()
    unseen = table.unseen(vocabulary) if found is None or vocabulary else []
    return Looked(candidates=pieces, unseen=tuple(unseen), failed=failed)


async def examine(
    job: Job,
    frame: Frame,
    found: Sequence[Candidate],
    wanted: Wanted,
    course: Course | None = None,
    turns: Turns | None = None,
) -> list[Examined]:
    """The pieces with masks and shapes, all at once, in their order. turns: shared with the other pictures'."""

    async def one(candidate: Candidate) -> Examined:
        piece = Examined(candidate=candidate)
        try:
            if turns is not None:
                await turns.turn(candidate.area)
            if wanted.masks or wanted.shapes:
                await _outlined(job, frame, piece)
            if wanted.shapes and piece.candidate.mask is not None:
                await _shaped(job, frame, piece, wanted)
        finally:
            if course is not None:
                course.done(frame.name)
        return piece

    ended = await each(found, one, size=lambda candidate: candidate.area)
    return [piece for piece in ended if isinstance(piece, Examined)]


async def _outlined(job: Job, frame: Frame, piece: Examined) -> None:
    """Its mask, where the detector gave a box only."""
    if piece.candidate.mask is not None:
        return
    asked = SegmentInput(picture=frame.picture, box=piece.candidate.box)
    try:
        found: SegmentOutput = await job.run("segment", asked, step=f"segment {frame.name}.{piece.id}")
        if found.mask.size == 0 or not found.mask.any():
            raise ModelFailed("the segmenter found nothing in the box")
    except Cancelled:
        raise
    except RungError as error:
        piece.errors.append(trouble(piece.id, "segment", error))
        return
    piece.candidate = replace(piece.candidate, mask=found.mask, mask_box=found.box)


async def _shaped(job: Job, frame: Frame, piece: Examined, wanted: Wanted) -> None:
    asked = reconstruct_input(frame, piece.candidate, wanted)
    try:
        piece.output = await job.run("reconstruct", asked, step=f"reconstruct {frame.name}.{piece.id}")
    except Cancelled:
        raise
    except RungError as error:
        piece.errors.append(trouble(piece.id, "reconstruct", error))


def reconstruct_input(frame: Frame, candidate: Candidate, wanted: Wanted) -> ReconstructInput:
    """What the models are asked about a piece that has a mask."""
    asked, prior = wanted.shaping, known_before(evidence(frame, Examined(candidate=candidate)))
    assert asked is not None and asked.shape != "none" and candidate.mask is not None
    return ReconstructInput(
        picture=frame.picture,
        mask=candidate.mask,
        mask_box=candidate.mask_box,
        label=candidate.label,
        want=asked.shape,
        focal_px=frame.focal_px,
        prior_mm=prior.mm if prior is not None else None,
        steps=asked.steps,
        detail_steps=asked.detail_steps,
        max_image_size=asked.max_image_size,
        mesh_cleanup=asked.mesh_cleanup,
        texture=asked.texture,
        layout=asked.layout,
        vertex_colour=asked.vertex_colour,
        preview=asked.preview,
        in_place=asked.in_place,
    )


def evidence(frame: Frame, piece: Examined) -> Evidence:
    """All that is known of a piece's size."""
    candidate = piece.candidate
    return Evidence(
        prior=candidate.meaning.prior if candidate.meaning is not None else None,
        shape=shape_of(piece.output) if piece.output is not None else None,
        guessed=guessed(frame, piece),
        given=candidate.given,
    )


def cut_off(frame: Frame, candidate: Candidate) -> bool:
    """Whether the piece goes on beyond the picture."""
    box = candidate.mask_box if candidate.mask is not None else whole(candidate.box, *size_of(frame))
    return truncated(box, *size_of(frame))


def guessed(frame: Frame, piece: Examined) -> bool:
    """Whether a model made a piece whole that goes on beyond the picture; one that lifts says itself which sides it
    did not see."""
    return piece.output is not None and piece.output.level == "generative" and cut_off(frame, piece.candidate)


def size_of(frame: Frame) -> tuple[int, int]:
    """Width and height, in pixels."""
    return frame.picture.width, frame.picture.height


def trouble(object: str | None, stage: Stage, error: RungError) -> Trouble:
    """An error as it stands in an answer."""
    return Trouble(object=object, stage=stage, code=error.code, message=error.message)
