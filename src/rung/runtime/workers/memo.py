"""Owns what a worker remembers between calls: content-addressed, scoped, bounded in bytes.

Imports the standard library and numpy only: the worker's side uses it.
"""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
Key = tuple[str, str]
DEFAULT_BUDGET = 256 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Memo:
    """Least recently used goes first. Two threads that want the same key make it once.

    borrowed: whether an object is memory that a later call overwrites; a value that looks at it is refused.
    """

    budget: int = DEFAULT_BUDGET
    borrowed: Callable[[object], bool] = lambda memory: False
    _kept: OrderedDict[Key, tuple[Any, int]] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _making: dict[Key, threading.Lock] = field(default_factory=dict)

    def get(self, scope: str, key: str, make: Callable[[], T]) -> tuple[T, bool]:
        """(the value, whether it was there). What `make` raises passes through, and the next caller tries again.

        Raises ValueError when the value is a view of the call's input or of its answer.
        """
        name = (scope, key)
        with self._lock:
            if name in self._kept:
                return self._hit(name), True
            turn = self._making.setdefault(name, threading.Lock())
        with turn:
            with self._lock:
                if name in self._kept:
                    return self._hit(name), True
            value = make()
            size = self._measure(value, key)
            with self._lock:
                self._keep(name, value, size)
                self._making.pop(name, None)
            return value, False

    def _hit(self, name: Key) -> Any:
        self._kept.move_to_end(name)
        return self._kept[name][0]

    def _keep(self, name: Key, value: Any, size: int) -> None:
        if size > self.budget:
            return
        self._kept[name] = (value, size)
        self._bytes += size
        while self._bytes > self.budget:
            _, (_, gone) = self._kept.popitem(last=False)
            self._bytes -= gone

    def _measure(self, value: Any, key: str) -> int:
        total, seen, rest = 0, set[int](), [value]
        while rest:
            item = rest.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, np.ndarray) and self.borrowed(_memory(item)):
                raise ValueError(
                    f"memo({key!r}) was given a view of the call's input or answer, which end with the call: copy it."
                )
            size, inside = _size(item)
            total += size
            rest.extend(inside)
        return total

    @property
    def bytes(self) -> int:
        """What is kept, in bytes."""
        return self._bytes


def _memory(array: np.ndarray[Any, Any]) -> object:
    """The object that the array's bytes belong to."""
    owner: object = array
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    return owner


def _size(item: Any) -> tuple[int, Iterable[Any]]:
    """(own bytes, what it holds). An object with `nbytes` is a tensor: its bytes may lie on a device."""
    own = sys.getsizeof(item)
    tensor = getattr(item, "nbytes", None)
    if isinstance(tensor, int):
        return max(own, tensor), ()
    if isinstance(item, Mapping):
        return own, [*item.keys(), *item.values()]
    if isinstance(item, list | tuple | set | frozenset):
        return own, item
    if dataclasses.is_dataclass(item):
        return own, [getattr(item, f.name) for f in dataclasses.fields(item)]
    return own, vars(item).values() if hasattr(item, "__dict__") and not callable(item) else ()
