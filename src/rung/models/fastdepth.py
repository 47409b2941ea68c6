"""FastDepth on ONNX Runtime: metres of an indoor picture, weak and quick (trained on NYU Depth v2)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from rung.models.depth_rung import DepthRung
from rung.models.geometry.camera import DepthMap, Focal, checked
from rung.models.geometry.cloud import Floats
from rung.models.onnx_session import session
from rung.models.pictures import decode
from rung.runtime.model import Context
from rung.runtime.tasks import Picture, Pixels

SIDE: Final = 224


class FastDepthNet:
    """One `.onnx` file: f32 [1,3,224,224] RGB 0..1 -> metres f32 [1,1,224,224]."""

    def __init__(self, context: Context) -> None:
        self._session = session(context.weight(".onnx"), context)
        self._input = self._session.get_inputs()[0].name

    def map(self, picture: Picture, focal: Focal) -> DepthMap:
        """The depth of the whole picture at 224 x 224, whatever its shape."""
        pixels = decode(picture, max_side=2 * SIDE)
        depth = self._session.run(None, {self._input: tensor(pixels)})[0][0, 0]
        return checked(depth, metric=True, focal=focal)


class FastDepth(DepthRung):
    """The rung of `depth`."""

    def load(self, context: Context) -> None:
        """Open the session."""
        self._net = FastDepthNet(context)


def tensor(pixels: Pixels) -> Floats:
    """f32 [1,3,224,224] in 0..1, stretched to the square: cut to its middle, as in training, the rim of a picture would
    have no depth, and on the one picture whose truth we have (Middlebury's Motorcycle) the map was worse too."""
    square = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    return np.ascontiguousarray(square.transpose(2, 0, 1)[None])
