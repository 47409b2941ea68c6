"""Owns copies of our source with one thing changed, to be put before the installed one."""

from __future__ import annotations

import shutil
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"


def changed(source: str, folder: Path, file: str, old: str, new: str) -> str:
    """A copy of the source below `folder`, `old` replaced in `file`. Raises ValueError where it is not there once.

    source: empty for the one of this checkout.
    """
    copied = folder / "src"
    shutil.copytree(source or SOURCE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copied / file).read_text()
    if not old or text.count(old) != 1:
        raise ValueError(f"{file} holds {old!r} {text.count(old) if old else 0} times, not once")
    (copied / file).write_text(text.replace(old, new))
    return str(copied)
