"""The script that a fresh interpreter runs to become a template or a worker: finds `rung`, then hands over.

It makes only this copy of `rung` importable, not the folder it lies in: under another interpreter that folder is
somebody else's site-packages, full of libraries built for another Python.
Arguments: `template FD SERVER_PID MODULES_JSON` or `child FD`.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def _find_rung() -> None:
    package = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location(
        "rung", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rung"] = module
    spec.loader.exec_module(module)


def main(arguments: list[str]) -> None:
    """Never returns for a worker; returns for a template when the server is gone."""
    _find_rung()
    if arguments[0] == "template":
        from rung.runtime.workers import forking

        forking.main(int(arguments[1]), int(arguments[2]), arguments[3])
    else:
        from rung.runtime.workers import child

        child.serve(int(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
