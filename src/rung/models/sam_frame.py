"""Owns the geometry of the SAM family: picture -> the 1024 frame of the nets, and low-resolution logits -> mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rung.models.pictures import fitted
from rung.runtime.tasks import Box, Mask, Pixels, SegmentInput

SIDE: Final = 1024
Floats = NDArray[np.float32]

_MEAN: Final = np.array([123.675, 116.28, 103.53], np.float32)
_STD: Final = np.array([58.395, 57.12, 57.375], np.float32)
"""ImageNet's, for pixels 0..255; the same in SAM, MobileSAM and SAM 2."""

_STRIP_ROWS: Final = 128
"""Rows upsampled at a time: keeps the floats of a 12 megapixel mask in the cache, not 48 MB beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How a picture of `width` x `height` lies in the frame.

    inner: the (width, height) of the frame, from its top left corner, that the picture fills.
    grid: the side of the square that logits are upsampled to before they are cut to the picture
    (1024 in SAM's postprocess_masks; 256 in SAM 2, which goes to the picture in one step).
    decode_side: the longer side at which a picture has all the detail that the frame can hold.
    """

    width: int
    height: int
    inner: tuple[int, int]
    grid: int = SIDE
    decode_side: int = SIDE


def letterboxed(width: int, height: int) -> Frame:
    """SAM and MobileSAM: the longer side becomes 1024, zeros fill the rest (ResizeLongestSide)."""
    return Frame(width=width, height=height, inner=fitted(width, height, SIDE))


def stretched(width: int, height: int) -> Frame:
    """SAM 2: both sides become 1024, the aspect is lost (SAM2Transforms)."""
    # At least 1024 along the shorter side too: the stretch must not blow up what decoding threw away.
    side = -(-SIDE * max(width, height) // min(width, height))
    return Frame(width=width, height=height, inner=(SIDE, SIDE), grid=256, decode_side=side)


def tensor(pixels: Pixels, frame: Frame) -> Floats:
    """The net's input: f32 [1, 3, 1024, 1024], normalised, zeros where no picture is."""
    image = Image.fromarray(pixels).resize(frame.inner, Image.Resampling.BILINEAR)
    width, height = frame.inner
    out = np.zeros((1, 3, SIDE, SIDE), np.float32)
    scaled = (np.asarray(image, np.float32) - _MEAN) * (1 / _STD)
    out[0, :, :height, :width] = scaled.transpose(2, 0, 1)
    return out


def prompt(input: SegmentInput, frame: Frame, *, pad: bool) -> tuple[Floats, Floats]:
    """(coords f32 [1, N, 2] in the frame, labels f32 [1, N]); N >= 1.

    Labels: 1 adds, 0 subtracts, 2 and 3 are a box's corners. pad: without a box add the padding point
    (0, 0), label -1, that SAM was trained with (segment_anything/modeling/prompt_encoder.py, `pad`).
    """
    points: list[tuple[float, float, int]] = [(p.x, p.y, p.label) for p in input.points]
    if input.box is not None:
        x0, y0, x1, y1 = input.box
        points += [(x0, y0, 2), (x1, y1, 3)]
    rows = np.array(points, np.float32).reshape(-1, 3)
    rows[:, 0] *= frame.inner[0] / frame.width
    rows[:, 1] *= frame.inner[1] / frame.height
    if pad and input.box is None:
        rows = np.concatenate([rows, np.array([[0, 0, -1]], np.float32)])
    return np.ascontiguousarray(rows[None, :, :2]), np.ascontiguousarray(rows[None, :, 2])


def mask(logits: Floats, frame: Frame) -> tuple[Mask, Box]:
    """The pixels whose upsampled logit is over 0, and the tight box around them.

    logits: f32 [256, 256] over the frame. Bilinear with half-pixel centres, as the references do it, but
    only where something can be positive: the cost follows the object, not the picture.
    The mask is uint8 [y1-y0, x1-x0]; where nothing is positive, it is empty and the box (0, 0, 0, 0).
    """
    grid = cv2.resize(logits, (frame.grid, frame.grid), interpolation=cv2.INTER_LINEAR)
    grid = grid[: frame.inner[1] * frame.grid // SIDE, : frame.inner[0] * frame.grid // SIDE]
    columns = _reach(grid.max(axis=0) > 0, frame.width)
    rows = _reach(grid.max(axis=1) > 0, frame.height)
    if columns is None or rows is None:
        return _EMPTY
    return _tight(over(grid, frame, (columns[0], rows[0], columns[1], rows[1])), columns[0], rows[0])


def over(grid: Floats, frame: Frame, box: Box) -> Mask:
    """0 or 255 over `box` of the picture: `grid` (what the picture fills of it) upsampled, over 0."""
    x0, y0, x1, y1 = box
    left, right, across = _taps(x0, x1, grid.shape[1] / frame.width, grid.shape[1])
    top, bottom, down = _taps(y0, y1, grid.shape[0] / frame.height, grid.shape[0])
    first, last = int(top[0]), int(bottom[-1]) + 1
    turned = np.ascontiguousarray(grid[first:last].T)
    # Whole rows are gathered in both passes: a memcpy each, where a gather of columns crawls.
    wide = np.ascontiguousarray((turned[left] * (1 - across)[:, None] + turned[right] * across[:, None]).T)
    out = np.empty((y1 - y0, x1 - x0), np.uint8)
    for start in range(0, len(out), _STRIP_ROWS):
        part = slice(start, start + _STRIP_ROWS)
        weight = down[part, None]
        logits = wide[top[part] - first] * (1 - weight) + wide[bottom[part] - first] * weight
        np.multiply(logits > 0, 255, out=out[part], casting="unsafe")
    return out


_EMPTY: Final[tuple[Mask, Box]] = (np.zeros((0, 0), np.uint8), (0, 0, 0, 0))


def _taps(start: int, stop: int, scale: float, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """For target pixels start..stop: the two source indices and the second one's weight."""
    where = np.clip((np.arange(start, stop) + 0.5) * scale - 0.5, 0, size - 1)
    low = np.floor(where).astype(np.intp)
    return low, np.minimum(low + 1, size - 1), (where - low).astype(np.float32)


def _reach(positive: NDArray[np.bool_], size: int) -> tuple[int, int] | None:
    """The span of picture pixels that the positive cells can touch: one cell further on each side."""
    found = np.flatnonzero(positive)
    if len(found) == 0:
        return None
    cell = size / len(positive)
    return max(int((found[0] - 1) * cell), 0), min(int(np.ceil((found[-1] + 2) * cell)), size)


def _tight(mask: Mask, x0: int, y0: int) -> tuple[Mask, Box]:
    rows = np.flatnonzero(mask.max(axis=1))
    if len(rows) == 0:
        return _EMPTY
    columns = np.flatnonzero(mask.max(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return np.ascontiguousarray(mask[top:bottom, left:right]), (x0 + left, y0 + top, x0 + right, y0 + bottom)
