"""A small net that says which sign a place is, or none; NumPy only.

Two convolutions and two layers for each family of places, trained by `scripts/train_symbols.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from rung.models.symbols.places import Crop, Family

WEIGHTS: Final = Path(__file__).parents[1] / "trained" / "symbols" / "net.npz"
CLASSES: Final[Mapping[Family, tuple[str, ...]]] = {
    "tick": ("", "basic", "removal", "prohibited"),
    "ring": ("", "circle"),
    "joint": ("", "fillet", "v-butt", "square-butt", "plug"),
}
"""What a place of each family may be; the first is none."""
Floats = NDArray[np.float32]


class Sorter:
    """weights: by name, `tick.conv1.weight` and so on; `tick.heat` divides what the last layer says, so that shares
    are as often right as they say; `tick.right`: the share of the validation split's places that it told right."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._weights = weights

    def shares(self, family: Family, crops: Sequence[Crop]) -> Floats:
        """f32 [N, C]: how likely each crop is of each class; rows sum to 1."""
        if not crops:
            return np.zeros((0, len(CLASSES[family])), np.float32)
        said = self.logits(family, np.stack(crops)) / self._weights[f"{family}.heat"]
        raised = np.exp(said - said.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)

    def right(self, family: Family) -> float:
        """How often it was right, 0..1, where it was measured: nothing is told with more certainty."""
        return float(self._weights[f"{family}.right"])

    def logits(self, family: Family, crops: Floats) -> Floats:
        """f32 [N, C] of f32 [N, 28, 28]."""
        plane = crops[:, None]
        for layer in ("conv1", "conv2"):
            plane = np.maximum(_convolved(plane, *self._layer(family, layer)), 0)
        flat = plane.reshape(len(plane), -1)
        weight, bias = self._layer(family, "full1")
        flat = np.maximum(flat @ weight.T + bias, 0)
        weight, bias = self._layer(family, "full2")
        return np.asarray(flat @ weight.T + bias, np.float32)

    def _layer(self, family: Family, name: str) -> tuple[Floats, Floats]:
        return self._weights[f"{family}.{name}.weight"], self._weights[f"{family}.{name}.bias"]


def _convolved(plane: Floats, weight: Floats, bias: Floats) -> Floats:
    """f32 [N, O, H', W'] of [N, I, H, W], every second place, nothing round the edges."""
    side = weight.shape[-1]
    windows = sliding_window_view(plane, (side, side), axis=(2, 3))[:, :, ::2, ::2]
    return np.asarray(np.einsum("nihwyx,oiyx->nohw", windows, weight, optimize=True) + bias[:, None, None], np.float32)


@cache
def sorter() -> Sorter:
    """The net that comes with the package."""
    with np.load(WEIGHTS) as held:
        return Sorter({name: held[name] for name in held.files})
