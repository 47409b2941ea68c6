"""Owns weights that are stored in 8 or 4 bits as bitsandbytes stores them, and the layers that compute with them.

The only place that imports bitsandbytes. Its layout in a file is the one that published checkpoints have: for int8 a
`SCB` beside the weight, for 4 bits `weight.absmax`, `weight.quant_map` and `weight.quant_state.*` below it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import torch

from rung.runtime.errors import LoadFailed

SCALE: Final = "SCB"
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
    return bitsandbytes


def computes(layer: Any) -> bool:
    """Whether a layer of its kind computes from what is stored."""
    return type(layer) is torch.nn.Linear


def int8_layer(linear: Any, weight: Any, extras: Mapping[str, Any]) -> Any:
    """A layer like `linear` that computes with the int8 `weight` and the scale of each of its outputs."""
    nn = library().nn
    layer = nn.Linear8bitLt(
        linear.in_features,
        linear.out_features,
        bias=False,
        has_fp16_weights=False,
        threshold=_OUTLIER,
        device="meta",
    )
    layer.weight = nn.Int8Params(weight, requires_grad=False, has_fp16_weights=False, CB=weight, SCB=extras[SCALE])
    layer.bias = linear.bias
    return layer.eval()


def q4_layer(linear: Any, weight: Any, extras: Mapping[str, Any], dtype: Any) -> Any:
    """A layer like `linear` that computes in `dtype` with the 4-bit `weight`."""
    nn = library().nn
    layer = nn.Linear4bit(linear.in_features, linear.out_features, bias=False, compute_dtype=dtype, device="meta")
    layer.weight = nn.Params4bit.from_prequantized(weight, _states(extras), device=weight.device, module=layer)
    layer.bias = linear.bias
    # Else it re-lays the weight at its first call on some CPUs: for kernels of a hub that are not loaded (above), in
    # eight times the weight's memory, and with an assertion where the outputs are no multiple of 32.
    layer.support_avx512bf16_for_cpu = False
    return layer.eval()


def int8_restored(weight: Any, extras: Mapping[str, Any], dtype: Any) -> Any:
    """The whole weight, for a layer that cannot compute from what is stored."""
    return (weight.float() * (extras[SCALE].float() / 127.0).reshape(-1, 1)).to(dtype)


def q4_restored(weight: Any, extras: Mapping[str, Any], dtype: Any) -> Any:
    """As `int8_restored`, of 4 bits."""
    functional = library().functional
    state = functional.QuantState.from_dict(_states(extras), device=weight.device)
    return functional.dequantize_4bit(weight, state).to(dtype)


def _states(extras: Mapping[str, Any]) -> dict[str, Any]:
    return {f"weight.{name.removeprefix('weight.')}": tensor for name, tensor in extras.items()}


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
