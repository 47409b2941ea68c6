"""Weights that were trained here and come with the package, each beside the record of its training."""

from __future__ import annotations

from pathlib import Path

import rung.models
from rung.runtime.spec import Licence, Source, Weights

FOLDER = Path(rung.models.__file__).parent / "trained"
OURS = Licence(
    name="Apache-2.0",
    commercial=True,
    verified=True,
    note="trained by this project's own script; the record beside the weights names what they were trained on",
)


def ours(name: str, size: int, sha256: str) -> Weights:
    """The file `name` (`reader/reader.onnx`) below `models/trained`. Nothing has to be pulled, and an upgrade
    brings its own."""
    return Weights(
        name=name,
        size=size,
        sha256=sha256,
        licence=OURS,
        sources=(Source(kind="package", ref=str(FOLDER / name)),),
    )
