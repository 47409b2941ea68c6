"""Owns the shared memory that a model may write its answer into, so that nobody copies it there.

Imports the standard library and numpy only: the worker's side uses it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rung.runtime.workers.messages import INLINE
from rung.runtime.workers.segments import Pool, Segment

ALIGNMENT = 64


@dataclass(slots=True, eq=False)
class Room:
    """One call's piece of shared memory, taken when it is first asked for. used: bytes given out, from the start."""

    pool: Pool
    segment: Segment | None = None
    used: int = 0
    _start: int = 0

    def empty(self, shape: int | Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
        """An array of undefined content: in shared memory while there is room, else an ordinary one."""
        kind = np.dtype(dtype)
        dimensions = (shape,) if isinstance(shape, int) else tuple(shape)
        wanted = math.prod(dimensions, start=kind.itemsize)
        if wanted <= INLINE or kind.hasobject or not self._fits(wanted):
            return np.empty(dimensions, kind)
        assert self.segment is not None
        offset = aligned(self.used)
        self.used = offset + wanted
        given: NDArray[Any] = np.ndarray(dimensions, kind, buffer=self.segment.map, offset=offset)
        self._start = given.ctypes.data - offset
        return given

    def _fits(self, wanted: int) -> bool:
        if self.segment is None:
            try:
                self.segment = self.pool.take(wanted)
            except OSError:  # no shared memory left: an ordinary array may still be had
                return False
        return aligned(self.used) + wanted <= self.segment.size

    def offset(self, array: NDArray[Any]) -> int | None:
        """Where in the segment the array lies; None where it does not, or not in one piece."""
        if self.used == 0 or not array.flags.c_contiguous:
            return None
        offset = array.ctypes.data - self._start
        return offset if offset >= 0 and offset + array.nbytes <= self.used else None

    def hand_over(self) -> Segment | None:
        """The segment, which now belongs to the answer."""
        segment, self.segment, self.used = self.segment, None, 0
        return segment


def aligned(offset: int) -> int:
    """The next offset at which an array may begin."""
    return -(-offset // ALIGNMENT) * ALIGNMENT
