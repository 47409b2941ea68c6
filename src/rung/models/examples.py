"""Makes an input for each task whose author gives none: what a worker is warmed up and measured with.

A soft landscape of smooth ground, fine grain and one disc that stands out, with a click on the disc. It is a PNG with
transparency, which must be decoded whole and laid on white: the most memory that a picture of its size takes (seen: 14
bytes a pixel; without transparency 4; a JPEG is decoded smaller). Imports the standard library and numpy only, since it
is called in workers, whatever interpreter they have.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, Final

import numpy as np

from rung.models.sheet_example import figures, sheet
from rung.runtime.errors import InvalidInput
from rung.runtime.spec import USUAL_PIXELS
from rung.runtime.tasks import (
    ChatInput,
    ClassifyStrokesInput,
    DepthInput,
    DescribeInput,
    DetectInput,
    EditInput,
    FillInput,
    FindTextInput,
    GenerateInput,
    InpaintInput,
    LayoutInput,
    Mask,
    MatteInput,
    Message,
    Picture,
    Pixels,
    Point,
    ReadInput,
    ReconstructInput,
    SegmentInput,
    ToleranceInput,
)

_SHAPE: Final = 4 / 3
_GRAIN: Final = 64
"""Side of the tile of grain that is repeated: cheap to make, and what a decoder holds does not depend on it."""
_HOLE: Final = 0.5
"""Of the height across: a large object, 15 % of the picture. What some models take grows with the hole."""


def example(task: str, pixels: int | None = None) -> Any:
    """An input of the task of about that many pixels. Raises InvalidInput for a task that has none."""
    make = _MAKERS.get(task)
    if make is None:
        raise InvalidInput(f"There is no example for the task {task}; there is one for {', '.join(_MAKERS)}.")
    width, height = _size(pixels or USUAL_PIXELS)
    return make(width, height)


def _size(pixels: int) -> tuple[int, int]:
    height = max(round(sqrt(pixels / _SHAPE)), 1)
    return max(round(pixels / height), 1), height


def landscape(width: int, height: int) -> Pixels:
    """uint8 [H, W, 3]: blue above, brown below, an orange disc of a quarter of the height, grain over all."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    grain = np.random.default_rng(7).integers(0, 12, (_GRAIN, _GRAIN), np.uint8)
    over = np.tile(grain, (height // _GRAIN + 1, width // _GRAIN + 1))[:height, :width]
    pixels = np.empty((height, width, 3), np.uint8)
    on_disc = disc(width, height) > 0
    for channel, (top, bottom, edge, of_disc) in enumerate(
        ((70, 110, 30, 225), (110, 80, 20, 120), (180, 50, -20, 30))
    ):
        plane = (top + (bottom - top) * down + edge * across).astype(np.uint8)
        plane[on_disc] = of_disc
        pixels[..., channel] = plane + over
    return pixels


def disc(width: int, height: int, across: float = 0.25) -> Mask:
    """uint8 [H, W]: 255 on the disc in the middle, of that share of the height across."""
    y, x = np.ogrid[:height, :width]
    inside = (x - width // 2) ** 2 + (y - height // 2) ** 2 <= max(height * across / 2, 1) ** 2
    return np.where(inside, np.uint8(255), np.uint8(0))


def png(pixels: Pixels) -> bytes:
    """The pixels as a PNG whose first one is transparent, written by hand: a worker need not have a library for it."""
    height, width = pixels.shape[:2]
    packer = zlib.compressobj(1)
    row = np.full((width, 4), 255, np.uint8)
    rows = []
    for y in range(height):
        row[:, :3] = pixels[y]
        row[0, 3] = 255 if y else 0
        rows.append(packer.compress(b"\0" + row.tobytes()))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", b"".join((*rows, packer.flush()))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _picture(width: int, height: int) -> Picture:
    return _encoded(landscape(width, height))


def _sheet(width: int, height: int) -> Picture:
    return _encoded(sheet(width, height))


def _encoded(pixels: Pixels) -> Picture:
    data = png(pixels)
    height, width = pixels.shape[:2]
    return Picture(data=data, key=hashlib.sha256(data).hexdigest(), width=width, height=height, media_type="image/png")


def _segment(width: int, height: int) -> SegmentInput:
    return SegmentInput(picture=_picture(width, height), points=(Point(x=width // 2, y=height // 2),))


def _matte(width: int, height: int) -> MatteInput:
    return MatteInput(picture=_picture(width, height))


def _inpaint(width: int, height: int) -> InpaintInput:
    return InpaintInput(pixels=landscape(width, height), mask=disc(width, height, _HOLE))


def _fill(width: int, height: int) -> FillInput:
    return FillInput(pixels=landscape(width, height), mask=disc(width, height, _HOLE), prompt="a red ball")


def _generate(width: int, height: int) -> GenerateInput:
    return GenerateInput(prompt="a red ball on the ground", width=_even(width), height=_even(height))


def _edit(width: int, height: int) -> EditInput:
    return EditInput(
        pictures=(_picture(width, height),), prompt="make the ball blue", width=_even(width), height=_even(height)
    )


def _detect(width: int, height: int) -> DetectInput:
    return DetectInput(picture=_picture(width, height))


def _depth(width: int, height: int) -> DepthInput:
    return DepthInput(picture=_picture(width, height))


def _reconstruct(width: int, height: int) -> ReconstructInput:
    mask = disc(width, height, _HOLE)
    return ReconstructInput(
        picture=_picture(width, height),
        mask=mask,
        mask_box=(0, 0, width, height),
        label="chair",
        prior_mm=((600.0, 120.0), (600.0, 120.0), (900.0, 180.0)),
    )


def _chat(width: int, height: int) -> ChatInput:
    """A short question, an answer of at most 32 tokens; no picture, so its size says nothing."""
    return ChatInput(
        messages=(Message(role="user", content="Name three things that a red ball is good for."),),
        max_tokens=32,
        temperature=0.0,
    )


def _find_text(width: int, height: int) -> FindTextInput:
    return FindTextInput(picture=_sheet(width, height))


def _read(width: int, height: int) -> ReadInput:
    return ReadInput(picture=_sheet(width, height), boxes=figures(width, height), alphabet="dimension")


def _layout(width: int, height: int) -> LayoutInput:
    return LayoutInput(picture=_sheet(width, height), dpi=200.0)


def _strokes(width: int, height: int) -> ClassifyStrokesInput:
    return ClassifyStrokesInput(picture=_sheet(width, height), dpi=200.0)


def _tolerance(width: int, height: int) -> ToleranceInput:
    """A plate; no picture, so its size says nothing."""
    return ToleranceInput(surface="plane", length_mm=100.0, width_mm=60.0)


def _describe(width: int, height: int) -> DescribeInput:
    return DescribeInput(
        pictures=(_sheet(width, height),),
        prompt="Name the views of this drawing.",
        facts={"title.material": "S45C", "dimension.1": "⌀25H7", "dimension.2": "80±0.1", "frame.1": "⏊|0.05|A"},
        max_tokens=32,
    )


def _even(side: int) -> int:
    """The nearest multiple of 16."""
    return max(round(side / 16), 1) * 16


_MAKERS: Mapping[str, Callable[[int, int], Any]] = {
    "segment": _segment,
    "matte": _matte,
    "inpaint": _inpaint,
    "fill": _fill,
    "generate": _generate,
    "edit": _edit,
    "detect": _detect,
    "depth": _depth,
    "reconstruct": _reconstruct,
    "chat": _chat,
    "find-text": _find_text,
    "read": _read,
    "layout": _layout,
    "classify-strokes": _strokes,
    "predict-tolerance": _tolerance,
    "describe": _describe,
}
"""`compute` has none: what an app's function takes is the app's affair."""
