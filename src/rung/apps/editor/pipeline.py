"""One async function per operation of the editor: what is wanted, in the user's words."""

from __future__ import annotations

from typing import Any

from rung.apps.editor.schema import (
    CutoutRequest,
    FillRequest,
    Format,
    ImageReply,
    RemoveReply,
    RemoveRequest,
    ReplaceRequest,
    SegmentReply,
    SegmentRequest,
)
from rung.apps.editor.selection import MASKS, Selected, select
from rung.runtime.app import File
from rung.runtime.job import Job
from rung.runtime.tasks import FillInput, FillOutput, InpaintInput, InpaintOutput, MatteInput, MatteOutput, Picture

COMPOSITING = "rung.apps.editor.compositing"
MARGIN = 1.0
"""Context round a hole on each side, as a share of the hole's longer side: an inpainter sees 3x the hole."""


async def segment(job: Job, request: SegmentRequest) -> SegmentReply:
    """The mask of the clicked object."""
    found = await select(job, request)
    picture = request.image
    png = await job.compute(
        f"{MASKS}:mask_png", mask=found.mask, box=found.box, width=picture.width, height=picture.height
    )
    return SegmentReply(
        mask=_file(png, "png", picture.width, picture.height),
        box=found.box,
        area_px=int((found.mask > 0).sum()),
        score=found.score,
    )


async def remove(job: Job, request: RemoveRequest) -> RemoveReply:
    """The picture without the object."""
    found = await _selected(job, request)
    hole = await _hole(job, request, found)
    job.progress("inpaint", 0.5)
    filled: InpaintOutput = await job.run("inpaint", InpaintInput(pixels=hole["pixels"], mask=hole["mask"]))
    return await _composite(job, request, hole, filled.pixels)


async def fill(job: Job, request: FillRequest) -> RemoveReply:
    """The picture with the prompt painted over the object."""
    found = await _selected(job, request)
    hole = await _hole(job, request, found)
    job.progress("fill", 0.5)
    wanted = FillInput(pixels=hole["pixels"], mask=hole["mask"], prompt=request.prompt, steps=request.steps)
    filled: FillOutput = await job.run("fill", wanted)
    return await _composite(job, request, hole, filled.pixels)


async def replace(job: Job, request: ReplaceRequest) -> ImageReply:
    """The object before another background."""
    found = await _selected(job, request)
    background: dict[str, Any] = {"background": request.background, "colour": request.colour, "blur": request.blur}
    if request.prompt is not None:
        background["pixels"] = await _painted(job, request.image, found, request.prompt)
    job.progress("composite", 0.8)
    data = await job.compute(
        f"{COMPOSITING}:replace_background",
        picture=request.image,
        mask=found.mask,
        box=found.box,
        feather=request.feather,
        format=request.format,
        **background,
    )
    return ImageReply(image=_file(data, request.format, request.image.width, request.image.height), box=found.box)


async def cutout(job: Job, request: CutoutRequest) -> ImageReply:
    """The object on a transparent background; without a selection, the main object."""
    picture = request.image
    if request.mask is None and not request.points and request.box is None:
        matte: MatteOutput = await job.run("matte", MatteInput(picture=picture))
        alpha: dict[str, Any] = {"mask": matte.alpha, "box": (0, 0, picture.width, picture.height), "soft": True}
    else:
        found = await select(job, request)
        alpha = {"mask": found.mask, "box": found.box, "soft": False}
    job.progress("composite", 0.8)
    cut = await job.compute(
        f"{COMPOSITING}:cutout", picture=picture, feather=request.feather, trim=request.trim, **alpha
    )
    return ImageReply(image=_file(cut["data"], "png", cut["width"], cut["height"]), box=cut["box"])


async def _selected(job: Job, request: RemoveRequest | FillRequest | ReplaceRequest) -> Selected:
    job.progress("segment", 0.0)
    return await select(job, request)


async def _hole(job: Job, request: RemoveRequest | FillRequest, found: Selected) -> dict[str, Any]:
    picture = request.image
    dilate = request.dilate if request.dilate is not None else default_dilation(picture)
    job.progress("prepare", 0.4)
    hole: dict[str, Any] = await job.compute(
        f"{COMPOSITING}:prepare_hole", picture=picture, mask=found.mask, box=found.box, dilate=dilate, margin=MARGIN
    )
    return hole


async def _composite(job: Job, request: RemoveRequest | FillRequest, hole: dict[str, Any], filled: Any) -> RemoveReply:
    job.progress("composite", 0.9)
    picture, crop = request.image, hole["box"]
    data = await job.compute(
        f"{COMPOSITING}:finish_removal",
        picture=picture,
        filled=filled,
        box=crop,
        mask=hole["mask"],
        feather=request.feather,
        format=request.format,
    )
    png = await job.compute(
        f"{MASKS}:mask_png", mask=hole["mask"], box=crop, width=picture.width, height=picture.height
    )
    return RemoveReply(
        image=_file(data, request.format, picture.width, picture.height),
        mask=_file(png, "png", picture.width, picture.height),
        box=hole["hole_box"],
    )


async def _painted(job: Job, picture: Picture, found: Selected, prompt: str) -> Any:
    """The whole picture with everything but the object painted over."""
    around = await job.compute(f"{COMPOSITING}:prepare_surroundings", picture=picture, mask=found.mask, box=found.box)
    filled: FillOutput = await job.run("fill", FillInput(pixels=around["pixels"], mask=around["mask"], prompt=prompt))
    return filled.pixels


def default_dilation(picture: Picture) -> int:
    """Pixels by which a selection grows unless the caller says: 0.8 % of the longer side, at least 3.

    A mask that ends exactly at the object's edge leaves a rim of it, which an inpainter then continues.
    """
    return max(3, round(0.008 * max(picture.width, picture.height)))


def _file(data: bytes, format: Format, width: int, height: int) -> File:
    return File(data=data, media_type=f"image/{format}", width=width, height=height)
