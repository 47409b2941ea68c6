"""The small file beside a weight file: what it is, where it came from, and the stamp of its verified hash.

A stamp is (path, size, mtime_ns) -> sha256. It saves reading 135 MB at every start; a file whose stamp does
not match is read again. Whoever can write the stamp can write the file, so it guards against accidents only:
`verify` reads every byte.
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
    source: str = ""
    recipe: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)

    def matches(self, file: Path) -> bool:
        """Whether the file at that path is still the one whose hash this remembers."""
        stat = file.stat()
        return (self.path, self.size, self.mtime_ns) == (str(file), stat.st_size, stat.st_mtime_ns)


def describe(file: Path, name: str, sha256: str, **more: object) -> Manifest:
    """The manifest of a file as it lies there now."""
    stat = file.stat()
    return Manifest(
        name=name,
        sha256=sha256,
        path=str(file),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
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
