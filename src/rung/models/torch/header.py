"""Decides what the header of a safetensors file says, and whether it can be true. Pure; no torch.

The format: eight bytes, little-endian, with the header's length; the header, JSON of
`name -> {dtype, shape, data_offsets}`; the tensors, one after the other with neither gap nor overlap.
Nothing of a file is believed before all of it fits together: an offset that reaches outside, or over another tensor,
is how a crafted file would read what is not its own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rung.runtime.errors import WeightsError

PREFIX: Final = 8
"""Bytes before the header."""

LARGEST: Final = 100_000_000
"""Bytes that a header may have: the limit of the format's own library. A longer one is no header but an attack."""

SIZES: Final[Mapping[str, int]] = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
    "I32": 4,
    "U32": 4,
    "F32": 4,
    "I64": 8,
    "U64": 8,
    "F64": 8,
}
"""Bytes of one value, of every dtype that is read here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of a file. begin, end: bytes from the start of the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.begin


def length(file: str, prefix: bytes, size: int) -> int:
    """How many bytes of header follow the prefix of a file of `size` bytes. WeightsError where that cannot be."""
    if len(prefix) < PREFIX:
        raise _broken(file, f"it has {size} bytes, and the length of its header alone takes {PREFIX}")
    said = int.from_bytes(prefix, "little")
    if said > LARGEST:
        raise _broken(file, f"it claims a header of {said} bytes, and {LARGEST} is the most that one may have")
    if PREFIX + said > size:
        raise _broken(file, f"it claims a header of {said} bytes and has {size} bytes in all: truncated?")
    return said


def parse(file: str, header: bytes, size: int) -> tuple[Entry, ...]:
    """The tensors of a file of `size` bytes in the order in which they lie there. WeightsError names what is wrong."""
    start = PREFIX + len(header)
    values = _decoded(file, header)
    _check_metadata(file, values.pop("__metadata__", {}))
    entries = sorted((_entry(file, name, value, start) for name, value in values.items()), key=_where)
    _check_ground(file, entries, start, size)
    return tuple(entries)


def _where(entry: Entry) -> tuple[int, int]:
    return entry.begin, entry.end


def _decoded(file: str, header: bytes) -> dict[str, Any]:
    try:
        values = json.loads(header.decode("utf-8"), object_pairs_hook=lambda pairs: _unique(file, pairs))
    except (ValueError, RecursionError) as error:
        raise _broken(file, f"its header is no JSON ({error})") from error
    if not isinstance(values, dict):
        raise _broken(file, f"its header is a {type(values).__name__}, not an object")
    return values


def _unique(file: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may each take another of two equal keys, so neither is taken."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _broken(file, f"its header names {key!r} twice")
        found[key] = value
    return found


def _check_metadata(file: str, metadata: object) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _broken(file, "its __metadata__ is not a map of text to text")


def _entry(file: str, name: str, value: object, start: int) -> Entry:
    match value:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [begin, end]} if _counts(*shape, begin, end):
            pass
        case _:
            raise _broken(file, f"{name}: its entry lacks a dtype, a shape or two data_offsets of whole numbers")
    if dtype not in SIZES:
        raise _broken(file, f"{name}: the dtype {dtype!r} is not read here; {', '.join(sorted(SIZES))} are")
    wanted = math.prod(shape) * SIZES[dtype]
    if end - begin != wanted:
        raise _broken(
            file, f"{name}: {dtype} {shape} takes {wanted} bytes, its data_offsets {begin} to {end} hold {end - begin}"
        )
    return Entry(name, dtype, tuple(shape), start + begin, start + end)


def _counts(*values: object) -> bool:
    """Whether all are whole numbers from 0 on; True is none."""
    return all(type(value) is int and value >= 0 for value in values)


def _check_ground(file: str, entries: list[Entry], start: int, size: int) -> None:
    """From the header's end to the file's every byte belongs to exactly one tensor."""
    at, before = start, "the header"
    for entry in entries:
        if entry.begin < at:
            raise _broken(file, f"{entry.name} overlaps {before} by {at - entry.begin} bytes")
        if entry.begin > at:
            raise _broken(file, f"{entry.begin - at} bytes between {before} and {entry.name} belong to no tensor")
        at, before = entry.end, entry.name
    if at > size:
        raise _broken(file, f"its tensors end at byte {at} and it has {size}: {at - size} bytes are missing, truncated")
    if at < size:
        raise _broken(file, f"{size - at} bytes follow after its last tensor and belong to none")


def _broken(file: str, why: str) -> WeightsError:
    return WeightsError(f"{file} is no whole safetensors file: {why}.", file=file)
