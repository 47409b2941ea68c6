"""How far away things are, and their shapes: depth and reconstruct."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import InvalidInput
from rung.runtime.tasks.pictures import Box, Mask, Picture

Points = Annotated[NDArray[np.float32], ("points", 3)]
Colours = Annotated[NDArray[np.uint8], ("points", 3)]
Depths = Annotated[NDArray[np.float32], ("height", "width")]

FocalSource = Literal["exif", "given", "estimated", "assumed"]
"""Where a focal length is from: the picture's EXIF, the caller, the model, or a rule of thumb that knows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthInput:
    """How far away each pixel is. focal_px: the focal length in pixels of the upright picture; None: not known."""

    picture: Picture
    focal_px: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthOutput:
    """depth: f32 [h, w], along the optical axis, at the model's own working size: stretched to the picture by the
    caller. Metres where `metric`, else right up to one factor. valid: uint8 [h, w], 255 where the depth means
    something. focal_px: in pixels of the upright picture, and focal_source says where it is from. width, height: of
    the picture.
    """

    depth: Depths
    valid: Mask
    metric: bool
    focal_px: float
    focal_source: FocalSource
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure and its standard deviation, in the same unit."""

    value: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Extents:
    """The sides of an upright box turned about the vertical only. width: as one stands before it; depth: to its back;
    height: from the ground up."""

    width: Spread
    depth: Spread
    height: Spread


Side = Literal["width", "depth", "height"]
Wanted = Literal["dimensions", "points", "gaussians", "mesh"]
Level = Literal["generative", "depth", "prior"]
"""How a shape came about: made whole by a model, lifted from a depth map, or only looked up by its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructInput:
    """One object of a picture in three dimensions.

    mask: uint8 [y1-y0, x1-x0] over `mask_box`, 0 or 255, in pixels of the upright picture; never an empty one.
    label: the word for its class. want: the dearest thing asked for; a rung may stop as soon as it has that.
    focal_px: as in DepthInput. prior_mm: (mean, standard deviation) of width, depth and height of such things, from the
    caller's table of classes; None: the caller knows nothing.
    steps, detail_steps: of a generative rung's two stages; None takes the variant's own.
    max_image_size: the longer side to which the picture is shrunk before; None: never shrunk, since small objects
    suffer from it.
    mesh_cleanup, texture, layout, vertex_colour: a generative rung's dear afterwork; the others ignore it.
    preview: whether a small picture of the shape is wanted.
    in_place: the points and the PLY (no mesh) where the picture shows the thing, in the camera's axes (x right, y up, z
    backward), so that several things of one picture stand together; a rung that cannot warns, and gives its own axes.
    """

    picture: Picture
    mask: Mask
    mask_box: Box
    label: str
    want: Wanted = "dimensions"
    focal_px: float | None = None
    prior_mm: tuple[tuple[float, float], ...] | None = None
    steps: int | None = None
    detail_steps: int | None = None
    max_image_size: int | None = None
    mesh_cleanup: bool = False
    texture: bool = False
    layout: bool = False
    vertex_colour: bool = False
    preview: Literal["none", "png", "gif"] = "none"
    in_place: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructOutput:
    """What is known of the object's shape. Axes are right-handed, y up after gravity; in place: the camera's.

    metric: whether the lengths are metres by measurement; False: right up to one factor (a prior's lengths are metres,
    yet measured on others of its kind: False too). extents_m: with standard deviations that hold all the rung does not
    know, the scale included. completed: the sides that were not seen and come from the prior, or from a rule of thumb:
    whoever weighs a side against the prior must not count that prior twice.
    points: f32 [N, 3], on the object; colours: uint8 [N, 3], of the same points. filled_m3: what it fills itself, as
    against its box. ply, mesh (GLB), preview: files. focal_px: what was taken, in pixels of the upright picture.
    notes: sentences for the reader: what was assumed, and what failed and was got round.
    """

    level: Level
    metric: bool
    extents_m: Extents
    completed: tuple[Side, ...] = ()
    points: Points | None = None
    colours: Colours | None = None
    filled_m3: float | None = None
    ply: bytes | None = None
    mesh: bytes | None = None
    preview: bytes | None = None
    focal_px: float | None = None
    focal_source: FocalSource = "assumed"
    notes: tuple[str, ...] = ()


def check_focal(focal_px: float | None) -> None:
    """InvalidInput unless the focal length is unknown or a length."""
    if focal_px is not None and not 0 < focal_px < math.inf:
        raise InvalidInput(f"focal_px is {focal_px:g}; it is a length in pixels, over 0", field="focal_px")


def check_depth(input: DepthInput) -> None:
    """InvalidInput unless the focal length is one."""
    check_focal(input.focal_px)


MOST_STEPS = 1000
AXES = 3


def check_reconstruct(input: ReconstructInput) -> None:
    """InvalidInput unless the mask lies in the picture and shows something, and the figures mean something."""
    width, height = input.picture.width, input.picture.height
    x0, y0, x1, y1 = input.mask_box
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise InvalidInput(
            f"mask_box {input.mask_box} is no x0, y0, x1, y1 in the picture of {width} x {height}", field="mask_box"
        )
    if input.mask.shape != (y1 - y0, x1 - x0):
        raise InvalidInput(
            f"the mask is {input.mask.shape}; over mask_box {input.mask_box} it is {(y1 - y0, x1 - x0)}", field="mask"
        )
    if not input.mask.any():
        raise InvalidInput("the mask is empty: no pixel of it is over 0", field="mask")
    check_focal(input.focal_px)
    _check_prior(input.prior_mm)
    for name in ("steps", "detail_steps"):
        if (steps := getattr(input, name)) is not None and not 1 <= steps <= MOST_STEPS:
            raise InvalidInput(f"{name} is {steps}; it is 1 to {MOST_STEPS}", field=name)
    if input.max_image_size is not None and input.max_image_size < 1:
        raise InvalidInput(f"max_image_size is {input.max_image_size}; it is 1 or more", field="max_image_size")


def _check_prior(prior_mm: tuple[tuple[float, float], ...] | None) -> None:
    if prior_mm is None:
        return
    if len(prior_mm) != AXES or not all(0 < mean < math.inf and 0 <= sd < math.inf for mean, sd in prior_mm):
        raise InvalidInput(
            "prior_mm is (mean, standard deviation) of width, depth and height, in millimetres, each mean over 0",
            field="prior_mm",
        )
