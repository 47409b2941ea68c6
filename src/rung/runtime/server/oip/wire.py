"""Decides how requests and answers of the protocol lie in bytes: JSON, and behind it binary tensors. Pure.

Sources: the Open Inference Protocol's REST document, and its binary tensor data extension (one header says where the
JSON ends, `binary_data_size` how many of the bytes behind it are each tensor's, in the tensors' order).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import InvalidInput, Malformed, TooLarge
from rung.runtime.server.oip.datatypes import BYTES, DTYPES, numbers, packed, strings
from rung.runtime.server.strictjson import VALUES, read_json

HEADER = "inference-header-content-length"
_DEEPEST = 8
"""Axes of a tensor."""
_LONGEST = 2**31
_NAME = 256

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

Elements = NDArray[Any] | Sequence[bytes | str]
"""Numbers, or the elements of a BYTES tensor: texts where they came as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A tensor that came or goes."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Elements


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A tensor that came, whose bytes lie behind the JSON. size: how many of them."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a request's JSON says. wanted: output -> whether in binary; None: all. binary: where it does not say."""

    id: str
    inputs: tuple[Given | Behind, ...]
    wanted: Mapping[str, bool] | None
    binary: bool
    parameters: Mapping[str, Any] = field(default_factory=dict)


def split(body: bytes, header: str | None) -> tuple[bytes, memoryview]:
    """The JSON, and what lies behind it. header: `Inference-Header-Content-Length`, None where there is none.

    Raises Malformed.
    """
    end = len(body) if header is None else _end(header, len(body))
    return (body[:end] if end < len(body) else body), memoryview(body)[end:]


def read_layout(text: bytes) -> Layout:
    """Raises Malformed, InvalidInput, TooLarge."""
    document = read_json(text, "the request")
    if not isinstance(document, dict):
        raise InvalidInput("the request must be a JSON object")
    _known(document, ("id", "parameters", "inputs", "outputs"), "the request")
    parameters = _parameters(document, "the request")
    binary = _flag(parameters, "binary_data_output", "the request")
    inputs = tuple(_input(one) for one in _list(document, "inputs"))
    _once([one.name for one in inputs], "input")
    wanted = [_output(one, binary) for one in _list(document, "outputs")]
    _once([name for name, _ in wanted], "output")
    return Layout(
        id=_text(document, "id", "the request") if "id" in document else "",
        inputs=inputs,
        wanted=dict(wanted) or None,
        binary=binary,
        parameters={name: value for name, value in parameters.items() if name != "binary_data_output"},
    )


def read_tensors(layout: Layout, behind: memoryview) -> tuple[Given, ...]:
    """The tensors with their elements, views of those bytes. Raises InvalidInput where they are not as many."""
    tail = _Tail(behind)
    found = tuple(one if isinstance(one, Given) else _taken(one, tail) for one in layout.inputs)
    tail.check_end()
    return found


def _taken(one: Behind, tail: _Tail) -> Given:
    name, datatype, shape, data = one.name, one.datatype, one.shape, tail.take(one.name, one.size)
    read = strings(name, shape, data) if datatype == BYTES else numbers(name, datatype, shape, data)
    return Given(name=name, datatype=datatype, shape=shape, data=read)


def _end(header: str, length: int) -> int:
    if not (header.isascii() and header.isdigit()) or len(header) > 18:
        raise Malformed("Inference-Header-Content-Length is not a number")
    if int(header) > length:
        raise Malformed(f"Inference-Header-Content-Length is {int(header)}, and the body has {length} bytes")
    return int(header)


@dataclass(slots=True)
class _Tail:
    """The bytes behind the JSON, taken off by the tensors in their order."""

    data: memoryview
    at: int = 0

    def take(self, name: str, size: int) -> memoryview:
        """The next tensor's bytes."""
        left = len(self.data) - self.at
        if size > left:
            raise InvalidInput(
                f"{name}: binary_data_size is {size}, and {left} bytes are left behind the JSON", field=name
            )
        self.at += size
        return self.data[self.at - size : self.at]

    def check_end(self) -> None:
        """Nothing may be left over: somebody counted wrongly."""
        if self.at < len(self.data):
            raise InvalidInput(f"{len(self.data) - self.at} bytes behind the JSON belong to no input")


def _input(value: Any) -> Given | Behind:
    if not isinstance(value, dict):
        raise InvalidInput("inputs: each must be a JSON object")
    name = _text(value, "name", "an input")
    _known(value, ("name", "shape", "datatype", "parameters", "data"), name)
    datatype, shape = _text(value, "datatype", name), _shape(value, name)
    if datatype != BYTES and datatype not in DTYPES:
        raise InvalidInput(
            f"{name}: no datatype {datatype[:40]!r}; there are {', '.join([*DTYPES, BYTES])}", field=name
        )
    parameters = _parameters(value, name)
    _known(parameters, ("binary_data_size",), f"{name}: parameters")
    if "binary_data_size" in parameters:
        if "data" in value:
            raise InvalidInput(f"{name}: has both data and binary_data_size", field=name)
        size = _whole(parameters["binary_data_size"], f"{name}: binary_data_size")
        return Behind(name=name, datatype=datatype, shape=shape, size=size)
    if "data" not in value:
        raise InvalidInput(f"{name}: has neither data nor binary_data_size", field=name)
    return Given(name=name, datatype=datatype, shape=shape, data=_elements(name, datatype, shape, value["data"]))


def _shape(value: Mapping[str, Any], name: str) -> tuple[int, ...]:
    shape = value.get("shape")
    if not isinstance(shape, list) or len(shape) > _DEEPEST:
        raise InvalidInput(f"{name}: shape must be a list of at most {_DEEPEST} whole numbers", field=name)
    sides = tuple(_whole(side, f"{name}: shape") for side in shape)
    if any(side > _LONGEST for side in sides) or math.prod(sides) > _LONGEST:
        raise TooLarge(f"{name}: {list(sides)} are more than {_LONGEST} elements", field=name, limit=_LONGEST)
    return sides


def _elements(name: str, datatype: str, shape: Sequence[int], data: Any) -> Elements:
    """JSON's data, nested or flat, row by row."""
    flat = _flat(data)
    if len(flat) != math.prod(shape):
        raise InvalidInput(f"{name}: {list(shape)} are {math.prod(shape)} elements, and {len(flat)} came", field=name)
    if datatype == BYTES:
        if not all(isinstance(one, str) for one in flat):
            raise InvalidInput(f"{name}: the data of BYTES in JSON are texts", field=name)
        return flat
    dtype = DTYPES[datatype]
    if not all(_fits(one, dtype) for one in flat):
        raise InvalidInput(f"{name}: the data are not all numbers that {datatype} holds", field=name)
    return np.array(flat, dtype).reshape(shape)


def _flat(data: Any) -> list[Any]:
    level = data if isinstance(data, list) else [data]
    while any(isinstance(one, list) for one in level):
        level = [inner for one in level for inner in (one if isinstance(one, list) else [one])]
    return level


def _fits(value: Any, dtype: np.dtype[Any]) -> bool:
    if dtype.kind == "b" or isinstance(value, bool):
        return dtype.kind == "b" and isinstance(value, bool)
    if dtype.kind == "f":
        return isinstance(value, int | float) and abs(value) <= float(np.finfo(dtype).max)
    return isinstance(value, int) and int(np.iinfo(dtype).min) <= value <= int(np.iinfo(dtype).max)


def _output(value: Any, binary: bool) -> tuple[str, bool]:
    if not isinstance(value, dict):
        raise InvalidInput("outputs: each must be a JSON object")
    name = _text(value, "name", "an output")
    _known(value, ("name", "parameters"), name)
    parameters = _parameters(value, name)
    _known(parameters, ("binary_data",), f"{name}: parameters")
    return name, _flag(parameters, "binary_data", name) if "binary_data" in parameters else binary


# --- members -------------------------------------------------------------------------------------------------------


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name, [])
    if not isinstance(found, list):
        raise InvalidInput(f"{name}: must be a list")
    return found


def _text(value: Mapping[str, Any], key: str, where: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or len(found) > _NAME:
        raise InvalidInput(f"{where}: {key} must be a text of at most {_NAME} characters")
    return found


def _parameters(value: Mapping[str, Any], where: str) -> dict[str, Any]:
    found = value.get("parameters", {})
    if not isinstance(found, dict):
        raise InvalidInput(f"{where}: parameters must be a JSON object")
    return found


def _flag(parameters: Mapping[str, Any], key: str, where: str) -> bool:
    found = parameters.get(key, False)
    if not isinstance(found, bool):
        raise InvalidInput(f"{where}: {key} must be true or false")
    return found


def _whole(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput(f"{where} must hold whole numbers of 0 or more")
    return value


def _known(value: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in value:
        if name not in known:
            raise InvalidInput(f"{where}: {name[:80]!r} is nothing that is read here; known: {', '.join(known)}")


def _once(names: Sequence[str], what: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), "") if len(set(names)) < len(names) else ""
    if len(set(names)) < len(names):
        raise InvalidInput(f"{what} {twice[:80]!r} is given more than once")


# --- the answer ----------------------------------------------------------------------------------------------------


def write_answer(
    head: Mapping[str, Any], outputs: Sequence[tuple[Given, bool]]
) -> tuple[list[bytes | memoryview], int | None]:
    """(the body's pieces, where its JSON ends where something is behind it). outputs: each with whether in binary.

    Raises InvalidInput for numbers that are too many for JSON.
    """
    said: list[dict[str, Any]] = []
    behind: list[bytes | memoryview] = []
    for one, binary in outputs:
        row: dict[str, Any] = {"name": one.name, "datatype": one.datatype, "shape": list(one.shape)}
        if binary:
            data = _binary(one)
            behind.append(data)
            row["parameters"] = {"binary_data_size": len(data)}
        else:
            row["data"] = _listed(one)
        said.append(row)
    text = _ENCODER.encode({**head, "outputs": said}).encode()
    return [text, *behind], len(text) if behind else None


def _binary(one: Given) -> bytes | memoryview:
    if isinstance(one.data, np.ndarray):
        array = np.ascontiguousarray(one.data, DTYPES[one.datatype])
        return array.reshape(-1).view(np.uint8).data
    return packed([item.encode() if isinstance(item, str) else item for item in one.data])


def _listed(one: Given) -> list[Any]:
    count = math.prod(one.shape)
    if count > VALUES:
        raise InvalidInput(
            f"{one.name}: its {count} elements are too many for JSON, which holds {VALUES} here; ask for it in binary "
            f'("parameters": {{"binary_data": true}})',
            field=one.name,
        )
    if isinstance(one.data, np.ndarray):
        flat: list[Any] = one.data.reshape(-1).tolist()
        return flat
    return [item if isinstance(item, str) else item.decode() for item in one.data]
