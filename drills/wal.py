"""Owns what a disk would hold of SQLite's write-ahead log if the power went: which of its bytes are safe, and why.

Formats: https://www.sqlite.org/walformat.html (the log's header of 32 bytes, 24 before each page; the wal-index).
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from pathlib import Path

_HEADER, _BEFORE_PAGE = 32, 24
_PAGE_AT, _SYNCED_AT, _TAKEN_AT = 14, 16, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Wal:
    """What the wal-index says of the log beside it, in bytes from the log's begin.

    taken: a checkpoint may have begun to take these into the database, which is not whole without them any more; SQLite
    has them on the disk (fsync) before it begins. synced: on the disk, since a commit moves the index's mark only after
    its own fsync (synchronous=FULL).
    """

    taken: int
    synced: int

    def cut(self, log: Path, chance: random.Random) -> None:
        """As it was at some instant after the last checkpoint began: it ends anywhere behind what that took."""
        size = log.stat().st_size
        with log.open("r+b") as file:
            file.truncate(chance.randint(min(self.taken, size), size))

    def spoil(self, log: Path, chance: random.Random) -> int:
        """As the power leaves it now: what no fsync covered ends anywhere and holds anything. How many bytes it was."""
        size = log.stat().st_size
        safe = min(self.synced, size)
        with log.open("r+b") as file:
            file.truncate(safe)
            file.seek(safe)
            file.write(chance.randbytes(chance.randint(0, size - safe)))
        return size - safe


def wal_of(index: Path) -> Wal:
    """index: the file `-shm`, copied at the same instant as the log."""
    held = index.read_bytes()
    (page,) = struct.unpack_from("=H", held, _PAGE_AT)  # 65536 is written as 1
    frame = _BEFORE_PAGE + (page if page > 1 else 65536)
    synced, taken = (_HEADER + frame * struct.unpack_from("=I", held, at)[0] for at in (_SYNCED_AT, _TAKEN_AT))
    return Wal(taken=taken, synced=synced)
