"""What is on this disk: whether a file is here and whole, without reading it where its stamp still holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from rung.runtime.spec import Weights
from rung.runtime.weights import manifest
from rung.runtime.weights.landing import sha256_of
from rung.runtime.weights.layout import Layout

State = Literal["here", "missing", "corrupt", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies under a weight's name.

    here: whole and of the catalogue's hash. corrupt: something else lies there. local: the user's own file,
    used as it is. sha256 and size are the file's own, where they were looked at.
    """

    weights: Weights
    path: Path
    state: State
    sha256: str = ""
    size: int | None = None

    @property
    def usable(self) -> bool:
        """Whether a model may be given this path."""
        return self.state in ("here", "local")

    @property
    def verified(self) -> bool:
        """Whether its bytes are known to be the catalogue's."""
        return self.sha256 == self.weights.sha256


def look(layout: Layout, weights: Weights, *, fully: bool = False) -> Found:
    """The file that came with this package, where it is whole, whatever lies in the store: an upgrade leaves an older
    one there. Else what lies in the store under the weight's name. `fully` reads every byte; otherwise a stamp will
    do."""
    packaged = _look_packaged(weights)
    if packaged is not None:
        return packaged
    file = layout.file(weights.name)
    if not file.is_file():
        return Found(weights=weights, path=file, state="missing")
    size = file.stat().st_size
    if size != weights.size and not fully:
        return Found(weights=weights, path=file, state="corrupt", size=size)
    found = _hash(file, weights.name, layout.manifest(weights.name), fully=fully)
    state: State = "here" if found == weights.sha256 else "corrupt"
    return Found(weights=weights, path=file, state=state, sha256=found, size=size)


def _look_packaged(weights: Weights) -> Found | None:
    """The file of our own package. None where the weight has none, or it is not what the catalogue names.

    It is a few MB and read in full each time: looking leaves no stamp anywhere.
    """
    for file in (Path(source.ref) for source in weights.sources if source.kind == "package"):
        if not file.is_file() or file.stat().st_size != weights.size:
            continue
        if sha256_of(file) == weights.sha256:
            return Found(weights=weights, path=file, state="here", sha256=weights.sha256, size=weights.size)
    return None


def look_local(layout: Layout, weights: Weights, path: Path, *, fully: bool = False) -> Found:
    """The user's own file for a weight: used as it is, `verified` only if its bytes are the catalogue's."""
    if not path.is_file():
        return Found(weights=weights, path=path, state="missing")
    size = path.stat().st_size
    if size != weights.size and not fully:
        return Found(weights=weights, path=path, state="local", size=size)
    found = _hash(path, weights.name, layout.stamp(path), fully=fully)
    return Found(weights=weights, path=path, state="local", sha256=found, size=size)


def _hash(file: Path, name: str, stamp: Path, *, fully: bool) -> str:
    """The file's sha256: remembered if the stamp holds and `fully` is not asked, else read and remembered."""
    known = manifest.read(stamp)
    if known is not None and not fully and known.matches(file):
        return known.sha256
    before = manifest.describe(file, name, "")
    now = replace(before, sha256=sha256_of(file))
    if known is not None and known.sha256 == now.sha256:  # where it came from is still true
        now = replace(now, source=known.source, recipe=known.recipe, inputs=known.inputs, libraries=known.libraries)
    if before.matches(file):  # nobody wrote into it while we read
        manifest.write(stamp, now)
    return now.sha256
