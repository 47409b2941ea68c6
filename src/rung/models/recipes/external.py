"""Takes the weights of an ONNX file out of its graph: two files, of which a session maps the second.

Weights inside the graph are parsed, copied and kept by every session of its own. In a file beside it they stay
where they are: a session maps them, pages come as they are used, and all workers of a model share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import onnx
from google.protobuf.message import DecodeError

from rung.runtime.errors import WeightsError

PAGE: Final = 4096
"""Every tensor begins on a page, so that it is mapped as it lies."""

SMALL: Final = 1024
"""Bytes below which a tensor stays in the graph: shapes and scalars, which are read when the graph is optimised."""


def graph(inputs: Mapping[str, Path], out: Path) -> None:
    """The graph alone. It names its data `NAME.data` beside it, NAME being the input's own in the catalogue."""
    name, model = _read(inputs)
    for tensor, offset, raw in _laid(model):
        for field in ("raw_data", "float_data", "double_data", "int32_data", "int64_data", "uint64_data"):
            tensor.ClearField(field)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        places = {"location": f"{PurePosixPath(name).name}.data", "offset": str(offset), "length": str(len(raw))}
        for key, value in places.items():
            tensor.external_data.add(key=key, value=value)
    out.write_bytes(model.SerializeToString(deterministic=True))


def data(inputs: Mapping[str, Path], out: Path) -> None:
    """The numbers alone, each tensor at a multiple of PAGE bytes, zeros between."""
    _, model = _read(inputs)
    with out.open("wb") as file:
        for _, offset, raw in _laid(model):
            file.write(bytes(offset - file.tell()))
            file.write(raw)


def _read(inputs: Mapping[str, Path]) -> tuple[str, onnx.ModelProto]:
    if len(inputs) != 1:
        raise WeightsError(f"an ONNX file is taken apart by itself; {len(inputs)} files were given")
    ((name, path),) = inputs.items()
    try:
        model = onnx.load(str(path), load_external_data=False)
    except DecodeError as error:
        raise WeightsError(f"{path.name} is no readable ONNX file: {error}") from error
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        raise WeightsError(f"{path.name} has its weights outside already: name both files in the catalogue as they are")
    return name, model


def _laid(model: onnx.ModelProto) -> Iterator[tuple[onnx.TensorProto, int, bytes]]:
    """(tensor, its offset in the data, its bytes, little-endian) of everything that is not small, in their order."""
    offset = 0
    for tensor in model.graph.initializer:
        raw = tensor.raw_data if tensor.HasField("raw_data") else _packed(tensor)
        if len(raw) >= SMALL:
            yield tensor, offset, raw
            offset += -(-len(raw) // PAGE) * PAGE


def _packed(tensor: onnx.TensorProto) -> bytes:
    """The bytes of a tensor whose numbers lie in the typed fields; none for strings, which no file maps."""
    if tensor.data_type == onnx.TensorProto.STRING:
        return b""
    values = onnx.numpy_helper.to_array(tensor)
    return bytes(values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes())
