"""Pictures in, masks, boxes and pictures out.

Pixels are uint8 [H, W, 3] RGB, 0..255, row-major, in the picture's upright orientation.
Masks are uint8 [H, W], 0 or 255. Alpha is uint8 [H, W], 0..255.
Points are (x, y) in pixels of the upright picture, x to the right, y down, centre of a pixel at .5 not added.
"""

from __future__ import annotations

from dataclasses import dataclass
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


def check_detect(input: DetectInput) -> None:
    """InvalidInput unless `least` is a share and every word says something."""
    if not 0 <= input.least <= 1:
        raise InvalidInput(f"least is {input.least:g}; scores are 0 to 1", field="least")
    if not all(word.strip() for word in input.words):
        raise InvalidInput("an empty word names nothing to look for", field="words")
