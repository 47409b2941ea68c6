"""MoGe-2 by its authors' package: metres, validity and focal length of any picture (Wang and others, 2025).

It runs where `moge` can be imported (MIT; ours does not bring it, since it wants torchvision and a viewer of its own):
`pip install git+https://github.com/microsoft/MoGe`, best under an interpreter of its own
(`[variant.NAME] options = { python = "..." }`). The checkpoint holds tensors and a configuration, and is read as such.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from rung.models.depth_rung import DepthRung
from rung.models.geometry.camera import DepthMap, Focal, checked
from rung.models.outline_lift import OutlineLift, worth
from rung.models.pictures import decode
from rung.runtime.errors import LoadFailed
from rung.runtime.model import Context
from rung.runtime.tasks import Picture

SIDE: Final = 1024
"""Longer side that it is given: it works on `tokens` patches whatever it gets, and its maps come out at this size."""


class MogeNet:
    """A `model.pt` of Ruicheng/moge-2-*. Option `tokens`: 1200 to 3600, the more the finer; none: its own."""

    def __init__(self, context: Context, checkpoint: Path | None = None) -> None:
        try:
            import torch
            from moge.model.v2 import MoGeModel
        except ImportError as error:
            raise LoadFailed(
                f"{context.variant} needs MoGe's own package ({error}): pip install"
                " git+https://github.com/microsoft/MoGe in its interpreter"
            ) from error
        self._torch, self._device = torch, torch.device(context.device)
        if context.device == "cpu":
            torch.set_num_threads(context.threads)
        self._tokens = context.options.get("tokens") or None
        self._half = context.precision == "fp16"
        path = str(checkpoint or context.weight(".pt"))
        self._net: Any = MoGeModel.from_pretrained(path).to(self._device).eval()

    def map(self, picture: Picture, focal: Focal) -> DepthMap:
        """The depth of the whole picture; a focal length that is only assumed is replaced by its own estimate."""
        pixels = decode(picture, max_side=SIDE)
        told = {} if focal.source == "assumed" else {"fov_x": math.degrees(2 * math.atan(picture.width / 2 / focal.px))}
        image = self._torch.from_numpy(pixels).to(self._device).permute(2, 0, 1).float() / 255
        seen = self._net.infer(image, num_tokens=self._tokens, use_fp16=self._half, **told)
        depth = seen["depth"].float().cpu().numpy()
        if not told:
            focal = _estimated(float(seen["intrinsics"][0, 0]), picture, focal)
        return checked(np.asarray(depth, np.float32), metric=True, focal=focal)


def _estimated(share: float, picture: Picture, assumed: Focal) -> Focal:
    """share: of the picture's width. A net that fails says nothing of it: then it stays assumed."""
    if not (math.isfinite(share) and 0.1 < share < 20):
        return assumed
    return Focal(px=share * picture.width, source="estimated")


class Moge(DepthRung):
    """The rung of `depth`."""

    def load(self, context: Context) -> None:
        """Take the checkpoint into memory."""
        self._net = MogeNet(context)


class MogeLift(OutlineLift):
    """The rung of `reconstruct` with its map beside the outline. Options: grain, scale, scale_sd (see `lift.Net`)."""

    def load(self, context: Context) -> None:
        """Take the checkpoint into memory."""
        self._net = MogeNet(context)
        self._worth = worth(context)
