"""MI-GAN 512 (Places2) on ONNX Runtime: fills object-sized holes; its graph crops, resizes and blends by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np

from rung.models import holes
from rung.models.caps import warn_of_side
from rung.models.onnx_session import session
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import InpaintInput, InpaintOutput, Mask, Pixels

SIDE: Final = 512
"""Longer side that the graph is given. It crops to 128 pixels round the hole whatever the hole's size, so a
large picture would show it little else than the hole: at 512 a hole of 170 has its own size round it. Seen on
photographs: holes of 300 to 400 pixels come out without the debris that they have at full size."""

LEAST: Final = 64
"""The graph fails on pictures of a few pixels: smaller ones are mirrored up to this side."""

RIM: Final = 4
"""Pixels by which the hole is grown for the graph only. It resizes the picture before it masks it and blends over
the rim, so the colour of what is removed seeps in: a grey ramp with a magenta object in an exact mask came out
45 levels off on the mean, 1.7 with 2 pixels more, 0.8 with 4 and with 8."""

LARGE: Final = 0.12
"""Share of the hole in the pixels given, from which the answer carries a warning. Looked at, with a hole's own
size round it: eight objects at 0.04 to 0.11 (bottle, dog, bird, rocket, tree, fig, rock, coffee mill) are gone;
at 0.17 (a blossom before grass), 0.26 (a person) and 0.30 (a bean bag) something is there that nobody photographed."""


class MiGan:
    """`migan_pipeline_v2.onnx`. Its mask is the reverse of ours: 255 keeps, 0 is the hole."""

    def load(self, context: Context) -> None:
        """Open the session; `caps.side` sets the working side."""
        self._session = session(context.weight(".onnx"), context)
        self._side = context.caps.get("side", SIDE)

    def run(self, calls: Sequence[Call[InpaintInput]]) -> Iterator[tuple[int, Outcome]]:
        """Filled pixels per call, bit-identical outside the hole."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[InpaintInput]) -> InpaintOutput:
        pixels, mask = call.input.pixels, call.input.mask
        holes.check(pixels, mask)
        warn_of_size(call)
        warn_of_side(call, "the hole with its surroundings", mask.shape[1], mask.shape[0], self._side)
        call.check()
        small, hole = holes.shrunk(pixels, mask, self._side)
        height, width = hole.shape
        filled = self._filled(*rimmed(*holes.padded(small, hole, LEAST, LEAST)))
        return InpaintOutput(pixels=holes.laid_in(pixels, mask, filled[:height, :width], call.empty(pixels.shape)))

    def _filled(self, pixels: Pixels, mask: Mask) -> Pixels:
        feed = {
            "image": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]),
            "mask": cv2.bitwise_not(mask)[None, None],
        }
        result: Pixels = self._session.run(["result"], feed)[0]
        return np.ascontiguousarray(result[0].transpose(1, 2, 0))


def rimmed(pixels: Pixels, mask: Mask) -> tuple[Pixels, Mask]:
    """Both, the hole grown by RIM pixels, unless that would leave nothing to go by."""
    grown = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM + 1, 2 * RIM + 1)))
    return pixels, mask if grown.all() else grown


def warn_of_size(call: Call[InpaintInput]) -> None:
    """The sentence that a large hole earns; see LARGE."""
    share = cv2.countNonZero(call.input.mask) / call.input.mask.size
    if share > LARGE:
        call.warn(
            f"the hole is {share:.0%} of what the model sees of the picture; above {LARGE:.0%} MI-GAN tends to invent"
            " things: look at the result, select less at a time, or ask for the variant telea, which only smears"
        )
