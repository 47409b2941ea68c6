"""Reads one named member of an archive, and nothing else of it: no other name is ever written to disk."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from rung.runtime.errors import WeightsError

# BadGzipFile (a bad header or checksum) is an OSError, and a real disk error reads alike.
# RuntimeError: an encrypted zip.
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
)


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end."""


@contextmanager
def member(archive: Path, name: str) -> Iterator[Readable]:
    """A stream of the member whose path equals `name` exactly.

    WeightsError if there is none, or if the archive is broken, also where reading finds that out later.
    """
    try:
        opened, stream = _open(archive, name)
    except _BROKEN as error:
        raise _broken(error) from error
    try:
        yield _Guarded(stream)
    finally:
        stream.close()
        opened.close()


def _open(archive: Path, name: str) -> tuple[zipfile.ZipFile | tarfile.TarFile, IO[bytes]]:
    if zipfile.is_zipfile(archive):
        zipped = zipfile.ZipFile(archive)
        if name in zipped.namelist():
            return zipped, zipped.open(name)
        zipped.close()
        raise WeightsError(f"the archive has no file {name!r}")
    tarred = tarfile.open(archive, "r|*")  # noqa: SIM115 (closed by `member`)
    for entry in tarred:
        stream = tarred.extractfile(entry) if entry.name == name and entry.isfile() else None
        if stream is not None:
            return tarred, stream
    tarred.close()
    raise WeightsError(f"the archive has no file {name!r}")


class _Guarded:
    """Turns what the decompressors raise into our error, and only that: a caller's own errors pass by."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._stream.read(size)
        except _BROKEN as error:
            raise _broken(error) from error


def _broken(error: Exception) -> WeightsError:
    return WeightsError(f"the archive is truncated or broken ({type(error).__name__}: {error})")
