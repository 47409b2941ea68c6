"""How bytes become a file under its final name: written aside, flushed, verified, then renamed. Never half."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rung.runtime.errors import WeightsCorrupt, WeightsError
from rung.runtime.spec import Weights
from rung.runtime.weights.archives import Readable

CHUNK = 1024 * 1024


def sha256_of(path: Path, tick: Callable[[int], None] = lambda done: None) -> str:
    """The hash of a whole file; `tick` is told of the bytes read so far."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            tick(done)
    return digest.hexdigest()


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A temporary path in the target's folder (the same disk, so that the rename is atomic); gone afterwards."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def land(stream: Readable, weights: Weights, target: Path, tick: Callable[[int], None]) -> None:
    """Write the stream to `target` if, and only if, its size and hash are those of the catalogue.

    Reads one byte more than the size at most, so that a wrong (or hostile) archive cannot fill the disk.
    WeightsCorrupt says both hashes.
    """
    digest, done = hashlib.sha256(), 0
    with aside(target) as temporary:
        with temporary.open("wb") as file:
            while chunk := stream.read(min(CHUNK, weights.size + 1 - done)):
                digest.update(chunk)
                _write(file, chunk)
                done += len(chunk)
                tick(done)
            file.flush()
            os.fsync(file.fileno())
        check(weights, done, digest.hexdigest(), "what came")
        settle(temporary, target)


def _write(file: IO[bytes], chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise WeightsError(f"cannot write {file.name}: {error.strerror}") from error


def adopt(temporary: Path, weights: Weights, target: Path) -> None:
    """Verify a file that something else wrote on the same disk and give it its final name."""
    check(weights, temporary.stat().st_size, sha256_of(temporary), "what came")
    file = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    settle(temporary, target)


def settle(temporary: Path, target: Path) -> None:
    """Give a verified file its final name, durably."""
    os.replace(temporary, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check(weights: Weights, size: int, sha256: str, what: str) -> None:
    """WeightsCorrupt, with both sizes or both hashes, unless they are the catalogue's."""
    if size != weights.size:
        over = "more than " if size == weights.size + 1 else ""
        raise WeightsCorrupt(
            f"{weights.name}: {what} has {over}{min(size, weights.size) if over else size} bytes, sha256 {sha256}; "
            f"the catalogue says {weights.size} bytes, sha256 {weights.sha256}",
            found=sha256,
            expected=weights.sha256,
        )
    if sha256 != weights.sha256:
        raise WeightsCorrupt(
            f"{weights.name}: {what} has sha256 {sha256}, the catalogue says {weights.sha256}",
            found=sha256,
            expected=weights.sha256,
        )


def room(root: Path, weights: Weights, free: int) -> None:
    """WeightsError before anything is fetched when the file itself does not fit on the disk."""
    if free < weights.size:
        raise WeightsError(
            f"{weights.name} needs {weights.size} bytes, {root} has {free} free; "
            "free some, or point RUNG_CACHE_DIR to another disk"
        )
