"""Decides which value of a task's types a tensor stands for, and back. Pure: encoded pictures stay bytes here."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import re
import typing
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from rung.runtime.errors import InvalidInput, TooLarge
from rung.runtime.server.oip.contract import Contract, Tensor
from rung.runtime.server.oip.datatypes import BYTES, DTYPES, name_of
from rung.runtime.server.oip.wire import Behind, Given
from rung.runtime.server.options import unknown
from rung.runtime.server.pictures import MAX_SIDE
from rung.runtime.server.strictjson import not_finite, read_json
from rung.runtime.tasks import Picture

MOST_ITEMS = 1024
"""Texts, pictures, points and the like in one tensor."""
MOST_TEXT = 1024 * 1024
"""Bytes of a text or of a JSON document."""
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture whose header has not been read."""

    data: bytes


def check_inputs(contract: Contract, given: Sequence[Given | Behind], pixels: int) -> None:
    """Whether they are the task's, by name, datatype and shape. pixels: of one array at most.

    Raises InvalidInput and TooLarge.
    """
    known = contract.by_name
    sides: dict[str, tuple[str, int]] = {}
    for one in given:
        if one.name not in known:
            why = contract.lacking.get(one.name)
            said = f"; it is a field without a tensor's form: {why}" if why else ""
            raise InvalidInput(unknown("input", one.name, known) + said, field=one.name[:80])
        _check_shape(known[one.name], one, sides, pixels)
    _check_whole(contract, {known[one.name].field for one in given})


def read_values(contract: Contract, given: Sequence[Given]) -> dict[str, Any]:
    """The input's fields, of tensors that were checked; pictures are `Encoded`. Raises InvalidInput and TooLarge."""
    values: dict[str, Any] = {}
    for one in given:
        tensor = contract.by_name[one.name]
        values[tensor.field] = _read(tensor, one)
    return values


def _check_whole(contract: Contract, fields: Set[str]) -> None:
    for name in contract.required:
        raise InvalidInput(
            f"{contract.task.name} cannot be asked for by this protocol: its input {name} has no form as a tensor "
            f"({contract.lacking[name]})",
            field=name,
        )
    for tensor in contract.inputs:
        if not tensor.optional and tensor.field not in fields:
            raise InvalidInput(
                f"{tensor.name}: is required ({tensor.datatype} {list(tensor.shape)})", field=tensor.name
            )


def _check_shape(tensor: Tensor, given: Given | Behind, sides: dict[str, tuple[str, int]], pixels: int) -> None:
    """Against the contract, and the named sides against each other: a mask is as large as its picture."""
    name, shape = tensor.name, given.shape
    if given.datatype != tensor.datatype:
        raise InvalidInput(f"{name}: is {tensor.datatype}, and {given.datatype} came", field=name)
    free = tensor.form == "array" and tensor.axes is None
    if not free and not _matches(shape, tensor.shape):
        raise InvalidInput(f"{name}: has the shape {list(tensor.shape)}, and {list(shape)} came", field=name)
    if tensor.form != "array":
        if tensor.many and shape[0] > MOST_ITEMS:
            raise TooLarge(f"{name}: more than {MOST_ITEMS} items", field=name, limit=MOST_ITEMS)
        return
    for axis, side in zip(tensor.axes or (), shape, strict=False):
        if isinstance(axis, str):
            _check_side(name, axis, side, sides)
    if {"height", "width"} <= set(tensor.axes or ()) and shape[0] * shape[1] > pixels:
        raise TooLarge(
            f"{name}: {shape[1]} x {shape[0]} pixels are over the limit of {pixels}", field=name, limit=pixels
        )


def _matches(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(w in (-1, s) for s, w in zip(shape, wanted, strict=True))


def _check_side(name: str, axis: str, side: int, sides: dict[str, tuple[str, int]]) -> None:
    if not 0 < side <= MAX_SIDE:
        raise InvalidInput(f"{name}: its {axis} is {side}; 1 to {MAX_SIDE} are taken", field=name)
    other, before = sides.setdefault(axis, (name, side))
    if before != side:
        raise InvalidInput(
            f"{name}: its {axis} is {side}, and that of {other} is {before}; they must be equal", field=name
        )


def _read(tensor: Tensor, given: Given) -> Any:
    if tensor.form == "array":
        return _array(tensor, typing.cast("NDArray[Any]", given.data))
    found: list[Any]
    if tensor.datatype == BYTES:
        found = [_element(tensor, item) for item in typing.cast("Sequence[bytes | str]", given.data)]
    else:
        rows = typing.cast("NDArray[Any]", given.data)
        _check_finite(tensor, rows)
        listed = rows.tolist() if tensor.many or tensor.form == "number" else [rows.tolist()]
        found = [_number(tensor, item) for item in listed]
    return tuple(found) if tensor.many else found[0]


def _array(tensor: Tensor, data: NDArray[Any]) -> NDArray[Any]:
    _check_finite(tensor, data)
    return data if data.flags.aligned else data.copy()  # a view into the request's body may lie crookedly


def _check_finite(tensor: Tensor, data: NDArray[Any]) -> None:
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        raise InvalidInput(f"{tensor.name}: must hold finite numbers", field=tensor.name)


def _number(tensor: Tensor, item: Any) -> Any:
    """A number, or a row of them as the tuple or dataclass that it stands for."""
    if tensor.form == "number":
        return _validated(tensor, item)
    if dataclasses.is_dataclass(tensor.type):
        names = [one.name for one in dataclasses.fields(tensor.type)]
        return _validated(tensor, {name: _whole(value) for name, value in zip(names, item, strict=True)})
    return _validated(tensor, tuple(item))


def _whole(value: float) -> float | int:
    """A row of FP32 holds whole numbers too: a point's label."""
    return int(value) if value == int(value) else value


def _element(tensor: Tensor, item: bytes | str) -> Any:
    match tensor.form:
        case "picture":
            return Encoded(_raw(tensor, item))
        case "bytes":
            return _raw(tensor, item)
        case "text":
            return _validated(tensor, _text(tensor, item))
        case _:
            value = read_json(_text(tensor, item), tensor.name)
            made = _validated(tensor, value)
            if where := not_finite(value):
                raise InvalidInput(f"{tensor.name}: {where} must be a finite number", field=tensor.name)
            return made


def _raw(tensor: Tensor, item: bytes | str) -> bytes:
    """The bytes themselves; in JSON they come as a data URL."""
    if isinstance(item, bytes):
        return item
    found = _DATA_URL.match(item)
    if not found:
        raise InvalidInput(
            f"{tensor.name}: in JSON, bytes are a data URL (data:...;base64,...); or send the tensor in binary",
            field=tensor.name,
        )
    try:
        return base64.b64decode(item[found.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(f"{tensor.name}: the data URL is not base64", field=tensor.name) from error


def _text(tensor: Tensor, item: bytes | str) -> str:
    if len(item) > MOST_TEXT:
        raise TooLarge(f"{tensor.name}: a text of over {MOST_TEXT} bytes", field=tensor.name, limit=MOST_TEXT)
    if isinstance(item, str):
        return item
    try:
        return item.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{tensor.name}: the text is not UTF-8 (byte {error.start})", field=tensor.name) from error


def _validated(tensor: Tensor, value: Any) -> Any:
    try:
        return TypeAdapter(tensor.type).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:120]
        raise InvalidInput(
            f"{tensor.name}: {where + ': ' if where else ''}{first['msg']}", field=tensor.name
        ) from error


# --- answers -------------------------------------------------------------------------------------------------------


def write_values(contract: Contract, output: Any, wanted: Mapping[str, bool]) -> list[tuple[Given, bool]]:
    """The wanted tensors of an output, each with whether it goes in binary; what is None is left out."""
    found = []
    for tensor in contract.outputs:
        value = getattr(output, tensor.field)
        if tensor.name in wanted and value is not None:
            found.append((_written(tensor, value, wanted[tensor.name]), wanted[tensor.name]))
    return found


def _written(tensor: Tensor, value: Any, binary: bool) -> Given:
    if tensor.form == "array":
        array = np.asarray(value)
        datatype = name_of(array.dtype) or tensor.datatype
        return Given(name=tensor.name, datatype=datatype, shape=array.shape, data=array)
    items = list(value) if tensor.many else [value]
    if tensor.column:
        items = [getattr(item, tensor.column) for item in items]
    if tensor.datatype == BYTES:
        data = [_told(tensor, item, binary) for item in items]
        return Given(name=tensor.name, datatype=BYTES, shape=(len(data),), data=data)
    array = np.array([_cells(item) for item in items], DTYPES[tensor.datatype])
    shape = tuple(len(items) if side == -1 else side for side in tensor.shape)
    return Given(name=tensor.name, datatype=tensor.datatype, shape=shape, data=array.reshape(shape))


def _cells(item: Any) -> Any:
    return dataclasses.astuple(item) if dataclasses.is_dataclass(item) and not isinstance(item, type) else item


def _told(tensor: Tensor, item: Any, binary: bool) -> bytes | str:
    match tensor.form:
        case "picture" | "bytes":
            data, kind = (
                (item.data, item.media_type) if isinstance(item, Picture) else (item, "application/octet-stream")
            )
            return bytes(data) if binary else f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
        case "text":
            return str(item)
        case _:
            plain = TypeAdapter(tensor.type).dump_python(item, mode="json")
            return json.dumps(plain, ensure_ascii=False, allow_nan=False)
