"""Owns a checkpoint of one or several safetensors files: which tensors it has, where they lie, and their bytes.

The format's own library is not used to read. It maps each file privately and writable, so the whole file counts
against the worker's ceiling before a tensor is touched (safetensors 0.8.0, torch 2.13: a file of 512 MiB adds 512 MiB
to VmData and cannot be opened with 200 MiB left), and the pages of all tensors stay in the resident set until the
file is closed (380 MiB more after the last of eight tensors of 64 MiB). Here bytes are read into a buffer of the
caller's: what a load takes is that buffer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rung.models.torch import header
from rung.models.torch.header import Entry
from rung.runtime.errors import WeightsError, WeightsMissing

ENDING: Final = ".safetensors"
INDEX: Final = ".safetensors.index.json"

READERS: Final = 2
"""Threads that read one tensor: one that waits for the disk leaves it idle, and the pages of new memory are made by
whoever writes them. 1.3 GB on 2 busy cores, cold: 0.26 to 0.53 GB/s with one, 0.59 to 1.27 with two, 0.41 to 0.62 with
four; mapped and copied by torch 0.30 to 0.59."""

_SHARE: Final = 4 * 2**20
"""Bytes that are worth a thread."""


@dataclass(frozen=True, slots=True)
class _Shard:
    name: str
    file: int
    """Descriptor."""


class Checkpoint:
    """Open files; close it, or use it as a context. Tensors come in the order in which they lie on the disk."""

    def __init__(self, shards: Mapping[str, tuple[_Shard, Entry]], owned: ExitStack) -> None:
        self._shards = shards
        self._owned = owned
        self._readers = owned.enter_context(ThreadPoolExecutor(READERS))  # starts none before it is used

    @property
    def entries(self) -> Sequence[Entry]:
        """All tensors: reading them in this order reads each file from its start to its end."""
        return [entry for _, entry in self._shards.values()]

    def __contains__(self, name: str) -> bool:
        return name in self._shards

    def __getitem__(self, name: str) -> Entry:
        return self._shards[name][1]

    def read(self, name: str, start: int, into: memoryview) -> None:
        """Fill `into` with the tensor's bytes from `start` on.

        The kernel keeps its own copy of what was read while it has room, so that a swap back costs no disk.
        WeightsError where the file has been cut meanwhile or the disk fails.
        """
        shard, entry = self._shards[name]
        at, step = entry.begin + start, max(_SHARE, -(-len(into) // READERS))
        if len(into) <= step:
            _fill(shard, into, at)
            return
        parts = range(0, len(into), step)
        for _ in self._readers.map(lambda part: _fill(shard, into[part : part + step], at + part), parts):
            pass  # raises what a reader raised

    def close(self) -> None:
        """Close the files. The tensors read stay."""
        self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_checkpoint(paths: Iterable[Path]) -> Checkpoint:
    """The checkpoint that these files make: every `.safetensors` of them, and the index where one is there.

    With an index only the tensors that it names are there, each in the file that it says. Other files are passed over.
    Raises WeightsMissing for shards that are not among the files, WeightsError for what cannot be read or be true.
    """
    found = sorted(paths, key=lambda path: path.name)
    index = _index([path for path in found if path.name.endswith(INDEX)])
    with ExitStack() as stack:
        shards = [_opened(path, stack) for path in found if path.name.endswith(ENDING)]
        if not shards:
            raise WeightsMissing("none of the files that the model was given is a safetensors file.")
        tensors = _joined(shards) if index is None else _indexed(shards, index)
        return Checkpoint(tensors, stack.pop_all())


def _opened(path: Path, stack: ExitStack) -> tuple[_Shard, tuple[Entry, ...]]:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, file)
        size = os.fstat(file).st_size
        count = header.length(path.name, os.pread(file, header.PREFIX, 0), size)
        return _Shard(path.name, file), header.parse(path.name, os.pread(file, count, header.PREFIX), size)
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror}.", file=path.name) from error


def _joined(shards: Iterable[tuple[_Shard, Iterable[Entry]]]) -> dict[str, tuple[_Shard, Entry]]:
    found: dict[str, tuple[_Shard, Entry]] = {}
    for shard, entries in shards:
        for entry in entries:
            if entry.name in found:
                other = found[entry.name][0].name
                raise WeightsError(f"{other} and {shard.name} both hold the tensor {entry.name}, and no index chooses.")
            found[entry.name] = (shard, entry)
    return found


def _indexed(
    shards: Sequence[tuple[_Shard, Iterable[Entry]]], index: tuple[str, Mapping[str, str]]
) -> dict[str, tuple[_Shard, Entry]]:
    name, where = index
    missing = sorted({*where.values()} - {shard.name for shard, _ in shards})
    if missing:
        raise WeightsMissing(
            f"{name} names {len(missing)} files that the model was not given: {', '.join(missing)}.", files=missing
        )
    found = {
        entry.name: (shard, entry)
        for shard, entries in shards
        for entry in entries
        if where.get(entry.name) == shard.name
    }
    lost = sorted({*where} - {*found})
    if lost:
        file = where[lost[0]]
        raise WeightsError(f"{name} says that {file} holds {lost[0]}, and it does not ({len(lost)} such tensors).")
    return found


def _index(paths: Sequence[Path]) -> tuple[str, Mapping[str, str]] | None:
    if len(paths) > 1:
        raise WeightsError(f"two indices where one checkpoint was expected: {', '.join(p.name for p in paths)}.")
    for path in paths:
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise WeightsError(f"{path.name} cannot be read as JSON: {error}.", file=path.name) from error
        match found:
            case {"weight_map": dict(where)} if all(isinstance(file, str) for file in where.values()):
                return path.name, where
        raise WeightsError(f"{path.name} has no weight_map of tensors to files.", file=path.name)
    return None


def _fill(shard: _Shard, part: memoryview, at: int) -> None:
    done = 0
    while done < len(part):
        try:
            count = os.preadv(shard.file, [part[done:]], at + done)
        except OSError as error:
            raise WeightsError(f"{shard.name} cannot be read at byte {at + done}: {error.strerror}.") from error
        if count == 0:
            raise WeightsError(f"{shard.name} ends at byte {at + done}: it was cut while it was read.")
        done += count
