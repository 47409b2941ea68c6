"""One typed input and output per task: what makes the rungs of a ladder interchangeable.

Pixels are uint8 [H, W, 3] RGB, 0..255, row-major, in the picture's upright orientation.
Masks are uint8 [H, W], 0 or 255. Alpha is uint8 [H, W], 0..255.
Points are (x, y) in pixels of the upright picture, x to the right, y down, centre of a pixel at .5 not added.
Imports the standard library and numpy only: the worker's side uses it too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import InvalidInput

Array = NDArray[Any]
Pixels = Annotated[NDArray[np.uint8], ("height", "width", 3)]
Mask = Annotated[NDArray[np.uint8], ("height", "width")]
"""The axes stand with the type: in one input, sides of the same name are equal."""
Box = tuple[int, int, int, int]
"""x0, y0, x1, y1; x1 and y1 exclusive"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture still encoded (PNG, JPEG, WebP); only its header has been read.

    key: sha256 of `data`, the name of everything derived from it.
    width, height: upright, after the EXIF orientation.
    """

    data: bytes
    key: str
    width: int
    height: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A click. label 1 adds, 0 subtracts."""

    x: float
    y: float
    label: Literal[0, 1] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentInput:
    """Which object: points, a box (x0, y0, x1, y1 in pixels), or both. At least one is there."""

    picture: Picture
    points: tuple[Point, ...] = ()
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOutput:
    """The object's mask, given only over `box` (the rest of the picture is background).

    mask: uint8 [y1-y0, x1-x0], 0 or 255. An empty mask has box (0, 0, 0, 0).
    score: the model's own predicted IoU 0..1, None where the rung has no such figure.
    """

    mask: Mask
    box: Box
    width: int
    height: int
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InpaintInput:
    """Fill the hole from its surroundings. mask: 255 = hole, 0 = keep."""

    pixels: Pixels
    mask: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class InpaintOutput:
    """pixels: uint8 [H, W, 3], the same size as the input; what is outside the hole may differ."""

    pixels: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class MatteInput:
    """Find the main object without a prompt."""

    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class MatteOutput:
    """alpha: uint8 [h, w] at the model's own working size; stretched to the picture by the caller."""

    alpha: Mask
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FillInput:
    """Paint what `prompt` says into the hole. mask: 255 = paint here."""

    pixels: Pixels
    mask: Mask
    prompt: str
    steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillOutput:
    """pixels: uint8 [H, W, 3], the same size as the input."""

    pixels: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateInput:
    """A new picture from words.

    width, height: in pixels, multiples of 16.
    steps, guidance: None takes the variant's own; a variant that heeds no guidance warns when it is given one.
    """

    prompt: str
    width: int = 1024
    height: int = 1024
    steps: int | None = None
    guidance: float | None = None
    negative: str = ""
    """What the picture must not show; heeded where guidance is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateOutput:
    """pixels: uint8 [height, width, 3]."""

    pixels: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class EditInput:
    """A picture changed as words say. pictures: the one to change first, then what the words refer to; at most four.

    width, height: of the answer, in pixels, multiples of 16; None: near the first picture's, as the variant works.
    """

    pictures: tuple[Picture, ...]
    prompt: str
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance: float | None = None
    negative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOutput:
    """pixels: uint8 [H, W, 3]; what the words do not speak of may differ a little too."""

    pixels: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectInput:
    """Which things are in a picture, and where. least: scores 0..1 below it are left out.

    words: what to look for, for rungs with an open vocabulary; the others see what they were trained to see.
    masks: whether each thing's mask is wanted; rungs that have boxes only leave it out all the same.
    """

    picture: Picture
    least: float = 0.3
    words: tuple[str, ...] = ()
    masks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One thing. box: x0, y0, x1, y1 in pixels of the upright picture, inside it; score: the model's own, 0..1.

    class_id: the number of its class in the model's own list, of which `label` is the word.
    mask: uint8 [y1-y0, x1-x0] over `mask_box`, 0 or 255; None, with the box (0, 0, 0, 0), where there is none.
    """

    box: tuple[float, float, float, float]
    class_id: int
    label: str
    score: float
    mask: Mask | None = None
    mask_box: Box = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectOutput:
    """detections: best first. width, height: of the picture.

    vocabulary: every label that this rung can see, so that what is missing can be told from what it has no eye for;
    empty: it does not say.
    """

    detections: tuple[Detection, ...]
    width: int
    height: int
    vocabulary: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one side of a conversation said."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatInput:
    """The next message of a conversation; its text comes in pieces too (`Part`, a string each).

    max_tokens: the answer is cut there. temperature: 0 takes the likeliest token each time. stop: texts that end the
    answer and are not part of it. What makes the draw repeatable is the call's seed.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 512
    temperature: float = 0.7
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOutput:
    """finish_reason: `stop` at its own end or a stop text, `length` where it was cut. Tokens as the model counts."""

    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeInput:
    """CPU work that is no model: `module:function` called with `arguments` in a worker.

    arguments: plain values, arrays, bytes, and dataclasses of this module.
    """

    function: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeOutput:
    """value: what the function returned, of the same kinds of values."""

    value: Any


def check_segment(input: SegmentInput) -> None:
    """InvalidInput unless there is a click or a box, and all of it lies in the picture."""
    width, height = input.picture.width, input.picture.height
    if not input.points and input.box is None:
        raise InvalidInput("points, a box, or both are needed: they say which object is meant", field="points")
    for point in input.points:
        if not (0 <= point.x < width and 0 <= point.y < height):
            raise InvalidInput(
                f"the point ({point.x:g}, {point.y:g}) is outside the picture of {width} x {height}", field="points"
            )
    if input.box is not None:
        x0, y0, x1, y1 = input.box
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            raise InvalidInput(
                f"the box {input.box} is no x0, y0, x1, y1 in the picture of {width} x {height}", field="box"
            )


MOST_TOKENS = 1_000_000
HOTTEST = 5.0


def check_chat(input: ChatInput) -> None:
    """InvalidInput unless somebody is to be answered, within bounds that mean something."""
    if not input.messages or input.messages[-1].role != "user":
        raise InvalidInput("messages ends with what the user said: that is answered", field="messages")
    if not 1 <= input.max_tokens <= MOST_TOKENS:
        raise InvalidInput(f"max_tokens is {input.max_tokens}; it is 1 to {MOST_TOKENS}", field="max_tokens")
    if not 0 <= input.temperature <= HOTTEST:
        raise InvalidInput(f"temperature is {input.temperature:g}; it is 0 to {HOTTEST:g}", field="temperature")
    if not all(input.stop):
        raise InvalidInput("an empty stop text would end every answer before it begins", field="stop")


def check_detect(input: DetectInput) -> None:
    """InvalidInput unless `least` is a share and every word says something."""
    if not 0 <= input.least <= 1:
        raise InvalidInput(f"least is {input.least:g}; scores are 0 to 1", field="least")
    if not all(word.strip() for word in input.words):
        raise InvalidInput("an empty word names nothing to look for", field="words")


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


def unchecked(input: Any) -> None:
    """For tasks whose types say all that can be said before a model looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Stands for the input of a call that only measures: the worker makes the variant's own example in its place, of
    about that many pixels (None: as large as the author likes). maker: `module:function` that makes it where the
    variant has none of its own."""

    pixels: int | None = None
    maker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A word that apps and models share, with the types it stands for.

    check: raises InvalidInput for what the types let pass; asked where no pipeline of ours made the input.
    internal: why callers may not ask for it themselves; empty: they may.
    """

    name: str
    input: type
    output: type
    summary: str
    check: Callable[[Any], None] = unchecked
    internal: str = ""


TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="segment",
            input=SegmentInput,
            output=SegmentOutput,
            summary="the mask of the clicked object",
            check=check_segment,
        ),
        Task(name="matte", input=MatteInput, output=MatteOutput, summary="the main object's transparency, no prompt"),
        Task(name="inpaint", input=InpaintInput, output=InpaintOutput, summary="fill a hole from its surroundings"),
        Task(name="fill", input=FillInput, output=FillOutput, summary="paint a text into a hole"),
        Task(name="generate", input=GenerateInput, output=GenerateOutput, summary="a new picture from words"),
        Task(name="edit", input=EditInput, output=EditOutput, summary="change a picture as words say"),
        Task(
            name="detect",
            input=DetectInput,
            output=DetectOutput,
            summary="which things are in a picture, and where",
            check=check_detect,
        ),
        Task(
            name="depth",
            input=DepthInput,
            output=DepthOutput,
            summary="how far away each pixel is",
            check=check_depth,
        ),
        Task(
            name="reconstruct",
            input=ReconstructInput,
            output=ReconstructOutput,
            summary="one object of a picture in three dimensions",
            check=check_reconstruct,
        ),
        Task(
            name="chat",
            input=ChatInput,
            output=ChatOutput,
            summary="the next message of a conversation",
            check=check_chat,
        ),
        Task(
            name="compute",
            input=ComputeInput,
            output=ComputeOutput,
            summary="CPU work that is no model",
            internal="it runs a function that its input names, and is for pipelines only",
        ),
    )
}


def pixels_of(input: object) -> int:
    """Pixels of the largest picture, mask or other plane in a task's input; 0 where there is none.

    Only sizes are looked at, so it costs microseconds.
    """
    match input:
        case np.ndarray():
            return input.shape[0] * input.shape[1] if input.ndim > 1 else 0
        case None | bool() | int() | float() | str() | bytes():
            return 0
        case Picture() | GenerateInput():
            return input.width * input.height
        case EditInput():
            return max((input.width or 0) * (input.height or 0), *map(pixels_of, input.pictures), 0)
        case Mapping():
            return max(map(pixels_of, input.values()), default=0)
        case list() | tuple():
            return max(map(pixels_of, input), default=0)
        case _:
            kind: Any = type(input)
            return max((pixels_of(getattr(input, name)) for name in _names(kind)), default=0)


@cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; of another type none."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()
