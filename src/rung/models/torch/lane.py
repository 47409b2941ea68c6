"""Owns the way of tensors from a checkpoint to one device, through a buffer of fixed size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import torch

from rung.models.torch.checkpoint import Checkpoint
from rung.models.torch.header import Entry

Tensor = Any
"""torch.Tensor; torch is not installed where the types are checked."""

BUFFER: Final = 8 * 2**20
"""Bytes of one buffer; a multiple of every dtype's size. F32 to BF16 on a CPU, 2 cores: 4.4 GB/s with 8 MiB, which
stay in its cache, 3.6 with 32, 4.9 out of a mapped file."""

DTYPES: Final[Mapping[str, Any]] = {
    "BOOL": torch.bool,
    "U8": torch.uint8,
    "I8": torch.int8,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I16": torch.int16,
    "U16": torch.uint16,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I32": torch.int32,
    "U32": torch.uint32,
    "F32": torch.float32,
    "I64": torch.int64,
    "U64": torch.uint64,
    "F64": torch.float64,
}
"""torch's name of each dtype that the header's reader knows."""


@dataclass(slots=True, eq=False)
class Lane:
    """Copies tensors to `device`. What it takes of the RAM beside the tensors themselves is its buffers: two pinned
    ones on the way to a CUDA device, so that the disk and the link work at the same time, else one.
    """

    device: Any
    """torch.device"""
    _buffers: list[_Buffer] = field(default_factory=list)
    _turn: int = 0

    def tensor(self, checkpoint: Checkpoint, name: str, dtype: Any = None) -> Tensor:
        """The tensor on the device, as `dtype` where one is given. On a CPU, unconverted, it is read into its own
        memory and needs no buffer. Raises what `Checkpoint.read` raises, and torch's own when memory runs out."""
        entry = checkpoint[name]
        stored = DTYPES[entry.dtype]
        made = torch.empty(entry.shape, dtype=dtype or stored, device=self.device)
        if self.device.type == "cpu" and made.dtype == stored:
            checkpoint.read(name, 0, _bytes(made))
        else:
            self._staged(checkpoint, entry, stored, made)
        return made

    def _staged(self, checkpoint: Checkpoint, entry: Entry, stored: Any, made: Tensor) -> None:
        flat, each = made.reshape(-1), stored.itemsize
        for start in range(0, entry.size, BUFFER):
            buffer = self._next()
            count = min(BUFFER, entry.size - start)
            checkpoint.read(entry.name, start, buffer.view[:count])
            staged = buffer.memory[:count].view(stored)
            if self.device.type != "cpu":  # converted there: torch would do it here first, in memory of its own
                staged = staged.to(self.device, non_blocking=True)
            flat[start // each : start // each + len(staged)].copy_(staged)
            buffer.sent(self.device)

    def _next(self) -> _Buffer:
        """The buffer whose last copy is done, waited for."""
        if not self._buffers:
            count, pinned = (2, True) if self.device.type == "cuda" else (1, False)
            self._buffers = [_Buffer(torch.empty(BUFFER, dtype=torch.uint8, pin_memory=pinned)) for _ in range(count)]
        self._turn = (self._turn + 1) % len(self._buffers)
        self._buffers[self._turn].wait()
        return self._buffers[self._turn]


class _Buffer:
    """Memory that is filled here and copied from by the device, maybe later."""

    def __init__(self, memory: Tensor) -> None:
        self.memory = memory
        self.view = _bytes(memory)
        self._copied: Any = None

    def sent(self, device: Any) -> None:
        """A copy from it has been asked for; on a CUDA device it runs on its own."""
        if device.type == "cuda":
            self._copied = torch.cuda.current_stream(device).record_event()

    def wait(self) -> None:
        """Until the last copy from it is done."""
        if self._copied is not None:
            self._copied.synchronize()


def _bytes(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor on the CPU, writable."""
    return memoryview(tensor.reshape(-1).view(torch.uint8).numpy())
