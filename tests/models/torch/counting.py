"""A device that counts: torch's CPU, where every copy is memory of its own, with a limit. Holds no tests.

On a CPU the device and what is offloaded from it are the same memory, so what is moved shows only by counting. It
counts storages that are alive, not what the store believes: a reference that somebody kept is seen as it would be on a
card.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.multiprocessing.reductions import StorageWeakRef

from rung.models.torch.checkpoint import Checkpoint
from rung.models.torch.device import TorchDevice


class CountingDevice(TorchDevice):
    """limit: bytes; one more raises what CUDA raises. most: bytes at the worst moment. moved: bytes put in all."""

    def __init__(self, device: Any = "cpu", limit: int | None = None) -> None:
        super().__init__(device)
        self.limit = limit
        self.most = 0
        self.moved = 0
        self.files: list[str] = []
        """Tensors that came from their file."""
        self._alive: list[tuple[StorageWeakRef, int]] = []

    def put(self, tensor: Any) -> Any:
        return self._counted(super().put(tensor))

    def read(self, checkpoint: Checkpoint, name: str, dtype: Any) -> Any:
        self.files.append(name)
        return self._counted(super().read(checkpoint, name, dtype))

    def taken(self) -> int:
        self._alive = [(ref, size) for ref, size in self._alive if not ref.expired()]
        return sum(size for _, size in self._alive)

    def _counted(self, tensor: Any) -> Any:
        size = tensor.nbytes
        if self.limit is not None and self.taken() + size > self.limit:
            raise torch.OutOfMemoryError(f"the device has {self.limit} bytes")
        self._alive.append((StorageWeakRef(tensor.untyped_storage()), size))
        self.moved += size
        self.most = max(self.most, self.taken())
        return tensor
