"""Owns the files that come in and go out: named by content, on disk, for a time, within a bound of bytes."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rung.runtime.errors import NotFound, TooLarge
from rung.runtime.spec import GiB

_NAME = re.compile(r"^([0-9a-f]{64})\.([a-z]+-[a-z0-9.+-]+)\.(\d+)x(\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A kept file. id: sha256 of its bytes, in hex. created: Unix seconds of the last time it was put."""

    id: str
    media_type: str
    bytes: int
    width: int | None = None
    height: int | None = None
    created: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The form that a file has in every answer."""
        size = {} if self.width is None or self.height is None else {"width": self.width, "height": self.height}
        return {
            "file": self.id,
            "url": f"/v1/files/{self.id}",
            "media_type": self.media_type,
            "bytes": self.bytes,
            **size,
        }


class Artifacts:
    """Files under `folder`, each for `ttl_s` after it was last put; the oldest go when `max_bytes` is passed.

    A file's name on disk carries everything known of it, so a restarted server finds what the last one kept.
    No fsync: a file lost to a power cut is one that would have expired within the hour.
    """

    def __init__(
        self, folder: Path, *, ttl_s: float = 3600.0, max_bytes: int = 2 * GiB, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._clock = clock
        self._files: dict[str, FileRef] | None = None
        self._total = 0

    async def put(self, data: bytes, media_type: str, width: int | None = None, height: int | None = None) -> FileRef:
        """Keep those bytes. Raises TooLarge when they alone pass the bound."""
        if len(data) > self._max_bytes:
            raise TooLarge(f"a file of {len(data)} bytes; the server keeps {self._max_bytes} bytes of files in all")
        files = self._opened()
        ref = FileRef(id="", media_type=media_type, bytes=len(data), width=width, height=height, created=self._clock())
        ref = replace(ref, id=await asyncio.to_thread(self._write, data, ref))
        old = files.pop(ref.id, None)
        if old is not None and self._path(old) != self._path(ref):
            self._path(old).unlink(missing_ok=True)
        files[ref.id] = ref
        self._total += ref.bytes - (old.bytes if old else 0)
        self._prune()
        return ref

    def get(self, file_id: str) -> FileRef:
        """What is known of a file. Raises NotFound."""
        ref = self._opened().get(file_id)
        if ref is None or ref.created <= self._clock() - self._ttl_s:
            raise NotFound(f"no file {file_id[:64]!r} here; files are kept for {self._ttl_s:g} s")
        return ref

    async def read(self, file_id: str) -> bytes:
        """The bytes of a file. Raises NotFound."""
        ref = self.get(file_id)
        try:
            return await asyncio.to_thread(self._path(ref).read_bytes)
        except FileNotFoundError as gone:
            raise NotFound(f"file {file_id} was removed from the server's disk") from gone

    def _opened(self) -> dict[str, FileRef]:
        """The index, read from the folder at first use: a constructor does not touch the disk."""
        if self._files is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = sorted(_found(self._folder), key=lambda ref: ref.created)
            self._files = {ref.id: ref for ref in found}
            self._total = sum(ref.bytes for ref in found)
            self._prune()
        return self._files

    def _write(self, data: bytes, ref: FileRef) -> str:
        """The id. Written beside and renamed, so that a reader never sees half a file."""
        ref = replace(ref, id=hashlib.sha256(data).hexdigest())
        path = self._path(ref)
        beside = path.with_name(f".{ref.id}.{os.urandom(6).hex()}")
        try:
            beside.write_bytes(data)
            os.utime(beside, (ref.created, ref.created))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return ref.id

    def _path(self, ref: FileRef) -> Path:
        return self._folder / f"{ref.id}.{ref.media_type.replace('/', '-', 1)}.{ref.width or 0}x{ref.height or 0}"

    def _prune(self) -> None:
        """Oldest first: `_files` is in the order of the last put."""
        files = self._files or {}
        late = self._clock() - self._ttl_s
        while files:
            oldest = next(iter(files.values()))
            if oldest.created > late and self._total <= self._max_bytes:
                return
            del files[oldest.id]
            self._total -= oldest.bytes
            self._path(oldest).unlink(missing_ok=True)


def _found(folder: Path) -> list[FileRef]:
    """What an earlier server left. Half-written files begin with a dot and are not its names."""
    refs = []
    for entry in os.scandir(folder):
        name = _NAME.match(entry.name)
        if name is None:
            continue
        sha, kind, width, height = name.groups()
        stat = entry.stat()
        size = (int(width) or None, int(height) or None)
        refs.append(
            FileRef(
                id=sha,
                media_type=kind.replace("-", "/", 1),
                bytes=stat.st_size,
                width=size[0],
                height=size[1],
                created=stat.st_mtime,
            )
        )
    return refs
