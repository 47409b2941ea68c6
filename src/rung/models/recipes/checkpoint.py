"""Reads the tensors of a torch checkpoint without torch, by an allow-list: a pickle may ask for nothing else.

A `.pt` file is a zip of one pickle (`*/data.pkl`) and raw little-endian storages (`*/data/KEY`). The pickle
of a state dict needs four kinds of things: OrderedDict, `torch._utils._rebuild_tensor_v2`, storage types, and
persistent ids that name storages. Everything else is refused before it is looked up.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from rung.runtime.errors import WeightsError
from rung.runtime.tasks import Array

_DTYPES: Final = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


def read(path: Path, within: Sequence[str] = ()) -> dict[str, Array]:
    """Every tensor of the state dict in `path`, by name, read-only views in C order or copies.

    within: names under which a larger checkpoint may keep the state dict; the first that is there is read.
    Raises WeightsError when the file is no such zip, asks for a name outside the allow-list, or holds
    tensors that reach outside their storages.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            state = _Reader(_Archive(archive)).load()
        return {str(name): _checked(name, value) for name, value in _items(_inner(state, within))}
    except WeightsError:
        raise
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError, *_MALFORMED) as error:
        raise WeightsError(f"{path.name} is no readable torch checkpoint: {error}") from error


_MALFORMED: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What pickle raises on bytes that are no pickle."""


@dataclass(frozen=True, slots=True)
class _Storage:
    values: Array


class _Archive:
    """The members of the zip: the one pickle, and storages by key."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise WeightsError(f"a torch checkpoint holds one data.pkl, this file holds {len(pickles)}")
        self._root = pickles[0].removesuffix("data.pkl")
        if f"{self._root}byteorder" in archive.namelist() and self.member("byteorder") != b"little":
            raise WeightsError("the checkpoint is big-endian; convert it on the machine that wrote it")

    def member(self, name: str) -> bytes:
        # torch stores its members uncompressed; anything else could be a bomb.
        info = self._archive.getinfo(self._root + name)
        if info.compress_type != zipfile.ZIP_STORED:
            raise WeightsError(f"{info.filename} is compressed, which torch never does: refused")
        return self._archive.read(info)


class _Reader(pickle.Unpickler):
    def __init__(self, archive: _Archive) -> None:
        super().__init__(io.BytesIO(archive.member("data.pkl")))
        self._archive = archive
        self._storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        allowed: Any = None
        if (module, name) == ("collections", "OrderedDict"):
            allowed = OrderedDict
        elif (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            allowed = _rebuild
        elif module == "torch":
            allowed = _DTYPES.get(name)
        if allowed is None:
            raise WeightsError(
                f"the checkpoint asks for {module}.{name}, which is not on the allow-list: refused, nothing was run"
            )
        return allowed

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", np.dtype() as dtype, str() as key, str(), int() as count):
                if key not in self._storages:
                    values = np.frombuffer(self._archive.member(f"data/{key}"), dtype=dtype)
                    if len(values) != count:
                        raise WeightsError(f"storage {key} holds {len(values)} values, the checkpoint says {count}")
                    self._storages[key] = _Storage(values)
                return self._storages[key]
        raise WeightsError(f"the checkpoint names a storage in an unknown way: {pid!r}")


def _rebuild(storage: _Storage, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Array:
    """The tensor as a view of its storage, refused where it would reach outside."""
    if not isinstance(storage, _Storage) or len(size) != len(stride) or min((offset, *size, *stride), default=0) < 0:
        raise WeightsError(f"the checkpoint describes a tensor that cannot be: {size} by {stride} at {offset}")
    if math.prod(size) == 0:
        return np.empty(size, storage.values.dtype)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if last >= len(storage.values):
        raise WeightsError(f"a tensor reaches value {last} of a storage that holds {len(storage.values)}")
    bytes_each = storage.values.itemsize
    view = np.lib.stride_tricks.as_strided(
        storage.values[offset:], size, [step * bytes_each for step in stride], writeable=False
    )
    return np.ascontiguousarray(view).reshape(size)


def _inner(state: Any, within: Sequence[str]) -> Any:
    """The state dict under the first of these names; the checkpoint itself where none is there."""
    held = state if isinstance(state, dict) else {}
    return next((held[name] for name in within if isinstance(held.get(name), dict)), state)


def _items(state: Any) -> list[tuple[Any, Any]]:
    if not isinstance(state, dict):
        raise WeightsError(f"the checkpoint holds a {type(state).__name__}, not a state dict of tensors")
    return list(state.items())


def _checked(name: Any, value: Any) -> Array:
    if not isinstance(name, str) or not isinstance(value, np.ndarray):
        raise WeightsError(f"entry {name!r} of the checkpoint is a {type(value).__name__}, not a tensor")
    return value
