"""Decides how values cross to a worker and back: a JSON tree, and beside it one body of raw bytes.

Plain values, tuples, bytes, arrays and the dataclasses of `tasks`; nothing else, and never pickle: what a
peer sends cannot run code here. Arrays and bytes lie in the body at aligned offsets; the tree names them.
Imports the standard library and numpy only: the worker's side uses it too.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rung.runtime import tasks
from rung.runtime.errors import InvalidInput
from rung.runtime.workers.room import Room, aligned
from rung.runtime.workers.segments import Segment

DEEPEST = 64
WIDEST = 80
"""Characters of the way to a value that cannot cross."""
LONG_STRING = 4096
"""Characters from which a string travels in the body: JSON would be scanned on the event loop."""

_AS_IT_IS = frozenset({bool, int, float})
_ONLY_STR = frozenset({str})
_TYPES: Mapping[str, type] = {
    name: value for name, value in vars(tasks).items() if isinstance(value, type) and dataclasses.is_dataclass(value)
}
_FIELDS: Mapping[type, tuple[str, ...]] = {t: tuple(f.name for f in dataclasses.fields(t)) for t in _TYPES.values()}


@dataclass(slots=True)
class Encoded:
    """A value ready to cross: its tree, and the pieces of a body of `size` bytes.

    room: shared memory in which some of its arrays may lie already. segment: that memory, once it is the value's own;
    what lies there counts in `size` and is no piece.
    """

    tree: Any = None
    size: int = 0
    pieces: list[tuple[int, NDArray[Any]]] = field(default_factory=list)
    room: Room | None = None
    segment: Segment | None = None

    def add(self, value: Any, name: str = "value") -> Any:
        """The value's tree, with its pieces here. Raises InvalidInput, and then none of them are."""
        size, pieces = self.size, len(self.pieces)
        try:
            return _encode(value, self, 0)
        except _Unfit as unfit:
            self.size = size
            del self.pieces[pieces:]
            raise unfit.told(name) from None

    def place(self, array: NDArray[Any]) -> int:
        """Reserve the array's bytes in the body; returns their offset."""
        if self.room is not None and (there := self.room.offset(array)) is not None:
            return there
        offset = aligned(self.size)
        self.pieces.append((offset, array))
        self.size = offset + array.nbytes
        return offset

    def write(self, body: Any) -> None:
        """Copy every piece into a writable buffer. numpy lets go of the interpreter lock for large ones."""
        for offset, array in self.pieces:
            if array.nbytes == 0:  # numpy refuses an empty view at the very end of a buffer
                continue
            target: NDArray[Any] = np.ndarray(array.shape, array.dtype, buffer=body, offset=offset)
            np.copyto(target, array)

    def inline(self) -> bytes:
        """The body as bytes of its own."""
        body = bytearray(self.size)
        self.write(body)
        return bytes(body)


def encode(value: Any, name: str = "value", room: Room | None = None) -> Encoded:
    """Raises InvalidInput for a value that cannot cross; the sentence says where in `name` it lies.

    With a room, arrays that lie in it stay where they are, and its segment is handed over to the value.
    """
    encoded = Encoded(room=room, size=room.used if room is not None else 0)
    encoded.tree = encoded.add(value, name)
    if room is not None:
        encoded.segment = room.hand_over()
    return encoded


class _Unfit(Exception):
    """A value that cannot cross: what is wrong with it. steps: the way to it, the last one first.

    The way is put together when it is needed: to carry it along costs more than all the rest.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.steps: list[str] = []

    def told(self, name: str) -> InvalidInput:
        """As an error of the caller's."""
        way = "".join([name, *reversed(self.steps)])
        return InvalidInput(f"{way[:WIDEST]}... {self.sentence}" if len(way) > WIDEST else f"{way} {self.sentence}")


def _encode(value: Any, into: Encoded, depth: int) -> Any:
    if depth > DEEPEST:
        raise _Unfit(f"is nested deeper than {DEEPEST} levels: flatten it.")
    kind = type(value)
    if value is None or kind in _AS_IT_IS:
        return value
    if kind is str:
        return value if len(value) < LONG_STRING else _bytes("str", value.encode("utf-8", "surrogatepass"), into)
    if kind in _FIELDS:
        return _data(value, kind, into, depth + 1)
    if kind is bytes or kind is bytearray:
        return _bytes("bytes", value, into)
    if kind is np.ndarray or kind is np.memmap:
        return _array(value, into)
    if kind is dict:
        return _mapping(value, into, depth + 1)
    if kind is list:
        return _items(value, into, depth + 1)
    if kind is tuple:
        return {"$": "tuple", "v": _items(value, into, depth + 1)}
    if isinstance(value, np.generic):
        return _scalar(value)
    if isinstance(value, Mapping):
        return _mapping(value, into, depth + 1)
    raise _Unfit(
        f"is a {kind.__module__}.{kind.__qualname__}, which cannot cross to another process: use plain values, arrays, "
        "bytes and the types of rung.runtime.tasks."
    )


def _data(value: Any, kind: type, into: Encoded, depth: int) -> Any:
    names, done = _FIELDS[kind], list[Any]()
    try:
        for name in names:
            done.append(_encode(getattr(value, name), into, depth))
    except _Unfit as unfit:
        unfit.steps.append(f".{names[len(done)]}")
        raise
    return {"$": "data", "t": kind.__name__, "v": done}


def _items(items: Sequence[Any], into: Encoded, depth: int) -> list[Any]:
    done: list[Any] = []
    try:
        for item in items:
            done.append(_encode(item, into, depth))
    except _Unfit as unfit:
        unfit.steps.append(f"[{len(done)}]")
        raise
    return done


def _mapping(value: Mapping[Any, Any], into: Encoded, depth: int) -> Any:
    if not value:
        return {}
    pairs: list[list[Any]] = []
    plain = set(map(type, value)) <= _ONLY_STR and "$" not in value
    for key, item in value.items():
        try:
            pairs.append([key if plain else _encode(key, into, depth), _encode(item, into, depth)])
        except _Unfit as unfit:
            unfit.steps.append(f"[{key!r}]")
            raise
    return dict(pairs) if plain else {"$": "map", "v": pairs}


def _bytes(tag: str, value: bytes | bytearray, into: Encoded) -> Any:
    return {"$": tag, "at": into.place(np.frombuffer(value, dtype=np.uint8)), "n": len(value)}


def _array(value: NDArray[Any], into: Encoded) -> Any:
    if value.dtype.kind not in "biufc" or value.dtype.itemsize > 16 or value.dtype.char in "gG":
        raise _Unfit(
            f"is an array of {value.dtype}, which cannot cross to another process: use bool, integers, floats or "
            "complex numbers of fixed size."
        )
    return {"$": "array", "d": value.dtype.str, "s": value.shape, "at": into.place(value)}


def _scalar(value: Any) -> Any:
    plain = value.item()
    if type(plain) is complex or isinstance(plain, np.generic) or not isinstance(plain, bool | int | float | str):
        raise _Unfit(f"is a {type(value).__name__}, which cannot cross to another process: make it a float.")
    return plain


Keep = Callable[[NDArray[Any]], None]


@dataclass(frozen=True, slots=True)
class Decoder:
    """Rebuilds values over one body. Arrays are views of it, writable as far as it is, unless `copy`.

    keep: told of every view, so that the body's owner knows how long it is looked at.
    """

    body: Any
    copy: bool = False
    keep: Keep = lambda array: None

    def decode(self, tree: Any) -> Any:
        """The value that `encode` was given. Raises InvalidInput for a tag that is not ours."""
        if type(tree) is list:
            return [self.decode(item) for item in tree]
        if type(tree) is not dict:
            return tree
        match tree.get("$"):  # the most frequent first
            case None:
                return {key: self.decode(item) for key, item in tree.items()} if tree else tree
            case "array":
                return self._array(tree)
            case "data":
                return self._data(tree)
            case "tuple":
                return tuple(self.decode(item) for item in tree["v"])
            case "bytes":
                return self._bytes(tree)
            case "map":
                return {self.decode(key): self.decode(item) for key, item in tree["v"]}
            case "str":
                return self._bytes(tree).decode("utf-8", "surrogatepass")
            case tag:
                raise InvalidInput(f"{tag!r} is no tag of this protocol: the two processes run different versions.")

    def _bytes(self, tree: dict[str, Any]) -> bytes:
        return bytes(memoryview(self.body)[tree["at"] : tree["at"] + tree["n"]])

    def _array(self, tree: dict[str, Any]) -> NDArray[Any]:
        shape, dtype = tuple(tree["s"]), np.dtype(tree["d"])
        if 0 in shape:
            return np.empty(shape, dtype)
        view: NDArray[Any] = np.ndarray(shape, dtype, buffer=self.body, offset=tree["at"])
        if self.copy:
            return view.copy()
        self.keep(view)
        return view

    def _data(self, tree: dict[str, Any]) -> Any:
        known = _TYPES.get(tree["t"])
        if known is None:
            raise InvalidInput(f"{tree['t']!r} is no type of rung.runtime.tasks.")
        return known(**dict(zip(_FIELDS[known], map(self.decode, tree["v"]), strict=True)))


def sizes(tree: Any) -> tuple[int, int]:
    """(bytes of arrays, bytes of byte strings) that a tree names: what its decoding may pin, and must copy."""
    if type(tree) is list:
        parts = [sizes(item) for item in tree]
        return sum(a for a, _ in parts), sum(b for _, b in parts)
    if type(tree) is not dict:
        return 0, 0
    match tree.get("$"):
        case "array":
            return int(np.dtype(tree["d"]).itemsize * math.prod(tree["s"])), 0
        case "bytes" | "str":
            return 0, int(tree["n"])
        case _:
            return sizes(list(tree.values()))
