"""Owns the files that come in and go out: named by content, on disk, for a time, within a bound of bytes."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rung.runtime.errors import DiskFull, NotFound, StoreError, TooLarge
from rung.runtime.jobs.fileref import FileRef, found
from rung.runtime.spec import GiB

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{64}")
_BESIDE = re.compile(r"\.[0-9a-f]{64}\.[0-9a-f]{12}")
_LEFT_S = 600.0
"""A half-written file that old is nobody's any more: what wrote it was killed."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TRIAL = bytes(64 * 1024)
"""What is written to see whether files can be kept again: as much as a small picture."""


def free_bytes(folder: Path) -> int:
    """What the disk of that folder has left for us."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


class Artifacts:
    """Files under `folder`, each for `ttl_s` after it was last put; the oldest go when `max_bytes` is passed.

    A file's name on disk carries everything known of it, so a restarted server finds what the last one kept.
    Another process may add and delete files beside us; pins are ours alone, so it must not sweep.
    min_free: bytes that must stay free on the disk (see `admit`); free: how many there are.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ttl_s: float = 3600.0,
        max_bytes: int = 2 * GiB,
        min_free: int = 0,
        clock: Callable[[], float] = time.time,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._folder = folder
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._min_free = min_free
        self._clock = clock
        self._free = free
        self._files: dict[str, FileRef] | None = None
        self._total = 0
        self._pins: Counter[str] = Counter()
        self._told: set[str] = set()
        """What the log was told and is so still."""
        self._refused = ""
        """Why the disk refused the last file, with the remedy; empty: it did not."""

    # --- taking in --------------------------------------------------------------------------------------

    def admit(self, size: int) -> None:
        """Raise DiskFull where that many bytes more would leave too little room, StoreError where the folder cannot be
        used. Call it before accepting anything."""
        files = self._opened()
        held = sum(files[file_id].bytes for file_id in self._pins if file_id in files)
        if held + size > self._max_bytes:
            raise DiskFull(
                f"files of jobs that have not ended hold {held} of {self._max_bytes} bytes, {size} more do not fit;"
                " come back when some have ended"
            )
        with self._disk():
            free = self._free(self._folder)
        if free - size < self._min_free:
            raise self._little_room(free, size)
        self._told.discard("room")

    async def put(
        self,
        data: bytes,
        media_type: str,
        width: int | None = None,
        height: int | None = None,
        *,
        durable: bool = False,
    ) -> FileRef:
        """Keep those bytes. durable: on the disk itself, so that a power cut leaves them, before this returns.

        Raises TooLarge when they alone pass the bound, DiskFull when the disk has no room, StoreError where the folder
        cannot be written; then nothing is left.
        """
        if len(data) > self._max_bytes:
            raise TooLarge(f"a file of {len(data)} bytes; the server keeps {self._max_bytes} bytes of files in all")
        self._opened()
        ref = FileRef(id="", media_type=media_type, bytes=len(data), width=width, height=height, created=self._clock())
        ref = await asyncio.to_thread(self._write, data, ref, durable)
        self._usable()
        files = self._opened()
        old = files.pop(ref.id, None)
        if old is not None and old.name != ref.name:
            self._unlink(old)
        files[ref.id] = ref
        self._total += ref.bytes - (old.bytes if old else 0)
        self._prune(but=ref.id)
        return ref

    def amiss(self) -> str:
        """Why nothing can be taken in now, with the remedy; empty where nothing is known against it. Writes nothing."""
        try:
            self.admit(0)
        except StoreError as error:
            return error.message
        return self._refused

    async def try_again(self) -> None:
        """Where the disk refused the last file: see whether it takes one by now. Nothing of it is left."""
        if self._refused:
            with suppress(StoreError):
                await asyncio.to_thread(self._try)
                self._usable()

    # --- giving out -------------------------------------------------------------------------------------

    def get(self, file_id: str) -> FileRef:
        """What is known of a file. Raises NotFound."""
        ref = self._known(file_id)
        if ref is None or (file_id not in self._pins and self._late(ref)):
            raise NotFound(f"no file {file_id[:64]!r} here; files are kept for {self._ttl_s:g} s")
        return ref

    def has(self, file_id: str) -> bool:
        """Whether the file is here and may be read."""
        try:
            self.get(file_id)
        except NotFound:
            return False
        return True

    def path(self, file_id: str) -> Path:
        """Where the file lies; it may be gone when it is opened (FileNotFoundError). Raises NotFound."""
        return self._path(self.get(file_id))

    async def read(self, file_id: str) -> bytes:
        """The bytes of a file. Raises NotFound."""
        path = self.path(file_id)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError as error:
            raise self.gone(file_id) from error
        except OSError as error:
            raise self.refusal(error) from error

    def gone(self, file_id: str) -> NotFound:
        """The error for a file that somebody else deleted; it is forgotten here too."""
        self._forget(file_id)
        return NotFound(f"file {file_id} was removed from the server's disk")

    def refusal(self, error: OSError) -> StoreError:
        """What is said to who asked; whoever runs the server is told the folder, by the log."""
        why = error.strerror or type(error).__name__
        if error.errno in _NO_ROOM:
            self._refused = f"the disk of the server's data folder took no more of a file ({why}): make room there"
            self._tell("disk", f"a file cannot be kept in {self._folder} ({why}); make room on its disk")
            return DiskFull("the server's disk has no room for the file; nothing of it was kept")
        remedy = "it has to belong to who runs the server, on a disk that can be written"
        self._tell("disk", f"the folder {self._folder} cannot be used ({why}); {remedy}")
        self._refused = f"the server's folder of files cannot be used ({why}); {remedy}"
        return StoreError(self._refused)

    # --- how long ---------------------------------------------------------------------------------------

    def pin(self, file_ids: Iterable[str]) -> None:
        """Keep them whatever comes, until each was unpinned as often. They need not be here yet: pin, then put."""
        self._pins.update(file_ids)

    def unpin(self, file_ids: Iterable[str]) -> None:
        """Take one pin of each away; with the last one a file's time to live begins anew."""
        for file_id in file_ids:
            self._pins[file_id] -= 1
            if self._pins[file_id] <= 0:
                del self._pins[file_id]
                self.touch(file_id)

    def pinned(self, file_id: str) -> bool:
        """Whether somebody needs it now."""
        return file_id in self._pins

    def touch(self, file_id: str) -> None:
        """Begin its time to live anew; nothing happens where there is no such file."""
        ref = self._known(file_id)
        if ref is None or self._files is None:
            return
        del self._files[file_id]
        self._files[file_id] = ref = replace(ref, created=self._clock())
        try:
            os.utime(self._path(ref), (ref.created, ref.created))
        except FileNotFoundError:
            self._forget(file_id)
        except OSError as error:  # its time is anew for this server, and for the next one it is not: nothing is lost
            self.refusal(error)

    async def delete(self, file_id: str) -> bool:
        """Whether it went. False: it was not here, or it is pinned, and whoever pinned it needs it.

        Raises StoreError where the folder cannot be written; then it is here still.
        """
        ref = self._known(file_id)
        if ref is None or file_id in self._pins:
            return False
        there = self._unlink(ref)
        self._forget(file_id)
        return there

    async def sweep(self) -> None:
        """What is past its time goes; so do half-written files of killed processes. For the files' one owner.

        Raises StoreError where the folder cannot be written.
        """
        files = self._opened()
        for ref in await asyncio.to_thread(self._swept):
            known = files.setdefault(ref.id, ref)
            if known is ref:
                self._total += ref.bytes
            elif known.name != ref.name and ref.created < known.created:  # an earlier name of the same content
                self._unlink(ref)
        self._prune()

    # --- inside -----------------------------------------------------------------------------------------

    def _late(self, ref: FileRef) -> bool:
        return ref.created <= self._clock() - self._ttl_s

    def _opened(self) -> dict[str, FileRef]:
        """The index, read from the folder at first use: a constructor does not touch the disk.

        Nothing is pruned here: pins may still come, and another process may only have come to look.
        """
        if self._files is None:
            with self._disk():
                _make(self._folder)
                self._files = {ref.id: ref for ref in found(self._folder)}
            self._total = sum(ref.bytes for ref in self._files.values())
        return self._files

    def _known(self, file_id: str) -> FileRef | None:
        """By the index; else by a look at the folder, where another process may have put it."""
        files = self._opened()
        if file_id in files or not _ID.fullmatch(file_id):
            return files.get(file_id)
        with self._disk():
            ref = next(iter(found(self._folder, file_id)), None)
        if ref is not None:
            files[file_id] = ref
            self._total += ref.bytes
        return ref

    def _forget(self, file_id: str) -> None:
        ref = self._opened().pop(file_id, None)
        self._total -= ref.bytes if ref else 0

    def _write(self, data: bytes, ref: FileRef, durable: bool) -> FileRef:
        """The ref with its id. Written beside and renamed, so that a reader never sees half a file."""
        ref = replace(ref, id=hashlib.sha256(data).hexdigest())
        path = self._path(ref)
        beside = path.with_name(f".{ref.id}.{os.urandom(6).hex()}")
        with self._disk():
            try:
                with beside.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.utime(file.fileno(), (ref.created, ref.created))
                    if durable:
                        os.fsync(file.fileno())
                beside.replace(path)
                if durable:
                    _sync_folder(self._folder)
            finally:
                beside.unlink(missing_ok=True)
        return ref

    def _try(self) -> None:
        """Write beside, as `_write` does, and take it away."""
        beside = self._folder / f".{'0' * 64}.{os.urandom(6).hex()}"  # what is left of a killed server is swept
        with self._disk():
            try:
                beside.write_bytes(_TRIAL)
            finally:
                beside.unlink(missing_ok=True)

    def _usable(self) -> None:
        self._told.discard("disk")
        self._refused = ""

    def _path(self, ref: FileRef) -> Path:
        return self._folder / ref.name

    def _prune(self, but: str = "") -> None:
        """What is late goes, then the oldest of the rest; pinned files and `but` stay.

        Whatever is late is looked for everywhere: a file found beside us stands at the end of the index, old or not.
        """
        late = self._clock() - self._ttl_s
        loose = [ref for ref in self._opened().values() if ref.id not in self._pins and ref.id != but]
        for ref in loose:
            if ref.created <= late or self._total > self._max_bytes:
                self._forget(ref.id)
                self._unlink(ref)

    def _swept(self) -> list[FileRef]:
        """All that lies there, less what was given up half-written. By ctime: the mtime of a file is our clock's."""
        with self._disk():
            with os.scandir(self._folder) as entries:
                halves = [Path(entry.path) for entry in entries if _BESIDE.fullmatch(entry.name)]
            for half in halves:
                with suppress(FileNotFoundError):
                    if time.time() - half.stat().st_ctime > _LEFT_S:
                        half.unlink()
            return found(self._folder)

    def _unlink(self, ref: FileRef) -> bool:
        """Whether it was there."""
        try:
            self._path(ref).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self.refusal(error) from error
        return True

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """The disk's refusal as ours."""
        try:
            yield
        except OSError as error:
            raise self.refusal(error) from error

    def _little_room(self, free: int, size: int) -> DiskFull:
        least = f"[jobs] min_free = {self._min_free}"
        remedy = f"make room, or lower {least} bytes; until then nothing new is accepted"
        self._tell("room", f"too little is free on the disk of {self._folder}: {remedy}")
        left = f"; with {size} more, less than {least} would be left" if size else f", less than {least}"
        return DiskFull(
            f"{free} bytes are free on the disk of the server's data folder{left}: nothing new is accepted until"
            " room is made there, or that is lowered"
        )

    def _tell(self, kind: str, sentence: str) -> None:
        """Once for as long as it is so: on a full disk every request would say it again."""
        if kind not in self._told:
            self._told.add(kind)
            log.error(sentence)


def _make(folder: Path) -> None:
    """The folder and those above it, each on the disk itself, since what lies in it will be."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in missing:
        _sync_folder(one.parent)


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
