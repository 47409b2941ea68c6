"""Owns weights that are stored in 8 or 4 bits as bitsandbytes stores them, and the layers that compute with them.

The only place that imports bitsandbytes. Its layout in a file is the one that published checkpoints have: for int8 a
`SCB` beside the weight, for 4 bits `weight.absmax`, `weight.quant_map` and `weight.quant_state.*` below it.

Its functions are used and its layers are not: those keep what they were given in a state of their own, out of the reach
of whoever takes the weights off the device again.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import torch

from rung.models.torch.header import Entry
from rung.models.torch.homes import rehouse
from rung.runtime.errors import LoadFailed

SCALE: Final = "SCB"
BELOW: Final = "weight."
STATE: Final = "weight.quant_state."
_OUTLIER: Final = 6.0
"""Inputs beyond it are multiplied in 16 bits: the figure of LLM.int8()."""


@cache
def library() -> Any:
    """bitsandbytes, without its offer to fetch kernels from a hub and run them (it does where `kernels` is installed).

    Imported when the first layer needs it, never before a fork: it asks CUDA for the device. Raises LoadFailed.
    """
    blocked = {} if "kernels" in sys.modules else {"kernels": None}
    sys.modules.update(blocked)  # type: ignore[arg-type]
    try:
        import bitsandbytes
    except ImportError as error:
        raise LoadFailed(
            f"weights of 8 or 4 bits need bitsandbytes, which cannot be imported ({error}). "
            "Install it: pip install 'rung[quant]'.",
            module="bitsandbytes",
        ) from error
    finally:
        for name in blocked:
            del sys.modules[name]
    # It warns at every product whose inputs are bf16 that it looks at them in fp16.
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)
    return bitsandbytes


def computes(layer: Any) -> bool:
    """Whether a layer of its kind computes from what is stored."""
    return type(layer) is torch.nn.Linear


class Int8Linear(torch.nn.Linear):  # type: ignore[misc]
    """Computes with the int8 weight that it holds and a scale for each of its outputs. Made by `adopt_int8`."""

    @property
    def weight(self) -> Any:
        """The whole weight, made anew at every use; of no size while what is stored is away."""
        here = self.stored.numel()
        return int8_restored(self.stored, self.SCB, self.compute) if here else self._parameters["weight"]

    def forward(self, x: Any) -> Any:
        """x: f32, bf16 or f16 [..., inputs]; the answer has its dtype."""
        state = library().MatmulLtState()
        state.has_fp16_weights = state.is_training = False
        state.threshold, state.use_pool = _OUTLIER, True
        state.CB, state.SCB = self.stored, self.SCB
        return library().matmul(x, self.stored, bias=_as(self.bias, x), state=state)


class Q4Linear(torch.nn.Linear):  # type: ignore[misc]
    """Computes with the 4-bit weight that it holds and a scale for each block of it. Made by `adopt_q4`."""

    @property
    def weight(self) -> Any:
        """See `Int8Linear`."""
        here = self.stored.numel()
        return q4_restored(self.stored, self._buffers, self.about, self.compute) if here else self._parameters["weight"]

    def forward(self, x: Any) -> Any:
        """See `Int8Linear`."""
        state = _state(self.about, self._buffers, self.compute)
        own = x.to(self.compute)
        return library().matmul_4bit(own, self.stored, bias=_as(self.bias, own), quant_state=state).to(x.dtype)


def adopt_int8(layer: Any, tensors: Mapping[str, Entry], dtype: Any) -> None:
    """From now on the layer computes with the int8 weight and the scales that `tensors` names."""
    layer.compute = dtype
    rehouse(layer, Int8Linear, tensors, dtype)


def adopt_q4(layer: Any, tensors: Mapping[str, Entry], dtype: Any, about: Mapping[str, Any]) -> None:
    """From now on the layer computes in `dtype` with the 4-bit weight and the scales that `tensors` names.

    about: what `said` reads.
    """
    layer.compute, layer.about = dtype, about
    rehouse(layer, Q4Linear, tensors, dtype)
    if "nested_offset" in about:
        layer.register_buffer("offset", torch.tensor(float(about["nested_offset"])), persistent=False)


def int8_restored(stored: Any, scale: Any, dtype: Any) -> Any:
    """The whole weight. scale: f32 [outputs]."""
    return (stored.float() * (scale.float() / 127.0).reshape(-1, 1)).to(dtype)


def q4_restored(stored: Any, tensors: Mapping[str, Any], about: Mapping[str, Any], dtype: Any) -> Any:
    """As `int8_restored`, of 4 bits. tensors: those that stand below the weight in a file, by their last names."""
    return library().functional.dequantize_4bit(stored, _state(about, tensors, dtype)).to(dtype)


def said(state: Any) -> Mapping[str, Any]:
    """What a `quant_state` tensor says: JSON in bytes."""
    about: Mapping[str, Any] = json.loads(bytes(state.cpu().numpy()).decode("utf-8"))
    return about


def _state(about: Mapping[str, Any], tensors: Mapping[str, Any], dtype: Any) -> Any:
    """Made at each call out of what is on the device then; nothing is copied."""
    state, nested, offset = library().functional.QuantState, None, None
    if "nested_absmax" in tensors:
        offset = tensors.get("offset")
        if offset is None:
            offset = torch.tensor(float(about["nested_offset"]), device=tensors["nested_absmax"].device)
        nested = state(
            absmax=tensors["nested_absmax"],
            blocksize=about["nested_blocksize"],
            code=tensors["nested_quant_map"],
            dtype=getattr(torch, about["nested_dtype"]),
        )
    return state(
        absmax=tensors["absmax"],
        shape=torch.Size(about["shape"]),
        code=tensors["quant_map"],
        blocksize=about["blocksize"],
        quant_type=about["quant_type"],
        dtype=dtype,
        offset=offset,
        state2=nested,
    )


def _as(bias: Any, x: Any) -> Any:
    return None if bias is None else bias.to(x.dtype)


def quantized(weight: Any, form: str) -> dict[str, Any]:
    """What a file holds of a Linear's weight in that form: names below its layer -> tensors. weight: f32, f16 or bf16,
    [outputs, inputs]."""
    functional = library().functional
    if form == "int8":
        # Computed here and not by the library, which rounds the scales to fp16 on the way.
        scale = weight.float().abs().amax(dim=1).clamp(min=1e-12)
        return {"weight": (weight.float() * (127.0 / scale)[:, None]).round().to(torch.int8), SCALE: scale}
    packed, state = functional.quantize_4bit(weight.contiguous(), quant_type="nf4", compress_statistics=False)
    return {"weight": packed, **{f"weight.{name}": part for name, part in state.as_dict(packed=True).items()}}
