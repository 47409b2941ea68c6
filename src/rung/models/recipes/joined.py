"""Puts a file together that came in pieces, each in a package of its own because registries limit their size."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path


def join(inputs: Mapping[str, Path], out: Path) -> None:
    """The inputs one after the other, in the catalogue's order."""
    with out.open("wb") as whole:
        for path in inputs.values():
            with path.open("rb") as piece:
                shutil.copyfileobj(piece, whole, 1024 * 1024)
