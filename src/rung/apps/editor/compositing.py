"""Puts pictures together: the hole for an inpainter and its answer back, a new background, a cutout.

What is not meant to change stays bit for bit; every function here runs in a compute worker.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np

from rung.apps.editor import backgrounds, layers, masks
from rung.models import holes
from rung.models.pictures import decode
from rung.runtime.errors import InvalidInput
from rung.runtime.tasks import Box, Mask, Picture, Pixels

NEAREST_CONTEXT: Final = 128
"""Pixels round a hole at least, however small it is: what MI-GAN's graph crops to by itself."""
VISIBLE: Final = 10
"""Alpha above which a pixel belongs to the object where a picture is trimmed: a matte is never quite 0."""


def prepare_hole(picture: Picture, mask: Mask, box: Box, dilate: int, margin: float) -> dict[str, Any]:
    """{"pixels", "mask", "box", "hole_box", "hole_share"}: the part of the picture that an inpainter needs.

    At the picture's own resolution: the hole (the selection grown by `dilate` pixels) with `margin` x its longer
    side round it. hole_box: of the hole in the picture. hole_share: of the part's pixels, 0..1.
    InvalidInput when the selection is empty or nothing is left round it.
    """
    width, height = picture.width, picture.height
    near = masks.widened(box, dilate, width, height)
    hole = masks.grown(masks.over(mask, box, near), dilate)
    found = holes.bounds(hole)
    if found == (0, 0, 0, 0):
        raise InvalidInput("the selection is empty, so there is nothing to fill: click on an object", field="mask")
    if cv2.countNonZero(hole) == width * height:
        raise InvalidInput(
            f"the selection grown by {dilate} pixels covers the whole picture, so nothing is left to fill it from; "
            "select less or set dilate lower",
            field="dilate",
        )
    hole_box = (near[0] + found[0], near[1] + found[1], near[0] + found[2], near[1] + found[3])
    longer = max(found[2] - found[0], found[3] - found[1])
    crop = masks.widened(hole_box, max(round(longer * margin), NEAREST_CONTEXT), width, height)
    part = np.ascontiguousarray(hole[found[1] : found[3], found[0] : found[2]])
    whole = masks.over(part, hole_box, crop)
    return {
        "pixels": np.ascontiguousarray(_part(decode(picture), crop)),
        "mask": whole,
        "box": crop,
        "hole_box": hole_box,
        "hole_share": cv2.countNonZero(whole) / whole.size,
    }


def finish_removal(picture: Picture, filled: Pixels, box: Box, mask: Mask, feather: int, format: str) -> bytes:
    """The picture with `filled` laid into the hole, encoded. box: where `filled` and `mask` (the hole) belong.

    Outside the hole the pixels are those of the upright original, bit for bit; the edge blends over `feather`
    pixels inside it. The RGB colour profile and transparency are kept, EXIF is dropped.
    """
    read = layers.read(picture)
    part = _part(read.pixels, box)
    part[...] = blended(part, filled, mask, feather)
    if read.alpha is not None:
        # What was removed was opaque; what takes its place is as opaque as its surroundings.
        around = _part(read.alpha, box)
        around[...] = cv2.inpaint(np.ascontiguousarray(around), mask, 3, cv2.INPAINT_TELEA)
    return layers.write(read, format)


def prepare_surroundings(picture: Picture, mask: Mask, box: Box) -> dict[str, Any]:
    """{"pixels", "mask"}: the whole picture, everything but the object as the hole."""
    hole = cv2.bitwise_not(masks.placed(mask, box, picture.width, picture.height))
    if not hole.any():
        raise InvalidInput("the object covers the whole picture, so there is no background to replace", field="mask")
    return {"pixels": decode(picture), "mask": hole}


def replace_background(
    picture: Picture,
    mask: Mask,
    box: Box,
    feather: int,
    format: str,
    background: Picture | None = None,
    colour: str | None = None,
    blur: int | None = None,
    pixels: Pixels | None = None,
) -> bytes:
    """The object before another background, encoded; exactly one background is given.

    background: a picture, scaled to cover and cut at the centre. colour: #rrggbb. blur: radius in pixels, of the
    picture's own background. pixels: of the picture's size. The object's pixels stay bit for bit, but for
    `feather` pixels inside its edge and where it was transparent itself.
    """
    read = layers.read(picture)
    whole = masks.placed(mask, box, picture.width, picture.height)
    if background is not None:
        behind = backgrounds.covering(decode(background), picture.width, picture.height)
    elif colour is not None:
        behind = backgrounds.plain(colour, picture.width, picture.height)
    elif blur is not None:
        behind = backgrounds.blurred(read.pixels, whole, blur)
    elif pixels is not None:
        behind = pixels.copy()
    else:
        raise InvalidInput("no background is given: one of background, colour, blur, prompt", field="background")
    # One pixel more, so that the object's edge is an edge there too.
    near = masks.widened(box, 1, picture.width, picture.height)
    part = _part(behind, near)
    own = None if read.alpha is None else _part(read.alpha, near)
    part[...] = blended(part, _part(read.pixels, near), np.ascontiguousarray(_part(whole, near)), feather, own)
    return layers.write(replace(read, pixels=behind, alpha=None), format)


def cutout(picture: Picture, mask: Mask, box: Box, feather: int, trim: bool, soft: bool = False) -> dict[str, Any]:
    """{"data", "width", "height", "box"}: the object as a PNG on nothing; box is where it is in the picture.

    soft: `mask` is an alpha 0..255 of any size, stretched over `box`; else a selection, softened over `feather`
    pixels inside its edge. Transparency of the picture's own stays. Colours that nobody can see are cleared:
    a cutout carries nothing of its background. InvalidInput when nothing is visible.
    """
    read = layers.read(picture)
    alpha = _alpha(picture, mask, box, feather, soft)
    if read.alpha is not None:
        alpha = cv2.multiply(alpha, read.alpha, scale=1 / 255)
    seen = holes.bounds(np.where(alpha > VISIBLE, np.uint8(255), np.uint8(0)))
    if seen == (0, 0, 0, 0):
        raise InvalidInput("no object stands out in this picture: give points or a box", field="points")
    read.pixels[alpha == 0] = 0
    kept = replace(read, alpha=alpha)
    if trim:
        kept = replace(read, pixels=np.ascontiguousarray(_part(read.pixels, seen)), alpha=_part(alpha, seen))
    height, width = kept.pixels.shape[:2]
    return {"data": layers.write(kept, "png"), "width": width, "height": height, "box": seen}


def blended(under: Pixels, upper: Pixels, mask: Mask, feather: int, opacity: Mask | None = None) -> Pixels:
    """`upper` over `under` where the mask is, all of one size; exactly `under` outside, exactly `upper` within
    (further than `feather` from the edge, and where `opacity` is 255)."""
    weights = masks.softened(mask, feather)
    if opacity is not None:
        weights *= opacity.astype(np.float32) / np.float32(255)
    out = under.copy()
    cv2.copyTo(np.ascontiguousarray(upper), np.where(weights == 1, np.uint8(255), np.uint8(0)), out)
    edge = (weights > 0) & (weights < 1)
    share = weights[edge][:, None]
    out[edge] = np.rint(under[edge] * (1 - share) + upper[edge] * share).astype(np.uint8)
    return out


def _alpha(picture: Picture, mask: Mask, box: Box, feather: int, soft: bool) -> Mask:
    """The alpha of the whole picture, 0..255."""
    x0, y0, x1, y1 = box
    if not soft:
        near = masks.widened(box, 1, picture.width, picture.height)
        weights = masks.softened(masks.over(mask, box, near), feather)
        return masks.placed(np.rint(weights * 255).astype(np.uint8), near, picture.width, picture.height)
    if mask.shape != (y1 - y0, x1 - x0):
        mask = cv2.resize(mask, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return masks.placed(mask, box, picture.width, picture.height)


def _part(array: Any, box: Box) -> Any:
    """A view of an array over a box."""
    x0, y0, x1, y1 = box
    return array[y0:y1, x0:x1]
