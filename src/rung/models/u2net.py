"""U2-Net and its small sibling u2netp on ONNX Runtime: the main object's saliency as an alpha, no prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from rung.models.onnx_session import session
from rung.models.pictures import decode
from rung.runtime.model import Call, Context, Outcome, Result
from rung.runtime.tasks import Mask, MatteInput, MatteOutput, Pixels

SIDE: Final = 320
"""The network's fixed input; the picture is stretched to the square as in training (RescaleT(320) of
xuebinqin/U-2-Net, u2net_test.py)."""

CERTAIN: Final = 0.5
"""Below this maximum the network found no object anywhere; stretching the map would only amplify noise."""

_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
_STD: Final = np.array([0.229, 0.224, 0.225], np.float32)

Floats = NDArray[np.float32]


class U2Net:
    """One `.onnx` file: f32 [1,3,320,320] -> seven maps [1,1,320,320] 0..1, the first the fused one."""

    def load(self, context: Context) -> None:
        """Open the session."""
        self._session = session(context.weight(".onnx"), context)
        self._input = self._session.get_inputs()[0].name
        # The six side outputs are only for training: they are not asked for.
        self._output = self._session.get_outputs()[0].name

    def run(self, calls: Sequence[Call[MatteInput]]) -> Iterator[tuple[int, Outcome]]:
        """An alpha per call, 320 x 320 whatever the picture's shape."""
        for index, call in enumerate(calls):
            yield index, Result(self._answer(call))

    def _answer(self, call: Call[MatteInput]) -> MatteOutput:
        picture = call.input.picture
        call.check()
        # Twice the side: the stretch that follows has pixels enough, and a JPEG need not be decoded in full.
        pixels = decode(picture, max_side=2 * SIDE)
        call.check()
        saliency = self._session.run([self._output], {self._input: tensor(pixels)})[0][0, 0]
        if float(saliency.max()) < CERTAIN:
            call.warn("nothing stands out in this picture; the matte may be noise: give points or a box instead")
        return MatteOutput(alpha=stretched(saliency), width=picture.width, height=picture.height)


def tensor(pixels: Pixels) -> Floats:
    """f32 [1,3,320,320]: divided by the picture's own maximum, then ImageNet's mean and std (ToTensorLab, flag 0)."""
    square = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    scaled = square / max(float(square.max()), 1.0)
    return np.ascontiguousarray(((scaled - _MEAN) / _STD).transpose(2, 0, 1)[None])


def stretched(saliency: Floats) -> Mask:
    """The map from its minimum to its maximum as 0..255 (`normPRED`); a flat one is 0 everywhere."""
    low, high = float(saliency.min()), float(saliency.max())
    if high - low < 1e-6:
        return np.zeros(saliency.shape, np.uint8)
    alpha: Mask = np.rint((saliency - low) / (high - low) * 255.0).astype(np.uint8)
    return alpha
