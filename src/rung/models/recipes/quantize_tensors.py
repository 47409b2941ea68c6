"""Makes a safetensors file whose weight matrices are stored in fp8, int8 or 4 bits, tensor by tensor.

Not more than the largest tensor and what is made of it is in memory. Which tensors are weights of layers that can
compute so is told by their names and shapes alone: tables of embeddings, norms and everything small stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import torch

from rung.models.torch import bits
from rung.models.torch.checkpoint import Checkpoint, open_checkpoint
from rung.models.torch.header import PREFIX, Entry
from rung.models.torch.lane import DTYPES, Lane

LEAST: Final = 4096
"""Numbers in a weight that is worth it."""

_KEPT: Final = re.compile(r"norm|embed|pos_|\bwte\b|\bwpe\b|\bshared\b", re.IGNORECASE)
_NAMES: Final = {dtype: name for name, dtype in DTYPES.items()}
_E4M3_MAX: Final = 448.0
_PARTS: Final = 5
"""Tensors that stand for one, at most."""


def fp8(inputs: Mapping[str, Path], out: Path) -> None:
    """e4m3 with one scale for each weight, of two dimensions and more."""
    _made(inputs, out, "fp8")


def int8(inputs: Mapping[str, Path], out: Path) -> None:
    """int8 with one scale for each output, of matrices."""
    _made(inputs, out, "int8")


def q4(inputs: Mapping[str, Path], out: Path) -> None:
    """4 bits (NF4) with one scale for each 64 numbers, of matrices."""
    _made(inputs, out, "q4")


def _made(inputs: Mapping[str, Path], out: Path, form: str) -> None:
    """Of one file, or of shards and their index. Where no weight is worth it, nothing is written."""
    with open_checkpoint(inputs.values()) as checkpoint, torch.no_grad():
        if any(_fits(entry, form) for entry in checkpoint.entries):
            with out.open("wb") as file:
                write(file, checkpoint, form)


def write(file: IO[bytes], checkpoint: Checkpoint, form: str) -> None:
    """The header stands before the tensors and is known after them, so room for it is left; spaces fill it."""
    room = sum(_PARTS * (len(entry.name.encode()) + 200) for entry in checkpoint.entries) // 8 * 8 + 4096
    file.seek(PREFIX + room)
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in _tensors(checkpoint, form):
        raw = memoryview(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
        file.write(raw)
        place = {"dtype": _NAMES[tensor.dtype], "shape": [*tensor.shape], "data_offsets": [at, at + len(raw)]}
        header[name], at = place, at + len(raw)  # type: ignore[assignment]
    text = json.dumps(header).encode()
    assert len(text) <= room, "the room that was left for the header is a matter of ours"
    file.seek(0)
    file.write(room.to_bytes(PREFIX, "little") + text.ljust(room))


def _tensors(checkpoint: Checkpoint, form: str) -> Iterator[tuple[str, Any]]:
    lane = Lane(torch.device("cpu"))
    for entry in checkpoint.entries:
        tensor = lane.tensor(checkpoint, entry.name)
        if not _fits(entry, form):
            yield entry.name, tensor
            continue
        layer = entry.name.removesuffix("weight")
        for below, part in (_fp8(tensor) if form == "fp8" else bits.quantized(tensor, form)).items():
            yield layer + below, part


def _fits(entry: Entry, form: str) -> bool:
    dimensions = len(entry.shape)
    return (
        entry.dtype in ("F32", "F16", "BF16")
        and entry.name.rpartition(".")[2] == "weight"
        and not _KEPT.search(entry.name)
        and (dimensions >= 2 if form == "fp8" else dimensions == 2)
        and entry.size >= LEAST * DTYPES[entry.dtype].itemsize
    )


def _fp8(weight: Any) -> dict[str, Any]:
    """Without a scale the many small weights of a layer would fall below what e4m3 can tell from zero."""
    largest = weight.abs().amax().float()
    scale = largest / _E4M3_MAX if largest > 0 else torch.tensor(1.0)
    return {"weight": (weight.float() / scale).to(torch.float8_e4m3fn), "weight_scale": scale}
