"""Owns the figure of how much memory a call took at its worst moment.

Imports the standard library only; torch is asked only where the model has loaded it.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_RESET_PEAK = b"5"
"""proc(5): writing 5 to clear_refs resets the peak resident set to the current one."""


@dataclass(slots=True, eq=False)
class Peak:
    """Bytes on the worker's device: the process's resident set (shared pages included) on a CPU, what torch has
    reserved on a CUDA device. Unknown stays None. Calls that overlap share one peak."""

    device: str = "cpu"
    _running: int = 0
    _known: bool = False
    _clear_refs: int | None = None
    """The open file, -1 where there is none: opening it costs more than everything else here."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Begin anew unless another call runs."""
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._known = self._reset()
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def _reset(self) -> bool:
        if self.device.startswith("cuda"):
            torch = _torch_cuda()
            if torch is not None:
                torch.reset_peak_memory_stats()
            return torch is not None
        if self._clear_refs is None:
            self._clear_refs = _open_clear_refs()
        try:
            return os.pwrite(self._clear_refs, _RESET_PEAK, 0) == len(_RESET_PEAK)
        except OSError:
            return False

    def bytes(self) -> int | None:
        """The peak since the last reset."""
        if not self._known:
            return None
        if self.device.startswith("cuda"):
            return int(_torch_cuda().max_memory_reserved())
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def now(self) -> int | None:
        """The same count at this moment."""
        if self.device.startswith("cuda"):
            torch = _torch_cuda()
            return None if torch is None else int(torch.memory_reserved())
        return _resident_set()


def _resident_set() -> int | None:
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return None


def _open_clear_refs() -> int:
    try:
        return os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _torch_cuda() -> Any:
    """torch.cuda where the model has loaded torch and started CUDA, else None."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
