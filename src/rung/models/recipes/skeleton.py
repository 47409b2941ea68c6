"""Fills an ONNX skeleton (a graph whose weights are named but empty) with the tensors of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx

from rung.runtime.errors import WeightsError
from rung.runtime.tasks import Array

FOLDER = Path(__file__).parent.parent / "skeletons"


def fill(skeleton: Path, state: Mapping[str, Array], out: Path) -> None:
    """Write `skeleton` with each initialiser's numbers taken from the tensor of its name.

    The bytes depend on the skeleton and the numbers only: protobuf's deterministic form, no time, no path.
    Raises WeightsError when a tensor is missing or of another shape or type.
    """
    model = onnx.load(str(skeleton))
    for weight in model.graph.initializer:
        weight.raw_data = _bytes(weight, state)
    out.write_bytes(model.SerializeToString(deterministic=True))


def _bytes(weight: onnx.TensorProto, state: Mapping[str, Array]) -> bytes:
    tensor = state.get(weight.name)
    if tensor is None:
        raise WeightsError(f"the checkpoint has no tensor {weight.name}; is it the one that the catalogue names?")
    dtype = onnx.helper.tensor_dtype_to_np_dtype(weight.data_type)
    if list(tensor.shape) != list(weight.dims) or tensor.dtype != dtype:
        raise WeightsError(
            f"{weight.name} is {tensor.dtype}{list(tensor.shape)} in the checkpoint; the graph needs"
            f" {dtype}{list(weight.dims)}"
        )
    return tensor.astype(dtype.newbyteorder("<"), copy=False).tobytes()
