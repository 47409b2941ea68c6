"""Decides how a kept file looks as a value, and as a name on disk that carries everything known of it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAME = re.compile(r"([0-9a-f]{64})\.([a-z]+-[a-z0-9.+-]+)\.(\d+)x(\d+)")


_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/tiff": "tif",
    "image/vnd.dxf": "dxf",
    "application/json": "json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/plain": "txt",
    "model/gltf-binary": "glb",
}


def extension(media_type: str) -> str:
    """How the name of such a file ends, without the point."""
    return _EXTENSIONS.get(media_type, media_type.rpartition("/")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A kept file. id: sha256 of its bytes, in hex. created: Unix seconds of the last time it was put or touched."""

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

    @property
    def name(self) -> str:
        """On disk."""
        return f"{self.id}.{self.media_type.replace('/', '-', 1)}.{self.width or 0}x{self.height or 0}"


def found(folder: Path, file_id: str = "") -> list[FileRef]:
    """What lies there, the oldest first: all of it, or one file. Other names (half-written files) are left out."""
    with os.scandir(folder) as entries:
        refs = [_ref(entry) for entry in entries if entry.name.startswith(file_id)]
    return sorted((ref for ref in refs if ref is not None), key=lambda ref: ref.created)


def _ref(entry: os.DirEntry[str]) -> FileRef | None:
    name = _NAME.fullmatch(entry.name)
    if name is None:
        return None
    try:
        stat = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # deleted beside us
        return None
    sha, kind, width, height = name.groups()
    return FileRef(
        id=sha,
        media_type=kind.replace("-", "/", 1),
        bytes=stat.st_size,
        width=int(width) or None,
        height=int(height) or None,
        created=stat.st_mtime,
    )
