"""Segments by colour alone: OpenCV's GrabCut seeded from the clicks; the rung that needs no weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.caps import warn_of_side
from rung.models.pictures import decode
from rung.runtime.errors import RungError
from rung.runtime.model import Call, Context, Error, Outcome, Result
from rung.runtime.tasks import Box, Mask, Pixels, SegmentInput, SegmentOutput

SIDE: Final = 320
"""Working side by default: GrabCut's time grows with the pixels, its judgement hardly does."""

_ROUNDS: Final = 3
_CORE: Final = 0.03
"""Around a click, as a share of the working side: surely the object (or surely not)."""
_NEAR: Final = 0.12
"""Around an adding click: probably the object, where no box says how large it is. Of 0.08, 0.12, 0.18 and 0.25
the one without a collapse in bench/segment_quality.py: a larger disc leaks out of small objects, a smaller one
does not fill people."""

Labels = NDArray[np.uint8]


class GrabCut:
    """Clicks and box in; of what colour separates, the pieces that were clicked."""

    def load(self, context: Context) -> None:
        """Nothing to load; `caps.side` sets the working side."""
        self._side = context.caps.get("side", SIDE)

    def run(self, calls: Sequence[Call[SegmentInput]]) -> Iterator[tuple[int, Outcome]]:
        """A mask per call, without a score: GrabCut has no opinion of its own work."""
        for index, call in enumerate(calls):
            try:
                yield index, Result(self._answer(call))
            except RungError as error:
                yield index, Error(error)

    def _answer(self, call: Call[SegmentInput]) -> SegmentOutput:
        picture = call.input.picture
        warn_of_side(call, "the picture", picture.width, picture.height, self._side)
        call.check()
        pixels = call.memo(f"thumbnail:{picture.key}:{self._side}", lambda: decode(picture, max_side=self._side))
        scale = (pixels.shape[1] / picture.width, pixels.shape[0] / picture.height)
        labels = seeds(call.input, scale, pixels.shape[:2])
        mask, box = enlarged(chosen(cut(pixels, labels), call.input, scale), picture.width, picture.height)
        return SegmentOutput(mask=mask, box=box, width=picture.width, height=picture.height, score=None)


def seeds(input: SegmentInput, scale: tuple[float, float], shape: tuple[int, ...]) -> Labels:
    """GrabCut's four labels: outside the box surely background, around clicks sure cores and likely discs."""
    height, width = shape[:2]
    labels = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    side = max(height, width)
    if input.box is not None:
        labels[:] = cv2.GC_BGD
        x0, y0, x1, y1 = input.box
        top, left = int(y0 * scale[1]), int(x0 * scale[0])
        labels[top : int(np.ceil(y1 * scale[1])), left : int(np.ceil(x1 * scale[0]))] = cv2.GC_PR_FGD
    centres = [((int(p.x * scale[0]), int(p.y * scale[1])), p.label) for p in input.points]
    if input.box is None:
        for centre, label in centres:
            if label == 1:
                cv2.circle(labels, centre, max(int(side * _NEAR), 1), cv2.GC_PR_FGD, -1)
    for centre, label in centres:
        cv2.circle(labels, centre, int(side * _CORE), cv2.GC_FGD if label == 1 else cv2.GC_BGD, -1)
    return labels


def cut(pixels: Pixels, labels: Labels) -> Mask:
    """0 or 255 at the working size. Without both sides seeded there is nothing to separate: the seeds answer."""
    front = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    if front.all() or not front.any():
        return front.astype(np.uint8) * 255
    # GrabCut starts its mixtures by k-means from OpenCV's global generator: the same click, the same answer.
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(pixels[..., ::-1])
    labels, *_ = cv2.grabCut(bgr, labels.copy(), (0, 0, 1, 1), *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255


def chosen(mask: Mask, input: SegmentInput, scale: tuple[float, float]) -> Mask:
    """Only the connected pieces under the adding clicks, where there are any."""
    adding = [(int(p.x * scale[0]), int(p.y * scale[1])) for p in input.points if p.label == 1]
    if not adding:
        return mask
    _, pieces = cv2.connectedComponents(mask)
    height, width = mask.shape
    wanted = {int(pieces[min(max(y, 0), height - 1), min(max(x, 0), width - 1)]) for x, y in adding} - {0}
    return np.isin(pieces, list(wanted)).astype(np.uint8) * 255


def enlarged(mask: Mask, width: int, height: int) -> tuple[Mask, Box]:
    """The mask at the picture's size over its tight box; smooth edges by a linear step at half."""
    full = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    full = np.where(full > 127, np.uint8(255), np.uint8(0))
    rows, columns = np.flatnonzero(full.max(axis=1)), np.flatnonzero(full.max(axis=0))
    if len(rows) == 0:
        return np.zeros((0, 0), np.uint8), (0, 0, 0, 0)
    x0, y0, x1, y1 = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return np.ascontiguousarray(full[y0:y1, x0:x1]), (x0, y0, x1, y1)
