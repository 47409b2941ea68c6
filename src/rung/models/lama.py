"""LaMa (big-lama) on ONNX Runtime: repeating structure and large holes, on a fixed plane of 512 x 512."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rung.models import holes
from rung.models.caps import warn_of_side
from rung.models.onnx_session import session
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import InpaintInput, InpaintOutput, Mask, Pixels

PLANE: Final = 512
"""The side of the plane is fixed: the export replaces the Fourier transforms by matrices of that size."""

Floats = NDArray[np.float32]


class Lama:
    """`lama_fp32.onnx` of Carve/LaMa-ONNX: image f32 [n,3,512,512] RGB 0..1, mask f32 [n,1,512,512], 1 = hole."""

    def load(self, context: Context) -> None:
        """Open the session. LoadFailed when the file is of another contract."""
        path = context.weight(".onnx")
        self._session = session(path, context)
        found = {entry.name: list(entry.shape[1:]) for entry in self._session.get_inputs()}
        if found != {"image": [3, PLANE, PLANE], "mask": [1, PLANE, PLANE]}:
            raise LoadFailed(
                f"{path.name} takes {found}; LaMa's export takes image [n, 3, {PLANE}, {PLANE}] and mask "
                f"[n, 1, {PLANE}, {PLANE}]: fetch lama_fp32.onnx of Carve/LaMa-ONNX"
            )

    def run(self, calls: Sequence[Call[InpaintInput]]) -> Iterator[tuple[int, Outcome]]:
        """Filled pixels per call, bit-identical outside the hole."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[InpaintInput]) -> InpaintOutput:
        pixels, mask = call.input.pixels, call.input.mask
        holes.check(pixels, mask)
        warn_of_side(call, "the hole with its surroundings", mask.shape[1], mask.shape[0], PLANE)
        call.check()
        small, hole = holes.shrunk(pixels, mask, PLANE)
        height, width = hole.shape
        output = self._session.run(None, plane(small, hole))[0][0]
        filled = eight_bits(output)[:height, :width]
        return InpaintOutput(pixels=holes.laid_in(pixels, mask, filled, call.empty(pixels.shape)))


def plane(pixels: Pixels, mask: Mask) -> dict[str, Any]:
    """The feed of a picture of at most 512 x 512: mirrored right and below, so that its shape is kept."""
    image, hole = holes.padded(pixels, mask, PLANE, PLANE)
    return {
        "image": (image.astype(np.float32) / 255.0).transpose(2, 0, 1)[None],
        "mask": (hole > 0).astype(np.float32)[None, None],
    }


def eight_bits(output: Floats) -> Pixels:
    """[3, H, W] -> uint8 [H, W, 3]. The export answers in 0..255, other exports in 0..1: the maximum tells."""
    scale = 255.0 if float(output.max()) <= 1.5 else 1.0
    pixels: Pixels = np.clip(np.rint(output * scale), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    return pixels
