"""Owns weights that are stored in fp8 and cast, layer by layer, to the dtype in which is computed.

A layer's weights are whole only while it computes: resident is one byte a weight. No fp8 matmul is used, not even
where a device has one, so every device that can cast can run it; what it saves is memory, not time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import torch

from rung.models.torch.header import Entry
from rung.models.torch.homes import STORED, rehouse

SCALES: Final = ("weight_scale", "scale_weight")
"""Names, below its layer, of what a stored weight is multiplied by: one number, or one for each output."""

IGNORED: Final = ("input_scale", "scale_input")
"""Scales for the inputs of fp8 matmuls, which are not used."""

SCALE: Final = "scale"
"""Where the layer holds a scale for each output."""

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


def computes(layer: Any) -> bool:
    """Whether the layer can compute from what is stored."""
    return isinstance(layer, _LAYERS)


def adopt(layer: Any, tensors: Mapping[str, Entry], dtype: Any, number: float | None) -> None:
    """From now on the layer computes in `dtype` with the fp8 weight, and the scales if any, that `tensors` names.

    number: one scale for all of it. It is Python's: torch then multiplies in fp32 and rounds once.
    """
    layer.cast_to, layer.number = dtype, number
    kind: Any = type(layer)
    rehouse(layer, _casting(kind), tensors, dtype)


@cache
def _casting(kind: Any) -> Any:
    """A class of layers whose `weight` is cast anew at every use."""
    return type(f"Cast{kind.__name__}", (kind,), {"weight": property(_weight)})


def _weight(layer: Any) -> Any:
    stored = layer._buffers[STORED]
    if not stored.numel():  # the weights are away, and only their dtype is asked for
        return layer._parameters["weight"]
    return restored(stored, layer.cast_to, layer._buffers.get(SCALE, layer.number))


def restored(stored: Any, dtype: Any, scale: Any) -> Any:
    """The whole weight. scale: a number, a tensor of one or of as many as there are outputs, or None."""
    weight = stored.to(dtype)
    if scale is None:
        return weight
    if isinstance(scale, float) or scale.numel() == 1:
        return weight * float(scale)
    return weight * scale.to(dtype).reshape(-1, *(1,) * (weight.dim() - 1))
