"""What the components of a worker ask of the device on which they run; here torch's own, in tests one that counts."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path
from typing import Any, Protocol

import torch

from rung.models.torch.checkpoint import Checkpoint
from rung.models.torch.lane import Lane

Tensor = Any
"""torch.Tensor"""

_MAPPED = Path("/proc/self/statm")
_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


class Device(Protocol):
    """Where tensors are put, and what it says of its memory. Putting raises torch's error when memory runs out."""

    @property
    def torch(self) -> Any:
        """torch.device"""

    def put(self, tensor: Tensor) -> Tensor:
        """A copy of a tensor that lies in RAM, always in memory of its own."""

    def read(self, checkpoint: Checkpoint, name: str, dtype: Any) -> Tensor:
        """A tensor from its file."""

    def settle(self) -> None:
        """Give back what nothing refers to any more, caches too."""

    def taken(self) -> int | None:
        """Bytes that this process has taken of it, caches included; None where nobody can say."""


class TorchDevice:
    """A device of torch."""

    def __init__(self, device: Any) -> None:
        self.torch = torch.device(device)
        if self.torch.type == "cpu":
            _return_large_blocks()
        self._lane = Lane(self.torch)

    def put(self, tensor: Tensor) -> Tensor:
        """See `Device`."""
        return tensor.to(self.torch, copy=True)

    def read(self, checkpoint: Checkpoint, name: str, dtype: Any) -> Tensor:
        """See `Device`."""
        return self._lane.tensor(checkpoint, name, dtype)

    def settle(self) -> None:
        """See `Device`. The C library keeps freed memory of small blocks until it is asked for it."""
        gc.collect()
        if self.torch.type == "cuda":
            torch.cuda.synchronize(self.torch)
            torch.cuda.empty_cache()
        elif (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
            trim(0)

    def taken(self) -> int | None:
        """On CUDA what torch has taken from the driver, on a CPU the resident set of this process."""
        if self.torch.type == "cuda":
            return int(torch.cuda.memory_reserved(self.torch))
        if self.torch.type == "cpu" and _MAPPED.exists():
            return int(_MAPPED.read_text().split()[1]) * 4096
        return None


def _return_large_blocks() -> None:
    """Let the C library take each block of a MiB or more from the kernel by itself, and give it back when it is freed.

    It learns otherwise: after the first such block it keeps all up to 32 MiB in its heap, where small blocks that
    settle between them hold on to the space. A worker that brought layers of 4 MiB one at a time met its ceiling of
    96 MiB in that way in every second run, while 88 MiB of it were resident.
    """
    if (option := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        option(_M_MMAP_THRESHOLD, _LARGE)
