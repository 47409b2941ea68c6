"""Decides how what was found of a picture's pieces is answered; its masks become files."""

from __future__ import annotations

from collections.abc import Sequence

from rung.apps.furniture.fusion import Fused, Fusion, fuse
from rung.apps.furniture.measures import Grounds, Sized, fill_of, scale_of, shape_of, sized
from rung.apps.furniture.picture import Examined, Frame, cut_off, evidence, guessed, size_of
from rung.apps.furniture.schema import Measure, Piece
from rung.runtime.app import File
from rung.runtime.job import Job
from rung.runtime.tasks import FocalSource, Level

DRAWING = "rung.apps.furniture.drawing"
YARDSTICK = 0.1
"""Share in a picture's scale from which a piece is named as its source."""
PLY, GLB = "model/ply", "model/gltf-binary"
UNLIKE = "its size is unlike that of its class, which therefore counted for less"
TURNED = "width and depth were exchanged: its class stands the other way round"
CUT_OFF = "it goes on beyond the picture's edge: what was made whole of it is a guess"


async def pieces_of(
    job: Job, frame: Frame, found: Sequence[Examined], *, masks: bool, sizes: bool
) -> tuple[list[Piece], Measure | None]:
    """The pieces as they are answered, and what the picture's lengths were multiplied by (None: nothing was)."""
    drawn = await _masks(job, frame, found) if masks else [None] * len(found)
    if not sizes:
        return [_piece(frame, one, mask, None, []) for one, mask in zip(found, drawn, strict=True)], None
    fusion = fuse([evidence(frame, one) for one in found])
    made = []
    for at, (one, mask) in enumerate(zip(found, drawn, strict=True)):
        fused = fusion.pieces[at]
        fill = fill_of(one.output) if one.output is not None else None
        figures = sized(fused, _grounds(found, fusion, at), fill) if fused is not None else None
        made.append(_piece(frame, one, mask, figures, _notes(frame, one, fused)))
    return made, _scale(found, fusion)


async def _masks(job: Job, frame: Frame, found: Sequence[Examined]) -> list[File | None]:
    """One call for all of a picture's masks."""
    width, height = size_of(frame)
    drawn = {at: one.candidate for at, one in enumerate(found) if one.candidate.mask is not None}
    if not drawn:
        return [None] * len(found)
    pngs = await job.compute(
        f"{DRAWING}:mask_pngs",
        masks=[candidate.mask for candidate in drawn.values()],
        boxes=[candidate.mask_box for candidate in drawn.values()],
        width=width,
        height=height,
    )
    files = {
        at: File(data=png, media_type="image/png", width=width, height=height)
        for at, png in zip(drawn, pngs, strict=True)
    }
    return [files.get(at) for at in range(len(found))]


def _piece(frame: Frame, one: Examined, mask: File | None, figures: Sized | None, notes: list[str]) -> Piece:
    candidate, output = one.candidate, one.output
    meaning = candidate.meaning
    width, depth, height = figures.sides if figures is not None else (None, None, None)
    return Piece(
        id=candidate.id,
        label=candidate.label,
        class_=meaning.kind.name if meaning is not None else None,
        subtype=figures.subtype if figures is not None else None,
        movable=meaning.kind.movable if meaning is not None else True,
        origin=candidate.origin,
        score=candidate.score,
        box=candidate.box,
        truncated=cut_off(frame, candidate),
        mask=mask,
        width_mm=width,
        depth_mm=depth,
        height_mm=height,
        box_volume_m3=figures.volume if figures is not None else None,
        filled_volume_m3=figures.filled if figures is not None else None,
        points=_file(output.ply if output is not None else None, PLY),
        mesh=_file(output.mesh if output is not None else None, GLB),
        preview=_file(
            output.preview if output is not None else None, _preview_type(output.preview if output else None)
        ),
        notes=notes,
    )


def _file(data: bytes | None, media_type: str) -> File | None:
    return File(data=data, media_type=media_type) if data else None


def _preview_type(data: bytes | None) -> str:
    return "image/gif" if data is not None and data.startswith(b"GIF8") else "image/png"


def _grounds(found: Sequence[Examined], fusion: Fusion, at: int) -> Grounds:
    candidate, output = found[at].candidate, found[at].output
    level = measured(found[at])
    return Grounds(
        level=level,
        metric=_metric(found[at]),
        focal=output.focal_source if output is not None and level is not None else None,
        meaning=candidate.meaning,
        yardsticks=tuple(
            name
            for other, name in _yardsticks(found, fusion).items()
            if other != at and _metric(found[other]) == _metric(found[at])
        ),
        given=(bool(candidate.given[0]), bool(candidate.given[1]), bool(candidate.given[2])),
    )


def measured(one: Examined) -> Level | None:
    """The level of its shape; None where nothing in the picture was measured."""
    return one.output.level if one.output is not None and shape_of(one.output) is not None else None


def _yardsticks(found: Sequence[Examined], fusion: Fusion) -> dict[int, str]:
    """The pieces that the picture's scale rests on, the weightiest first: place -> word and id."""
    shares = {at: fused.yardstick for at, fused in enumerate(fusion.pieces) if fused is not None}
    most = sorted((at for at, share in shares.items() if share >= YARDSTICK), key=lambda at: -shares[at])
    return {at: f"{found[at].candidate.label} {found[at].id}" for at in most}


def _scale(found: Sequence[Examined], fusion: Fusion) -> Measure | None:
    shaped = [one for one in found if measured(one) is not None]
    metric = any(_metric(one) for one in shaped)
    told = [one for one in shaped if _metric(one) == metric]
    names = _yardsticks(found, fusion)
    yardsticks = [f"scale by {name}" for at, name in names.items() if _metric(found[at]) == metric]
    return scale_of(fusion, measured(told[0]) if told else None, yardsticks)


def _metric(one: Examined) -> bool:
    """Whether its shape is in metres: what is has one scale, and what is not another."""
    return one.output is not None and one.output.metric


def _notes(frame: Frame, one: Examined, fused: Fused | None) -> list[str]:
    notes = list(one.output.notes) if one.output is not None else []
    if fused is not None and fused.unlike:
        notes.append(UNLIKE)
    if fused is not None and fused.turned:
        notes.append(TURNED)
    if guessed(frame, one):
        notes.append(CUT_OFF)
    return notes


def focal_of(found: Sequence[Examined]) -> tuple[float | None, FocalSource | None]:
    """The focal length that the shapes were worked out with, and where it is from; Nones where none was needed."""
    for one in found:
        if measured(one) is not None and one.output is not None and one.output.focal_px is not None:
            return one.output.focal_px, one.output.focal_source
    return None, None
