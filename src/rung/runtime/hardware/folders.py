"""Whether a folder of ours can be written, and how much room its disk has."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from rung.runtime.spec import GiB, MiB

Problem = tuple[str, str]

_LITTLE_ROOM = 1 * GiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder that Rung keeps files in. It need not exist yet: then its nearest parent is judged."""

    path: str
    exists: bool
    writable: bool
    free: int | None
    """Bytes left on its disk; None is unknown."""


def look_at(path: str) -> Folder:
    """The folder as it is now. Creates nothing."""
    here = Path(path)
    judged = here
    while not judged.exists() and judged != judged.parent:
        judged = judged.parent
    try:
        free = shutil.disk_usage(judged).free
    except OSError:
        free = None
    writable = judged.is_dir() and os.access(judged, os.W_OK | os.X_OK)
    return Folder(path=path, exists=here.is_dir(), writable=writable, free=free)


def folder_problems(folder: Folder, variable: str) -> list[Problem]:
    """What is wrong with it. variable: the one that names another folder (`RUNG_CACHE_DIR`)."""
    if not folder.writable:
        return [(f"{folder.path} cannot be written.", f"Change its owner, or set {variable} to another folder.")]
    if folder.free is not None and folder.free < _LITTLE_ROOM:
        sentence = f"Only {folder.free / GiB:.2f} GiB is free on the disk of {folder.path}."
        return [(sentence, f"Make room, or set {variable} to a folder on another disk.")]
    return []


def no_room(folder: Folder, least: int) -> list[Problem]:
    """A server on this data folder would take no job. least: bytes that it leaves free ([jobs] min_free)."""
    if folder.free is None or folder.free >= least:
        return []
    sentence = (
        f"{folder.free / MiB:.0f} MiB free is less than [jobs] min_free ({least / MiB:.0f} MiB): "
        "a server would take no job."
    )
    return [(sentence, "Make room on the disk of the data folder, or lower [jobs] min_free.")]
