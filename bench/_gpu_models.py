"""The model of bench/gpu_swap.py, apart from it so that a worker imports nothing else, and the same copy done bare.

A checkpoint of one safetensors file of square matrices in bf16; the answer sums every weight on the device.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any

import torch

from rung.models.torch.model import TorchModel
from rung.runtime.tasks import ComputeOutput

SIDE = 4096
_CHUNK = 32 * 2**20


def written(path: Path, layers: int, seed: int) -> Path:
    """`layers` matrices of 32 MiB in one file."""
    size = 2 * SIDE * SIDE
    header = {
        f"{n}.weight": {"dtype": "BF16", "shape": [SIDE, SIDE], "data_offsets": [n * size, (n + 1) * size]}
        for n in range(layers)
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that every tensor is aligned for a reader that maps the file
    block = torch.randn(SIDE, SIDE, generator=torch.Generator().manual_seed(seed)).bfloat16()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _ in range(layers):
            file.write(block.view(torch.uint8).numpy().tobytes())
    return path


class Squares(TorchModel):
    """Answers with how long having the weights took, reading them, and their sum."""

    def prepare(self, context: Any) -> None:
        layers = int(context.options["layers"])
        began = time.perf_counter()
        self.net = self.module(
            context, lambda: torch.nn.Sequential(*(torch.nn.Linear(SIDE, SIDE, bias=False) for _ in range(layers)))
        )
        _wait(self.device)
        self.load_s = time.perf_counter() - began

    def answer(self, call: Any) -> Any:
        began = time.perf_counter()
        value = _sum([layer.weight for layer in self.net])
        return ComputeOutput(value={"load_s": self.load_s, "run_s": time.perf_counter() - began, "value": value})


def bare(path: Path, layers: int, device: str, pinned: bool) -> dict[str, float]:
    """The same access pattern and nothing else: read a chunk into a buffer, copy it to the device, sum all of it."""
    file = os.open(path, os.O_RDONLY)
    (length,) = struct.unpack("<Q", os.pread(file, 8, 0))
    buffers = [torch.empty(_CHUNK, dtype=torch.uint8, pin_memory=pinned) for _ in range(2)]
    events: list[Any] = [None, None]
    began = time.perf_counter()
    weights = [torch.empty(SIDE, SIDE, dtype=torch.bfloat16, device=device) for _ in range(layers)]
    for n, weight in enumerate(weights):
        turn = n % 2
        if events[turn] is not None:
            events[turn].synchronize()
        _fill(file, buffers[turn], 8 + length + n * _CHUNK)
        weight.view(torch.uint8).view(-1).copy_(buffers[turn], non_blocking=pinned)
        if pinned:
            events[turn] = torch.cuda.current_stream().record_event()
    _wait(torch.device(device))
    load_s = time.perf_counter() - began
    began = time.perf_counter()
    value = _sum(weights)
    os.close(file)
    return {"load_s": load_s, "run_s": time.perf_counter() - began, "value": value}


def _fill(file: int, buffer: Any, at: int) -> None:
    view, done = memoryview(buffer.numpy()), 0
    while done < len(view):
        done += os.preadv(file, [view[done:]], at + done)


def _sum(weights: list[Any]) -> float:
    return float(torch.stack([weight.sum(dtype=torch.float32) for weight in weights]).sum())


def _wait(device: Any) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def main() -> None:
    """One line `path layers device` in, one line of figures out, until there are no more."""
    for line in sys.stdin:
        path, layers, device = line.split()
        print(json.dumps(bare(Path(path), int(layers), device, device.startswith("cuda"))), flush=True)
        if device.startswith("cuda"):
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
