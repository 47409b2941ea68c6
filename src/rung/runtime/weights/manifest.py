"""The small file beside a weight file: what it is, where it came from, and the stamp of its verified hash.

A stamp is (path, size, mtime_ns, inode, ctime_ns) -> sha256. It saves reading 135 MB at every start; a file whose
stamp does not match is read again. Nothing but the kernel sets ctime, so a file that was written to and given its
old times back is found out. Whoever can write the stamp can write the file, and a disk that forgets changes no time,
so it guards against accidents only: `verify` reads every byte.
Workers read and write the same stamp before they load (`workers/genuine.py`, which cannot import this).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """recipe, inputs (name -> sha256) and libraries (name -> version) are filled for derived files."""

    name: str
    sha256: str
    path: str
    size: int
    mtime_ns: int
    inode: int = -1
    ctime_ns: int = -1
    """-1: written before these were kept; the file is read once more."""
    source: str = ""
    recipe: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)

    def matches(self, file: Path) -> bool:
        """Whether the file at that path is still the one whose hash this remembers."""
        stat = file.stat()
        seen = (str(file), stat.st_size, stat.st_mtime_ns, stat.st_ino, stat.st_ctime_ns)
        return (self.path, self.size, self.mtime_ns, self.inode, self.ctime_ns) == seen


def describe(file: Path, name: str, sha256: str, **more: object) -> Manifest:
    """The manifest of a file as it lies there now."""
    stat = file.stat()
    return Manifest(
        name=name,
        sha256=sha256,
        path=str(file),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        inode=stat.st_ino,
        ctime_ns=stat.st_ctime_ns,
        **more,  # type: ignore[arg-type]
    )


def read(path: Path) -> Manifest | None:
    """None when there is none, or it is not ours (older, damaged): the file is then hashed anew."""
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(path: Path, manifest: Manifest) -> bool:
    """Written whole or not at all. False in a read-only store: it works, only each start hashes again."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(manifest), indent=2, sort_keys=True) + "\n", "utf-8")
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        return False
    return True
