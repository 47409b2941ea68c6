"""Which runtimes' libraries are here, found without importing any of them."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Iterable, Mapping
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from rung.runtime.spec import Runtime


def runtime_reasons(runtimes: Mapping[str, Runtime]) -> Mapping[str, str]:
    """Runtime name -> why it is not available; an empty text where it is: `Facts.runtimes`."""
    return {name: _reason(runtime) for name, runtime in runtimes.items()}


def versions(modules: Iterable[str]) -> Mapping[str, str]:
    """Module -> the version of the distribution that brings it, empty where unknown; without importing it."""
    owners = importlib.metadata.packages_distributions()
    found = {}
    for module in modules:
        owner = owners.get(module.partition(".")[0], [])
        found[module] = importlib.metadata.version(owner[0]) if owner else ""
    return found


def is_here(module: str) -> bool:
    """Whether the module could be found. A parent package is searched, never run.

    Found is not the same as importable: a library that lacks one of its own shows that when loaded.
    """
    top, *rest = module.split(".")
    spec = find_spec(top)
    name = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return False
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec is not None


def _reason(runtime: Runtime) -> str:
    if runtime.python:
        # What another interpreter can import, only it can say; its worker does when it starts.
        usable = shutil.which(runtime.python) is not None or os.access(runtime.python, os.X_OK)
        return "" if usable else f"its interpreter {runtime.python} is not there or cannot be executed"
    missing = [module for module in runtime.modules if not is_here(module)]
    if missing:
        return f"{', '.join(missing)} cannot be imported"
    absent = [program for program in runtime.programs if shutil.which(program) is None]
    if absent:
        return f"{', '.join(absent)} is not on PATH"
    lacking = [file for file in runtime.files if not _has_file(file)]
    return f"{', '.join(lacking)} is not there" if lacking else ""


def _has_file(file: str) -> bool:
    """Whether a package, which is not imported, has a file `package/path`."""
    package, _, path = file.partition("/")
    spec = find_spec(package)
    return spec is not None and any((Path(place) / path).is_file() for place in spec.submodule_search_locations or ())
