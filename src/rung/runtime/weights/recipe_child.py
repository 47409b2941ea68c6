"""The child of `recipe.run_in_process`: imports one recipe, runs it, and tells which libraries took part."""

from __future__ import annotations

import importlib
import json
import sys
from importlib import metadata
from pathlib import Path


def main(recipe: str, order: str) -> None:
    """order: JSON with inputs (name -> path), out and libraries (paths to write)."""
    told = json.loads(order)
    module, _, function = recipe.partition(":")
    convert = getattr(importlib.import_module(module), function)
    convert({name: Path(path) for name, path in told["inputs"].items()}, Path(told["out"]))
    Path(told["libraries"]).write_text(json.dumps(_libraries()), "utf-8")


def _libraries() -> dict[str, str]:
    """Distribution -> version of everything imported by now, and the interpreter's own."""
    tops = {name.partition(".")[0] for name in sys.modules}
    names = {d for top, found in metadata.packages_distributions().items() if top in tops for d in found}
    return {"python": sys.version.split()[0], **{name: metadata.version(name) for name in sorted(names)}}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
