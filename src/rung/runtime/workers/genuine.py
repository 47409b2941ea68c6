"""Decides whether a weight file is, byte for byte, what the catalogue names, before any loader sees it.

In the worker and not in the server: reading gigabytes would hold up the event loop, and here it delays only the
model that needs them. The stamp beside the file (`.NAME.manifest.json`, kept by `weights/manifest.py`, which cannot
be imported from here) says which bytes were hashed last; where it still holds nothing is read.
Imports the standard library only: the worker's side uses it.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from rung.runtime.errors import WeightsCorrupt, WeightsMissing

_PACKAGE = Path(__file__).parents[2]
"""Our own. Its weights are a few MB: they are read at each load, and no stamp is left among its files."""
_CHUNK = 1024 * 1024
_SHOWN = 12
"""Digits of a hash that a sentence shows; the details have them all."""


def check(name: str, path: Path, sha256: str, variant: str) -> None:
    """Raises WeightsMissing or WeightsCorrupt. An empty `sha256`: the user's own file, which only has to be there."""
    if not path.exists():
        raise WeightsMissing(
            f"the file {name} was here when the ladders were planned and is gone. "
            f"`rung weights pull {variant}` brings it back.",
            name=name,
        )
    if not sha256:
        return
    try:
        found = _sha256(name, path)
    except OSError as error:
        raise WeightsCorrupt(
            f"the file {name} cannot be read ({error.strerror}). {_remedy(variant)}", name=name, expected=sha256
        ) from error
    if found != sha256:
        raise WeightsCorrupt(
            f"the file {name} has been changed or damaged: its sha256 is {found[:_SHOWN]}..., "
            f"the catalogue says {sha256[:_SHOWN]}.... {_remedy(variant)}",
            name=name,
            found=found,
            expected=sha256,
        )


def _remedy(variant: str) -> str:
    return f"Move it away (`rung weights verify {variant}` says where it lies) and run `rung weights pull {variant}`."


def _sha256(name: str, path: Path) -> str:
    """The file's hash: the one that its stamp remembers where the file is still the same, else read and remembered."""
    manifest = path.with_name(f".{path.name}.manifest.json")
    known, before = _read(manifest), _stamp(path)
    if "sha256" in known and before.items() <= known.items():
        return str(known["sha256"])
    found = _hash(path)
    if path.is_relative_to(_PACKAGE):
        return found
    kept = known if known.get("sha256") == found else {}  # where it came from is true of those bytes only
    mode = path.stat().st_mode & 0o666
    # The stamp of before: of a file that somebody wrote into meanwhile it does not hold.
    _write(manifest, {**kept, "name": name, "sha256": found, **before}, mode)
    return found


def _stamp(path: Path) -> dict[str, Any]:
    stat = path.stat()
    return {
        "path": str(path),
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "inode": stat.st_ino,
        "ctime_ns": stat.st_ctime_ns,
    }


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _read(manifest: Path) -> dict[str, Any]:
    try:
        found = json.loads(manifest.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(manifest: Path, values: dict[str, Any], mode: int) -> None:
    """Whole or not at all, readable by whoever may read the file. In a read-only store every load reads it again."""
    temporary = manifest.with_name(f"{manifest.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", "utf-8")
        temporary.chmod(mode)
        os.replace(temporary, manifest)
    except OSError:
        temporary.unlink(missing_ok=True)
