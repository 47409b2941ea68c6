"""Small JSON documents that an app keeps by name beside its jobs, apart for each app and each caller's key.

A file each, replaced whole: who reads sees the last change or the one before, never half of one. Changes of one name
take turns across threads and processes. They are kept until they are replaced, and are none of the jobs' retention.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rung.runtime.errors import DiskFull, StoreError, TooLarge
from rung.runtime.flock import Held, taken
from rung.runtime.spec import MiB

LARGEST = 4 * MiB
LOCK_S = 10.0
Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One app's documents of one caller. folder: None: nothing is kept, and what is read is not there."""

    folder: Path | None = None

    async def read(self, name: str) -> Any:
        """The document of that name; None where there is none. Raises StoreError for one that cannot be read."""
        return await asyncio.to_thread(self._read, name)

    async def change(self, name: str, change: Change) -> Any:
        """Replace the document by what `change` makes of it (of None where there is none); gives the new one.

        It is on the disk itself when this returns. Raises StoreError, DiskFull, TooLarge, and what `change` raises;
        then the old one stands.
        """
        return await asyncio.to_thread(self._change, name, change)

    def _path(self, name: str) -> Path | None:
        return None if self.folder is None else self.folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json"

    def _read(self, name: str) -> Any:
        path = self._path(name)
        try:
            return None if path is None else json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StoreError(f"what is kept as {name[:80]!r} cannot be read ({error})") from error

    def _change(self, name: str, change: Change) -> Any:
        path = self._path(name)
        if path is None:
            raise StoreError("nothing can be kept here: this Rung has no data folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with taken(path.with_suffix(".lock"), LOCK_S):
                changed = change(self._read(name))
                _replace(path, _bytes_of(changed, name))
                return changed
        except Held as held:
            raise StoreError(f"what is kept as {name[:80]!r} is being changed for too long ({held})") from held
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise (DiskFull if full else StoreError)(f"{name[:80]!r} cannot be kept ({error.strerror})") from error


def shelf_of(root: Path, app: str, scope: str) -> Shelf:
    """The documents of an app and a caller's key below `root`. A key's name never becomes a path."""
    return Shelf(folder=root / app / hashlib.sha256(scope.encode()).hexdigest()[:32])


def _bytes_of(value: Any, name: str) -> bytes:
    data = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()
    if len(data) > LARGEST:
        raise TooLarge(f"{name[:80]!r} would be {len(data)} bytes; at most {LARGEST} are kept", limit=LARGEST)
    return data


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
