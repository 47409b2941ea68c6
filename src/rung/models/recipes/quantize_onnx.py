"""Makes an ONNX graph whose weights have 8 or 4 bits.

int8 is written here: ONNX Runtime's dynamic quantization has one scale for a whole convolution and rounds the inputs
too, which U-2-Net does not survive (overlap with the mask of fp32 on three photographs: 0.90, 0.00 and 0.08; with the
weights alone rounded, one scale for each output: 0.98, 0.56 and 0.88), and takes longer on a CPU. 4 bits are ONNX
Runtime's own, for products; it has none for convolutions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import numpy_helper, version_converter

from rung.runtime.errors import WeightsError
from rung.runtime.tasks import Array

BLOCK: Final = 32
"""Weights that share a scale, of 4 bits."""

LEAST: Final = 4096
"""Numbers in a weight that is worth it."""

_OPSET: Final = 13
"""The first in which a scale for each output can be said."""


def int8(inputs: Mapping[str, Path], out: Path) -> None:
    """Weights of convolutions and products are kept as int8 with one scale for each output, and made whole where they
    are used: memory is saved, and not time. ONNX Runtime does not undo it when it optimises the graph."""
    model = _raised(onnx.load(str(_graph(inputs))))
    graph = model.graph
    axes = _axes(graph)
    made = [_rounded(graph, weight, axes[weight.name]) for weight in list(graph.initializer) if _fits(weight, axes)]
    if not made:
        raise WeightsError(f"the graph has no weights of {LEAST} numbers or more of a convolution or product")
    for node in made:
        graph.node.insert(0, node)
    names = {name for node in made for name in node.output}
    for declared in [one for one in graph.input if one.name in names]:  # old graphs list their weights as inputs too
        graph.input.remove(declared)
    onnx.save(model, str(out))


def q4(inputs: Mapping[str, Path], out: Path) -> None:
    """Products with constant matrices compute with 4-bit weights; convolutions stay as they are."""
    try:
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
    except ImportError as error:
        raise WeightsError(f"4 bits need what rung[quant] brings ({error}): pip install 'rung[quant]'") from error

    quantizer = MatMulNBitsQuantizer(onnx.load(str(_graph(inputs))), block_size=BLOCK, is_symmetric=True)
    with _quietly():
        quantizer.process()
    model: Any = quantizer.model.model
    if not any(node.op_type == "MatMulNBits" for node in model.graph.node):
        raise WeightsError("the graph has no product with a constant matrix that could be quantized")
    onnx.save(model, str(out))


@contextmanager
def _quietly() -> Iterator[None]:
    """The quantizer logs a line for each node."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _graph(inputs: Mapping[str, Path]) -> Path:
    """The graph; its data, where it lies outside, is found by its name in the graph."""
    (graph,) = [path for name, path in inputs.items() if name.endswith(".onnx")]
    apart = [path.name for path in inputs.values() if path.parent != graph.parent]
    if apart:
        raise WeightsError(f"{graph.name} reads {', '.join(apart)}, which has to lie beside it")
    return graph


def _raised(model: Any) -> Any:
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
    if version >= _OPSET:
        return model
    try:
        return version_converter.convert_version(model, _OPSET)
    except RuntimeError as error:
        raise WeightsError(f"the graph's opset {version} cannot be raised to {_OPSET}: {error}") from error


def _axes(graph: Any) -> dict[str, int]:
    """Weight -> the axis of its outputs, for those that are used as nothing but weights, always along one axis."""
    found: dict[str, set[int | None]] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            found.setdefault(name, set()).add(_axis(node) if place == 1 else None)
    return {name: axis for name, axes in found.items() if len(axes) == 1 and (axis := next(iter(axes))) is not None}


def _axis(node: Any) -> int | None:
    match node.op_type:
        case "Conv":
            return 0
        case "ConvTranspose":
            return 1
        case "MatMul":
            return -1
        case "Gemm":
            return 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1
        case _:
            return None


def _fits(weight: Any, axes: Mapping[str, int]) -> bool:
    shape: Sequence[int] = weight.dims
    return (
        weight.name in axes
        and weight.data_type == onnx.TensorProto.FLOAT
        and len(shape) >= 2
        and int(np.prod(shape)) >= LEAST
    )


def _rounded(graph: Any, weight: Any, axis: int) -> Any:
    """Take the weight out, put its int8 and scales in; the node that makes it whole under its old name."""
    values: Array = numpy_helper.to_array(weight)
    axis %= values.ndim
    across = tuple(other for other in range(values.ndim) if other != axis)
    largest = np.abs(values).max(axis=across)
    scales = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    wide = scales.reshape([-1 if place == axis else 1 for place in range(values.ndim)])
    rounded = np.rint(values / wide).astype(np.int8)
    name = weight.name
    graph.initializer.remove(weight)
    graph.initializer.append(numpy_helper.from_array(rounded, f"{name}.int8"))
    graph.initializer.append(numpy_helper.from_array(scales, f"{name}.scale"))
    return onnx.helper.make_node("DequantizeLinear", [f"{name}.int8", f"{name}.scale"], [name], axis=axis)
