"""Which recipe makes a file of fewer bits out of one with that ending."""

from __future__ import annotations

from collections.abc import Mapping

_ONNX = "rung.models.recipes.quantize_onnx"
_TENSORS = "rung.models.recipes.quantize_tensors"

QUANTIZERS: Mapping[str, Mapping[str, str]] = {
    ".onnx": {"int8": f"{_ONNX}:int8", "q4": f"{_ONNX}:q4"},
    ".safetensors": {"fp8": f"{_TENSORS}:fp8", "int8": f"{_TENSORS}:int8", "q4": f"{_TENSORS}:q4"},
}
"""Ending -> precision -> `module:function`."""
