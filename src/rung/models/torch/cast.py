"""Owns weights that are stored in fp8 and cast, layer by layer, to the dtype in which is computed.

A layer's weights are whole only while it computes: resident is one byte a weight. No fp8 matmul is used, not even
where a device has one, so every device that can cast can run it; what it saves is memory, not time.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch.nn.utils import parametrize

SCALES: Final = ("weight_scale", "scale_weight")
"""Names, below its layer, of what a stored weight is multiplied by: one number, or one for each output."""

IGNORED: Final = ("input_scale", "scale_input")
"""Scales for the inputs of fp8 matmuls, which are not used."""

_LAYERS: Final = (
    torch.nn.Linear,
    torch.nn.Conv1d,
    torch.nn.Conv2d,
    torch.nn.Conv3d,
    torch.nn.ConvTranspose1d,
    torch.nn.ConvTranspose2d,
    torch.nn.ConvTranspose3d,
)
"""Layers that read their weight once a call. An embedding would cast its whole table for a few rows of it."""


class Cast(torch.nn.Module):  # type: ignore[misc]
    """The parametrization: `layer.weight` is this of what is stored, computed anew at every use."""

    def __init__(self, dtype: Any, scale: Any | None) -> None:
        super().__init__()
        self.dtype = dtype
        # One number is Python's: torch then multiplies in fp32 and rounds once.
        self.number = None if scale is None or scale.numel() > 1 else float(scale)
        self.register_buffer("scale", None if scale is None or scale.numel() == 1 else scale.to(dtype))

    def forward(self, stored: Any) -> Any:
        """The weight as the layer computes with it."""
        weight = stored.to(self.dtype)
        if self.number is not None:
            return weight * self.number
        return weight if self.scale is None else weight * self.scale.reshape(-1, *(1,) * (weight.dim() - 1))


def computes(layer: Any) -> bool:
    """Whether the layer can compute from what is stored."""
    return isinstance(layer, _LAYERS)


def install(layer: Any, dtype: Any, scale: Any | None) -> None:
    """From now on the layer computes in `dtype` with the fp8 weight that it holds."""
    parametrize.register_parametrization(layer, "weight", Cast(dtype, scale), unsafe=True)


def restored(stored: Any, dtype: Any, scale: Any | None) -> Any:
    """The whole weight, for a layer that cannot compute from what is stored."""
    return Cast(dtype, scale)(stored)
