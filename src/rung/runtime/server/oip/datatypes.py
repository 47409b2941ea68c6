"""Decides which datatypes of the protocol there are, and how their elements lie in bytes. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rung.runtime.errors import InvalidInput

BYTES = "BYTES"

DTYPES: Mapping[str, np.dtype[Any]] = {
    name: np.dtype(code)
    for name, code in {
        "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
        "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
    }.items()
}  # fmt: skip
"""Every datatype but BYTES; little-endian, as the binary extension has them. BF16 is none that numpy has."""

_LENGTH = struct.Struct("<I")


def name_of(dtype: DTypeLike) -> str:
    """The protocol's name of a numpy type; empty where it has none."""
    wanted = np.dtype(dtype)
    return next((name for name, dtype in DTYPES.items() if dtype == wanted), "")


def numbers(name: str, datatype: str, shape: Sequence[int], data: memoryview) -> NDArray[Any]:
    """The elements that lie in those bytes, as a view. Raises InvalidInput where their number is another."""
    dtype, count = DTYPES[datatype], _count(shape)
    if len(data) != count * dtype.itemsize:
        raise InvalidInput(
            f"{name}: {list(shape)} of {datatype} are {count * dtype.itemsize} bytes, and {len(data)} came", field=name
        )
    if datatype == "BOOL" and np.any(np.frombuffer(data, np.uint8) > 1):  # any other byte would be neither
        raise InvalidInput(f"{name}: a BOOL is a byte that is 0 or 1", field=name)
    return np.frombuffer(data, dtype).reshape(shape)


def strings(name: str, shape: Sequence[int], data: memoryview) -> list[bytes]:
    """The elements of a BYTES tensor: each its length in four bytes, then itself. Raises InvalidInput."""
    found = list(_strings(name, data, _count(shape)))
    if len(found) != _count(shape):
        raise InvalidInput(f"{name}: {list(shape)} are {_count(shape)} elements, and {len(found)} came", field=name)
    return found


def _strings(name: str, data: memoryview, most: int) -> Iterator[bytes]:
    at = given = 0
    while at < len(data):
        if len(data) - at < _LENGTH.size:
            raise InvalidInput(
                f"{name}: {len(data) - at} bytes are left where a length needs {_LENGTH.size}", field=name
            )
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if length > len(data) - at:
            raise InvalidInput(
                f"{name}: element {given} says that it has {length} bytes, and {len(data) - at} are left", field=name
            )
        given += 1
        if given > most:
            raise InvalidInput(f"{name}: more than the {most} elements that its shape names", field=name)
        yield bytes(data[at : at + length])
        at += length


def packed(items: Sequence[bytes]) -> bytes:
    """BYTES elements as the binary extension has them."""
    return b"".join(part for item in items for part in (_LENGTH.pack(len(item)), item))


def _count(shape: Sequence[int]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count
